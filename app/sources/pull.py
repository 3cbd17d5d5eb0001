"""The pull job: fetches a file, stores it and enqueues its import like an upload."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.service import UploadOptions, accept
from app.catalogs.uploads.body import Upload, charset_in, filename_of, without_folder
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.file_storage import (
    BodyTooLargeError,
    Storage,
    StorageFullError,
    StoredFile,
)
from app.core.vault import Sealed, SecretUnreadableError, Vault
from app.database import Database
from app.jobs.frame import GiveUp
from app.jobs.lease import Lease, Snooze
from app.settings import Settings
from app.sources.fetch import (
    ClientConfig,
    FetchRequest,
    FetchResponse,
    fetch,
    too_slow,
)
from app.sources.guard import rules_of
from app.sources.lifecycle import SOURCE
from app.sources.models import CatalogSource
from app.sources.outcomes import (
    NOT_MODIFIED,
    PullError,
    check_head,
    pause_after,
    too_large,
)
from app.sources.schemas import interval_of
from app.stores import service as stores
from app.stores.schedule import next_due

log = structlog.get_logger(__name__)

BEHIND_OTHERS = timedelta(seconds=1)
PULLED = "A catalog was pulled; its import is enqueued."
UNCHANGED = "The catalog has not changed since the last pull."
_LONGEST_VALIDATOR = 500


@dataclass(frozen=True, slots=True)
class PullServices:
    """Services of a worker that pulls need."""

    settings: Settings
    database: Database
    storage: Storage
    vault: Vault
    client: ClientConfig
    slots: asyncio.Semaphore
    """Half of a worker's slots, so that slow servers do not block other jobs."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Result of a pull: the stored file, or None if unchanged, and its validators."""

    file: tuple[Upload, StoredFile] | None
    etag: str | None = None
    last_modified: str | None = None


def open_tools(
    settings: Settings, database: Database, storage: Storage, vault: Vault
) -> PullServices:
    agent = f"refeed/{settings.company} ({settings.contact})"
    slots = asyncio.Semaphore(max(settings.worker_slots // 2, 1))
    client = ClientConfig(rules_of(settings), agent)
    return PullServices(settings, database, storage, vault, client, slots)


async def pull(tools: PullServices, lease: Lease) -> Snooze | None:
    """Pull one source once and record the outcome in `last_pull`."""
    if tools.slots.locked():
        return Snooze(BEHIND_OTHERS, idle=True)
    async with tools.slots:
        source = await _begin(tools, lease)
        if source is None:
            return None
        try:
            pulled = await _fetch_in_time(tools, source)
        except PullError as error:
            await _note_failure(tools, lease, source, error)
            return None
        failpoint("pull.stored")
        await _keep(tools, lease, source, pulled)
        return None


async def _begin(tools: PullServices, lease: Lease) -> CatalogSource | None:
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        source = await tx.session.get(
            CatalogSource, lease.subject_id, with_for_update=True
        )
        if source is None:
            await lease.finish(tx.session)
            return None
        SOURCE.move(source, "pulling")
        source.started_at = utc_now()
        return source


async def _fetch_in_time(tools: PullServices, source: CatalogSource) -> Pulled:
    try:
        async with asyncio.timeout(tools.settings.source_deadline.total_seconds()):
            return await _fetch(tools, source)
    except TimeoutError as error:
        raise too_slow() from error


async def _fetch(tools: PullServices, source: CatalogSource) -> Pulled:
    """Fetch and store the file. Raises PullError; a partial file is discarded."""
    limit = tools.settings.max_upload_bytes
    conditions = tuple(
        (name, value)
        for name, value in (
            ("If-None-Match", source.etag),
            ("If-Modified-Since", source.last_modified),
        )
        if value
    )
    request = FetchRequest(source.url, _auth_of(tools.vault, source), conditions)
    async with fetch(tools.client, request) as answer:
        check_head(answer.head, asked_if_changed=bool(conditions), limit=limit)
        if answer.head.status == NOT_MODIFIED:
            return Pulled(None)
        upload = _upload_of(answer)
        stored = await _store(tools.storage, source.store_id, upload, limit)
        return Pulled(
            (upload, stored),
            _validator(answer, "etag"),
            _validator(answer, "last-modified"),
        )


async def _store(
    storage: Storage, store_id: UUID, upload: Upload, limit: int
) -> StoredFile:
    try:
        return await storage.save(store_id, upload.body, limit)
    except BodyTooLargeError as error:
        raise too_large(limit) from error
    except StorageFullError as error:
        raise PullError(
            "storage_full", "Upload storage is full.", passes=True
        ) from error
    except FileNotFoundError as error:
        raise PullError(
            "internal_error", "The store was deleted during the pull."
        ) from error


def _auth_of(vault: Vault, source: CatalogSource) -> httpx.BasicAuth | None:
    if source.password_cipher is None:
        return None
    sealed = Sealed(source.password_cipher, source.password_key_id or "")
    try:
        password = vault.open(sealed, source.id)
    except SecretUnreadableError as error:
        raise PullError(
            "password_unreadable",
            "The stored password cannot be decrypted: set it again.",
        ) from error
    return httpx.BasicAuth(source.username or "", password.get_secret_value())


def _upload_of(answer: FetchResponse) -> Upload:
    """Media type and name from the response headers, else from the URL."""
    headers = answer.head.headers
    name = filename_of(headers.get("content-disposition", ""))
    return Upload(
        answer.head.media_type[:100] or "application/octet-stream",
        name or without_folder(answer.target.file_name),
        charset_in(headers.get("content-type", "")),
        answer.body,
    )


def _validator(answer: FetchResponse, header: str) -> str | None:
    value = answer.head.headers.get(header, "")
    fine = value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR
    return value if value and fine else None


async def _keep(
    tools: PullServices, lease: Lease, begun: CatalogSource, pulled: Pulled
) -> None:
    """Create a catalog like an upload, or record that it is unchanged."""
    async with tools.database.transaction() as tx:
        source = await _held(tx.session, lease, begun)
        if source is None:
            return
        catalog_id = None
        if pulled.file:
            upload, stored = pulled.file
            catalog = await accept(
                tx, source.store_id, upload, stored, UploadOptions(**source.stated)
            )
            catalog_id = catalog.id
            source.etag, source.last_modified = pulled.etag, pulled.last_modified
        source.failures = 0
        _end(
            tools,
            source,
            outcome="pulled" if catalog_id else "unchanged",
            message=PULLED if catalog_id else UNCHANGED,
            catalog_id=str(catalog_id) if catalog_id else None,
        )
        await tx.session.flush()
        failpoint("pull.before_commit")
        await lease.finish(tx.session)
    log.info("source.pulled", catalog_id=str(catalog_id) if catalog_id else None)


async def _note_failure(
    tools: PullServices, lease: Lease, begun: CatalogSource, error: PullError
) -> None:
    """Record the failure and schedule the retry; the offers are not changed."""
    async with tools.database.transaction() as tx:
        source = await _held(tx.session, lease, begun)
        if source is None:
            return
        source.failures += 1
        rhythm = interval_of(source, tools.settings.source_interval)
        _end(
            tools,
            source,
            outcome="failed",
            code=error.code,
            message=error.message,
            pause=pause_after(source.failures, error, rhythm),
        )
        await tx.session.flush()
        await lease.finish(tx.session)
    log.warning("source.not_pulled", code=error.code, failures=source.failures)


async def _held(
    session: AsyncSession, lease: Lease, begun: CatalogSource
) -> CatalogSource | None:
    """The source, locked after its store, in the same order as changes of it.

    None if it was deleted or replaced: finishes the job, and the result is discarded.
    Replacing a source enqueues a pull of the new one.
    """
    await lease.ensure_held(session)
    await stores.lock_shared(session, begun.store_id)
    source = await session.get(CatalogSource, begun.id, with_for_update=True)
    if source is not None and source.version == begun.version:
        return source
    if source is not None:
        SOURCE.move(source, _state_after(source))
        await session.flush()
    log.info("source.replaced")
    await lease.finish(session)
    return None


def _end(  # noqa: PLR0913 - parts of a result
    tools: PullServices,
    source: CatalogSource,
    *,
    outcome: str,
    message: str,
    code: str | None = None,
    catalog_id: str | None = None,
    pause: timedelta | None = None,
) -> None:
    now = utc_now()
    source.last_pull = {
        "at": now.isoformat(),
        "outcome": outcome,
        "code": code,
        "message": message,
        "catalog_id": catalog_id,
    }
    rhythm = interval_of(source, tools.settings.source_interval)
    if source.scheduled:
        source.next_pull_at = now + pause if pause else next_due(source.id, rhythm, now)
    SOURCE.move(source, _state_after(source))


def _state_after(source: CatalogSource) -> str:
    """`requested` if another pull was requested during this one."""
    asked, begun = source.requested_at, source.started_at
    return "requested" if asked and begun and asked > begun else "idle"


async def give_up(tools: PullServices, lease: Lease, reason: GiveUp) -> None:
    """Record a pull that is given up as a failed one."""
    async with tools.database.transaction() as tx:
        source = await tx.session.get(CatalogSource, lease.subject_id)
    if source is not None:
        error = PullError(reason.code, reason.message)
        await _note_failure(tools, lease, source, error)
