"""Connections to PostgreSQL that outlive a test: what one test closes, another opens.

Each connection is a process of the server that reads the catalogs anew: with half a
dozen of them per test, a sixth of the CPU time of all tests. A kept one is rolled back
and has the settings, locks and tables of a new one; its prepared statements stay, as in
a service that runs for days.
"""

from collections import defaultdict
from collections.abc import Generator
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ConnStatus, ExecStatus, PGconn, TransactionStatus

from app.core.db_watchdog import closed_by_server

AT_MOST = 8
"""Kept ones for each database, role and set of options."""
PREFIX = "test_"
"""How the names of databases begin whose connections are kept."""
RESET = (
    b"ROLLBACK",
    b"RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; SELECT pg_advisory_unlock_all()",
)
IDLE = {TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.INERROR}

_Connection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
_Kept = tuple[PGconn, Any]
"""The connection of libpq, and what psycopg has prepared on it."""

_kept: defaultdict[str, list[_Kept]] = defaultdict(list)
_connect = psycopg.Connection._connect_gen.__func__  # type: ignore[attr-defined]


def keep_connections() -> None:
    """From now on, all connections of this process to databases of tests are kept."""
    base: Any = psycopg.Connection.__mro__[1]
    base._connect_gen = classmethod(_connect_or_reuse)
    psycopg.Connection.close = _close  # type: ignore[method-assign]
    psycopg.AsyncConnection.close = _close_async  # type: ignore[method-assign]


def kept_backends(database: str) -> list[int]:
    """The process ids of the server's ends."""
    return [pgconn.backend_pid for pgconn, _ in _of(database)]


def close_kept(database: str) -> None:
    """Close those to one database, which is about to be dropped."""
    for pgconn, _ in _of(database):
        pgconn.finish()
    for place in [place for place in _kept if _database(place) == database]:
        del _kept[place]


def _of(database: str) -> list[_Kept]:
    return [
        kept
        for place, each in _kept.items()
        for kept in each
        if _database(place) == database
    ]


def _database(place: str) -> str:
    return str(conninfo_to_dict(place).get("dbname", ""))


def _connect_or_reuse(
    cls: type[Any], conninfo: str = "", **more: Any
) -> Generator[Any, Any, Any]:
    """As psycopg's own; the connection remembers where it leads."""
    while kept := _kept.get(conninfo):
        pgconn, prepared = kept.pop()
        connection = cls(pgconn)
        connection._prepared = prepared
        if not closed_by_server(connection):
            break
        pgconn.finish()
    else:
        connection = yield from _connect(cls, conninfo, **more)
    connection.place = conninfo
    return connection


def _close(self: Any) -> None:
    """Keep the connection if it is in order; for its owner it is closed."""
    if self.closed:
        return
    self._closed = True
    place = getattr(self, "place", "")
    kept = _kept[place] if _database(place).startswith(PREFIX) else None
    if kept is None or len(kept) >= AT_MOST or not _is_reset(self.pgconn):
        self.pgconn.finish()
        return
    kept.append((self.pgconn, self._prepared))
    self.pgconn = _finished()


async def _close_async(self: Any) -> None:
    _close(self)


def _is_reset(pgconn: PGconn) -> bool:
    if pgconn.status != ConnStatus.OK or pgconn.transaction_status not in IDLE:
        return False
    pgconn.nonblocking = 0
    ended = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}
    return all(pgconn.exec_(command).status in ended for command in RESET)


def _finished() -> PGconn:
    pgconn = PGconn.connect_start(b"host=/nowhere")
    pgconn.finish()
    return pgconn
