"""The pull job: enqueues the import of a downloaded file, like that of an upload."""

from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.service import UploadOptions, accept
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.database import Transaction
from app.jobs.frame import RetryingJob
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import Decision, GiveUp, TryAgain
from app.sources.download import Pulled, PullServices, download_file
from app.sources.lifecycle import SOURCE
from app.sources.models import CatalogSource
from app.sources.outcomes import PullError, decide
from app.sources.schemas import interval_of
from app.stores import service as stores
from app.stores.schedule import next_due

log = structlog.get_logger(__name__)

BEHIND_OTHERS = timedelta(seconds=1)
PULLED = "A catalog was pulled; its import is enqueued."
UNCHANGED = "The catalog has not changed since the last pull."


@dataclass(frozen=True, slots=True)
class LastPull:
    """The outcome of a pull, as it is stored."""

    outcome: str
    message: str
    code: str | None = None
    catalog_id: str | None = None


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
        pulled = await download_file(self.tools, loaded)
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


def _state_after(source: CatalogSource) -> str:
    """`requested` if another pull was requested during this one."""
    asked, begun = source.requested_at, source.started_at
    return "requested" if asked and begun and asked > begun else "idle"
