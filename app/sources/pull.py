"""The pull job: fetches a file, stores it and enqueues its import like an upload."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
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
from app.database import Database, Transaction
from app.jobs.frame import RetryingJob
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import Decision, GiveUp, TryAgain
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
    PAGES,
    PullError,
    check_head,
    check_start,
    decide,
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
_PAGE_START = 1024
"""Bytes that show whether a body is a web page."""


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


@dataclass(frozen=True, slots=True)
class LastPull:
    """The outcome of a pull, as it is stored."""

    outcome: str
    message: str
    code: str | None = None
    catalog_id: str | None = None


def open_tools(
    settings: Settings, database: Database, storage: Storage, vault: Vault
) -> PullServices:
    contact = f" ({settings.contact})" if settings.contact else ""
    agent = f"refeed/{settings.company}{contact}"
    slots = asyncio.Semaphore(max(settings.worker_slots // 2, 1))
    client = ClientConfig(rules_of(settings), agent)
    return PullServices(settings, database, storage, vault, client, slots)


class PullJob(RetryingJob[CatalogSource, CatalogSource]):
    """Pulls one source once and records the outcome in `last_pull`.

    `next_pull_at` of the source says when the next try is.
    """

    name = "pull"
    errors = (PullError,)
    rescheduled = True

    def __init__(self, tools: PullServices) -> None:
        super().__init__(tools.database)
        self.tools = tools

    async def run(self, lease: Lease) -> Snooze | None:
        if self.tools.slots.locked():
            return Snooze(BEHIND_OTHERS, idle=True)
        async with self.tools.slots:
            return await super().run(lease)

    async def load(self, lease: Lease) -> CatalogSource | Snooze | None:
        async with self.tools.database.transaction() as tx:
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

    async def work(self, lease: Lease, loaded: CatalogSource) -> Snooze | None:
        pulled = await _fetch_in_time(self.tools, loaded)
        failpoint("pull.stored")
        await self._keep(lease, loaded, pulled)
        return None

    def decide(
        self, loaded: CatalogSource, error: Exception, failures: int
    ) -> Decision:
        assert isinstance(error, PullError)  # noqa: S101 - the only one of `errors`
        return decide(failures, error, self._interval(loaded))

    async def lock(
        self, session: AsyncSession, lease: Lease, loaded: CatalogSource | None
    ) -> CatalogSource | None:
        """The source, locked after its store, in the same order as changes of it.

        None if it was deleted, or replaced since it was loaded: the result is
        discarded. Replacing a source enqueues a pull of the new one.
        """
        begun = loaded or await session.get(CatalogSource, lease.subject_id)
        if begun is None:
            return None
        await stores.lock_shared(session, begun.store_id)
        source = await session.get(
            CatalogSource, begun.id, with_for_update=True, populate_existing=True
        )
        if source is None or loaded is None or source.version == loaded.version:
            return source
        SOURCE.move(source, _state_after(source))
        log.info("source.replaced")
        return None

    def record_wait(self, row: CatalogSource, reason: TryAgain) -> None:
        result = LastPull("failed", str(reason.message), reason.code)
        self._end(row, result, reason.pause)

    async def record_failure(
        self, _tx: Transaction, row: CatalogSource, reason: GiveUp
    ) -> None:
        """The offers are not changed; the next try is at the usual time."""
        row.failures += 1
        self._end(row, LastPull("failed", str(reason.message), reason.code))

    async def _keep(self, lease: Lease, begun: CatalogSource, pulled: Pulled) -> None:
        """Create a catalog like an upload, or record that it is unchanged."""
        async with self.tools.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            source = await self.lock(tx.session, lease, begun)
            if source is not None:
                source.failures = 0
                self._end(source, await _accept(tx, source, pulled))
            await tx.session.flush()
            failpoint("pull.before_commit")
            await lease.finish(tx.session)

    def _end(
        self, source: CatalogSource, result: LastPull, pause: timedelta | None = None
    ) -> None:
        """Record the outcome. The next pull is after `pause`, or at the usual time."""
        now = utc_now()
        source.last_pull = {"at": now.isoformat(), **asdict(result)}
        if source.scheduled:
            usual = next_due(source.id, self._interval(source), now)
            source.next_pull_at = now + pause if pause else usual
        SOURCE.move(source, _state_after(source))

    def _interval(self, source: CatalogSource) -> timedelta:
        return interval_of(source, self.tools.settings.source_interval)


async def _accept(tx: Transaction, source: CatalogSource, pulled: Pulled) -> LastPull:
    if pulled.file is None:
        log.info("source.unchanged")
        return LastPull("unchanged", UNCHANGED)
    upload, stored = pulled.file
    options = UploadOptions(**source.stated)
    catalog = await accept(tx, source.store_id, upload, stored, options)
    source.etag, source.last_modified = pulled.etag, pulled.last_modified
    log.info("source.pulled", catalog_id=str(catalog.id))
    return LastPull("pulled", PULLED, catalog_id=str(catalog.id))


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
    is_page = answer.head.media_type in PAGES
    return Upload(
        answer.head.media_type[:100] or "application/octet-stream",
        name or without_folder(answer.target.file_name),
        None if is_page else charset_in(headers.get("content-type", "")),
        _checked(answer.body) if is_page else answer.body,
    )


async def _checked(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body, unless it begins like a web page. Raises PullError."""
    start = b""
    async for chunk in body:
        start += chunk
        if len(start) < _PAGE_START:
            continue
        break
    check_start(start)
    yield start
    async for chunk in body:
        yield chunk


def _validator(answer: FetchResponse, header: str) -> str | None:
    value = answer.head.headers.get(header, "")
    fine = value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR
    return value if value and fine else None


def _state_after(source: CatalogSource) -> str:
    """`requested` if another pull was requested during this one."""
    asked, begun = source.requested_at, source.started_at
    return "requested" if asked and begun and asked > begun else "idle"
