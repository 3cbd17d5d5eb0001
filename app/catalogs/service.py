"""Takes uploads in, and brings a store's offers up to date with its catalogs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Request
from starlette.requests import ClientDisconnect

from app.catalogs.models import Catalog
from app.catalogs.uploads.body import Upload, open_upload, too_large
from app.core.errors import BadBodyError, NoRoomError, NotFoundError
from app.core.file_storage import (
    BodyTooLargeError,
    Storage,
    StorageFullError,
    StoredFile,
)
from app.database import Database, Transaction
from app.jobs.kinds import JobKind
from app.settings import Settings
from app.stores.models import Store

DELETED = "The store was deleted meanwhile."


@dataclass(frozen=True, slots=True)
class Given:
    """What the sender says of a text file; None is found out."""

    separator: str | None = None
    quote_char: str | None = None
    encoding: str | None = None
    as_of: datetime | None = None
    """The time that the catalog tells of; None: when it is received."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The open doors that an upload needs."""

    settings: Settings
    database: Database
    storage: Storage


async def receive(
    intake: Intake, request: Request, store_id: UUID, given: Given, mode: str = "full"
) -> Catalog:
    """Stream a body to storage, then write its row and ask for the import.

    No transaction is open while the body comes in. Raises MediaTypeError,
    TooLargeError, InvalidError, NoRoomError, BadBodyError.
    """
    limit = intake.settings.max_upload_bytes
    try:
        upload = await open_upload(request, limit)
        stored = await intake.storage.save(store_id, upload.body, limit)
    except BodyTooLargeError:
        raise too_large(limit) from None
    except StorageFullError as error:
        raise NoRoomError(
            "There is no room left for uploads. Nothing of this one was kept.",
            headers={"Retry-After": "300"},
        ) from error
    except FileNotFoundError as error:
        raise NotFoundError(DELETED) from error
    except ClientDisconnect as error:
        raise BadBodyError("The body ended early. Nothing of it was kept.") from error
    async with intake.database.transaction() as tx:
        if await tx.session.get(Store, store_id) is None:
            raise NotFoundError(DELETED)
        return await accept(tx, store_id, upload, stored, given, mode)


async def accept(  # noqa: PLR0913, PLR0917 - all that is known of an upload
    tx: Transaction,
    store_id: UUID,
    upload: Upload,
    stored: StoredFile,
    given: Given,
    mode: str = "full",
) -> Catalog:
    """Write the row of a file that is in storage, and ask for its import."""
    catalog = Catalog(
        mode=mode,
        store_id=store_id,
        media_type=upload.media_type,
        filename=upload.filename,
        size_bytes=stored.size,
        sha256=stored.sha256,
        storage_key=stored.key,
        as_of=given.as_of,
        given={
            "separator": given.separator,
            "quote": given.quote_char,
            "encoding": given.encoding or upload.charset,
        },
    )
    tx.session.add(catalog)
    await tx.session.flush()
    await tx.enqueue(JobKind.IMPORT, store_id)
    return catalog
