"""Limits the uploads of a store that arrive or wait for their import.

Bytes that are still to arrive are reserved in a row, so that the quota holds for all
API processes. The reservation of a process that died expires.
"""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.uploads.receipt import lock_uploads
from app.core.columns import new_id
from app.core.errors import TooManyError
from app.core.sql import load_sql
from app.database import AWAY, Database
from app.settings import Settings

log = structlog.get_logger(__name__)

MAX_UPLOADS = 50
"""Uploads of a store that arrive or wait."""
MAX_FILES = 4
"""Their bytes, as a multiple of the largest upload."""
STEPS = 32
"""A body without a length reserves this part of the largest upload at a time."""
LEASE = 4
"""A reservation lasts so many times as long as a body may pause, a renewal one time."""

_SQL = {name: text(sql) for name, sql in load_sql(__package__, "quota.sql").items()}


@dataclass(frozen=True, slots=True)
class Held:
    """Uploads of a store that arrive or wait, and their bytes."""

    count: int
    size: int


@dataclass(slots=True)
class Reservation:
    """The bytes that are reserved for one upload while it arrives."""

    store_id: UUID
    max_upload_bytes: int
    pause: timedelta
    """How long a body may pause."""
    id: UUID = field(default_factory=new_id)
    size: int = 0
    tried: float = 0.0
    """When it was last renewed, or that failed; the time of `time.monotonic`."""
    holds: bool = False
    """Whether the last renewal succeeded."""

    async def take(self, session: AsyncSession, size: int) -> None:
        """Reserve so many bytes in all, as long as a lease. Raises TooManyError."""
        self.tried, self.holds = time.monotonic(), False
        await lock_uploads(session, self.store_id)
        names = {"store": self.store_id, "id": self.id}
        found = (await session.execute(_SQL["held_by_others"], names)).one()
        require_room(Held(found.uploads, found.bytes), size, self.max_upload_bytes)
        lease = LEASE * self.pause
        await session.execute(_SQL["reserve"], {**names, "size": size, "lease": lease})
        self.size, self.holds = size, True

    async def release(self, session: AsyncSession) -> None:
        """Delete the reservation: the upload is stored, or was discarded."""
        names = {"store": self.store_id, "id": self.id}
        await session.execute(_SQL["release"], names)

    async def within(
        self, database: Database, body: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """Pass a body on, and reserve its bytes before. Raises TooManyError.

        While PostgreSQL is away the body goes on; at its end it needs a reservation.
        """
        received = 0
        async for chunk in body:
            received += len(chunk)
            if self._is_due() or (self.holds and received > self.size):
                await self._try_to_take(database, received)
            yield chunk
        if self._is_due() or not self.holds or received > self.size:
            await self._take(database, received)

    async def _try_to_take(self, database: Database, received: int) -> None:
        with suppress(*AWAY):
            await self._take(database, received)
            return
        log.warning("upload.reservation_failed")

    async def _take(self, database: Database, received: int) -> None:
        size = max(self.size, next_size(received, self.max_upload_bytes))
        async with database.transaction() as tx:
            await self.take(tx.session, size)

    def _is_due(self) -> bool:
        """Whether it is time for a renewal, or for another try."""
        return time.monotonic() - self.tried > self.pause.total_seconds()


def next_size(received: int, max_upload_bytes: int) -> int:
    """What to reserve for a body of which so many bytes have arrived: whole steps."""
    step = max(max_upload_bytes // STEPS, 1)
    return min(-(-received // step) * step, max_upload_bytes)


def require_room(others: Held, size: int, max_upload_bytes: int) -> None:
    """Raise TooManyError unless an upload of so many bytes fits besides the others."""
    most = MAX_FILES * max_upload_bytes
    left = max(most - others.size, 0)
    if others.count < MAX_UPLOADS and left and size <= left:
        return
    raise TooManyError(
        f"{others.count} uploads of the store, {others.size} bytes, arrive or wait for "
        "their import.",
        code="too_many_queued",
        headers={"Retry-After": "30"},
        accepted=f"{MAX_UPLOADS} uploads of together {most} bytes: {left} are left",
    )


async def reserve(
    session: AsyncSession, settings: Settings, store_id: UUID, size: int | None
) -> Reservation:
    """Reserve the declared bytes of an upload; None: not declared. Raises TooManyError.

    The caller commits before the body is read.
    """
    made = Reservation(store_id, settings.max_upload_bytes, settings.body_timeout)
    await made.take(session, size or 0)
    return made


async def discard(database: Database, reservation: Reservation) -> None:
    """Release after an upload failed; if PostgreSQL is away, it expires."""
    with suppress(*AWAY):
        async with database.transaction() as tx:
            await reservation.release(tx.session)


async def delete_expired(session: AsyncSession) -> None:
    """Delete what processes left that died."""
    await session.execute(_SQL["delete_expired"])
