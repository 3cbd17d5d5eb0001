"""Receives uploads: stores the file, creates the catalog and enqueues its import."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from app.catalogs.models import Catalog
from app.catalogs.uploads.body import Upload, open_upload, too_large
from app.catalogs.uploads.quota import Reservation, discard
from app.catalogs.uploads.receipt import lock_uploads, next_id
from app.core.columns import utc_now
from app.core.errors import (
    BadBodyError,
    InsufficientStorageError,
    NotFoundError,
)
from app.core.file_storage import (
    BodyTooLargeError,
    Storage,
    StorageFullError,
    StoredFile,
)
from app.database import Database, Transaction
from app.jobs.kinds import JobKind
from app.settings import Settings
from app.stores import service as stores
from app.stores.models import Store

DELETED = "The store was deleted during the upload."


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Stated properties of an upload; None is detected."""

    separator: str | None = None
    quote_char: str | None = None
    encoding: str | None = None
    as_of: datetime | None = None
    """Time of the catalog's data; None: when it is received."""
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """Services that an upload needs."""

    settings: Settings
    database: Database
    storage: Storage


async def receive(  # noqa: PLR0913, PLR0917 - properties of an upload
    intake: Intake,
    request: Request,
    reservation: Reservation,
    options: UploadOptions,
    mode: str,
    answer: Callable[[Transaction, Catalog], Awaitable[Response]],
) -> Response:
    """Stream a body to storage, then create its catalog and enqueue the import.

    No transaction is open during the upload; the reservation ends with it. `answer`
    makes the response in the transaction that creates the catalog. Raises
    MediaTypeError, TooLargeError, TooManyError, InvalidError,
    InsufficientStorageError, BadBodyError, NotFoundError.
    """
    store_id = reservation.store_id
    try:
        upload, stored = await _store(intake, request, reservation)
        async with intake.database.transaction() as tx:
            await _require_store(tx, store_id)
            await reservation.release(tx.session)
            catalog = await accept(tx, store_id, upload, stored, options, mode)
            return await answer(tx, catalog)
    except BaseException:
        await discard(intake.database, reservation)
        raise


async def _require_store(tx: Transaction, store_id: UUID) -> None:
    if await stores.find(tx.session, store_id) is None:
        raise NotFoundError(DELETED)


async def _store(
    intake: Intake, request: Request, reservation: Reservation
) -> tuple[Upload, StoredFile]:
    """Stream a body to storage. Raises what `receive` does."""
    limit, store_id = intake.settings.max_upload_bytes, reservation.store_id
    try:
        upload = await open_upload(request, limit)
        body = reservation.within(intake.database, upload.body)
        return upload, await intake.storage.save(store_id, body, limit)
    except BodyTooLargeError:
        raise too_large(limit) from None
    except StorageFullError as error:
        raise InsufficientStorageError(
            "Upload storage is full; the upload was discarded.",
            headers={"Retry-After": "300"},
        ) from error
    except FileNotFoundError as error:
        raise NotFoundError(DELETED) from error
    except ClientDisconnect as error:
        raise BadBodyError("The body ended early; the upload was discarded.") from error


def _delayed(store: Store) -> datetime | None:
    """The time of data that arrive now with the store's delay; None without one."""
    delay = timedelta(seconds=store.catalog_delay_s)
    return utc_now() - delay if delay else None


async def accept(  # noqa: PLR0913, PLR0917 - properties of an upload
    tx: Transaction,
    store_id: UUID,
    upload: Upload,
    stored: StoredFile,
    options: UploadOptions,
    mode: str = "full",
) -> Catalog:
    """Create the catalog of a stored file and enqueue its import."""
    store = await stores.require(tx.session, store_id)
    await lock_uploads(tx.session, store_id)
    catalog = Catalog(
        id=await next_id(tx.session, store_id),
        mode=mode,
        store_id=store_id,
        media_type=upload.media_type,
        filename=upload.filename,
        size_bytes=stored.size,
        sha256=stored.sha256,
        storage_key=stored.key,
        as_of=options.as_of or _delayed(store),
        stated={
            "separator": options.separator,
            "quote": options.quote_char,
            "encoding": options.encoding or upload.charset,
            "sheet": options.sheet,
            "header_row": options.header_row,
            "country": store.country,
        },
    )
    tx.session.add(catalog)
    await tx.session.flush()
    await tx.enqueue(JobKind.IMPORT, store_id, store.tenant_id)
    return catalog
