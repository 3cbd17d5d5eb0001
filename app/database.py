"""Opens the database engine and owns transactions: the one place that commits."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import psycopg
from fastapi import Depends, Request
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.copy_connection import COPYING, KEEPALIVE, CopyConnection
from app.core.db_watchdog import DatabaseWatchdog, closed_by_server
from app.jobs.kinds import JobKind
from app.jobs.rows import add_job, add_new_jobs, open_subjects

AWAY = (SQLAlchemyError, psycopg.Error, OSError)
"""Raised when PostgreSQL cannot be reached, or no connection is free."""
_BUSY = ("40", "55")
"""SQLSTATE classes: deadlock or serialization failure, and lock not available."""

SOON = timedelta(seconds=10)
"""Workers are woken for jobs due within this time; the sweep finds later ones."""


def is_busy(error: BaseException) -> bool:
    """Whether other transactions were in the way: the same work may be tried again."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return str(state).startswith(_BUSY)


class Waker(Protocol):
    """Wakes workers for due job rows."""

    async def wake(
        self, count: int = 1, *, after: timedelta = timedelta(0)
    ) -> bool: ...


@dataclass(slots=True)
class Transaction:
    """A session, and the jobs for which workers are woken after the commit."""

    session: AsyncSession
    jobs: list[UUID] = field(default_factory=list)
    soon: dict[UUID, timedelta] = field(default_factory=dict)
    on_commit: list[Callable[[], None]] = field(default_factory=list)
    """Called after the commit; they must not raise errors."""

    async def enqueue(
        self,
        kind: JobKind,
        subject_id: UUID,
        tenant_id: UUID,
        *,
        after: timedelta = timedelta(0),
    ) -> None:
        """Insert a job row, unless one of the same kind and subject is queued.

        `tenant_id`: the seller account, or the store while it has none.
        """
        job_id = await add_job(self.session, kind, subject_id, tenant_id, after)
        if not after:
            self.jobs.append(job_id)
        elif after <= SOON:
            self.soon[job_id] = after

    async def enqueue_new(self, kind: JobKind, subjects: Mapping[UUID, UUID]) -> None:
        """Insert a job per new subject, due now; the values are the tenants."""
        self.jobs += await add_new_jobs(self.session, kind, subjects)

    async def enqueue_missing(
        self, kind: JobKind, subjects: Mapping[UUID, UUID], limit: int
    ) -> int:
        """Insert a job per subject that has none queued or running, due now.

        At most `limit` jobs; returns how many. The values are the tenants.
        """
        if not subjects:
            return 0
        open_ones = await open_subjects(self.session, kind, list(subjects))
        missing = [each for each in subjects if each not in open_ones][:limit]
        for subject_id in missing:
            await self.enqueue(kind, subject_id, subjects[subject_id])
        return len(missing)


def sqlalchemy_url(database_url: str) -> URL:
    """The URL for SQLAlchemy's psycopg dialect."""
    return make_url(database_url).set(drivername="postgresql+psycopg")


def libpq_url(database_url: str) -> str:
    """The URL for plain psycopg connections (COPY)."""
    url = make_url(database_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def open_engine(database_url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine that fails within 2 s when PostgreSQL cannot be reached."""
    engine = create_async_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=2,
        # The connection that was used last has the most statements prepared.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "async_creator_fn": DatabaseWatchdog().connect,
            "connect_timeout": 2,
            "application_name": "refeed",
            "options": "-c timezone=UTC -c lock_timeout=30s",
            **KEEPALIVE,
        },
    )
    event.listen(engine.sync_engine, "checkout", _replace_closed)
    return engine


def _open_copy_engine(database_url: str) -> Engine:
    """A pool of connections for COPY in threads; connecting costs as much as a COPY."""
    engine = create_engine(
        sqlalchemy_url(database_url),
        max_overflow=-1,
        hide_parameters=True,
        connect_args=COPYING,
    )
    event.listen(engine, "checkout", _replace_closed)
    return engine


def _replace_closed(_adapted: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
    """Replace a connection that the server closed, without a round trip."""
    if closed_by_server(cast("psycopg.Connection[Any]", entry.driver_connection)):
        raise InvalidatePoolError


@dataclass(frozen=True, slots=True)
class Database:
    """Access to PostgreSQL: transactions, and connections for COPY."""

    url: str
    engine: AsyncEngine
    lines: Engine
    waker: Waker
    closing: Event = field(default_factory=Event)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit or roll back; wake the workers after the commit."""
        async with (
            AsyncSession(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            tx = Transaction(session)
            yield tx
        for call in tx.on_commit:
            call()
        if tx.jobs:
            await self.waker.wake(len(tx.jobs))
        for after in tx.soon.values():
            await self.waker.wake(after=after)

    @property
    def copy_connection(self) -> CopyConnection:
        """How threads and parser processes connect for COPY."""
        return CopyConnection(libpq_url(self.url))

    def connect(self) -> "psycopg.Connection[Any]":
        """A new connection; for threads, never on the event loop."""
        return self.copy_connection.connect()

    @contextmanager
    def borrow(self) -> "Iterator[psycopg.Connection[Any]]":
        """A pooled connection for short reads; for threads, never on the event loop.

        Its writes are rolled back.
        """
        lent = self.lines.raw_connection()
        connection = cast("psycopg.Connection[Any]", lent.driver_connection)
        try:
            yield connection
        finally:
            # A thread may outlive the pool: the work that waited for it was cancelled.
            if connection.closed or self.closing.is_set():
                lent.invalidate()
            lent.close()


@asynccontextmanager
async def open_database(
    database_url: str, waker: Waker, *, pool_size: int = 10
) -> AsyncIterator[Database]:
    """Open the database for the duration of the block."""
    engine = open_engine(database_url, pool_size=pool_size)
    lines = _open_copy_engine(database_url)
    database = Database(database_url, engine, lines, waker)
    try:
        yield database
    finally:
        database.closing.set()
        lines.dispose()
        await engine.dispose()


async def open_transaction(request: Request) -> AsyncIterator[Transaction]:
    """The transaction of a request."""
    database = cast("Database", request.state.database)
    async with database.transaction() as tx:
        request.state.transaction = tx
        yield tx


# scope="function": commit before the response leaves, so a failed commit is a 500.
Tx = Annotated[Transaction, Depends(open_transaction, scope="function")]
