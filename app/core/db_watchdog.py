"""Closes connections when PostgreSQL does not respond, instead of waiting forever.

A stopped server closes its connections; a frozen one, or one behind a broken network,
sends nothing. A slow statement looks the same, so a probe opens another connection
before this one is closed.
"""

import asyncio
import os
import select
import socket
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo

PROBE_AFTER = 0.5
"""Seconds without a response after which the watchdog probes PostgreSQL."""
PROBE_TIMEOUT = 1.5
"""Seconds until a probe or a connection attempt times out."""
PROBE_INTERVAL = 5.0
"""Seconds between two probes while one statement runs."""
FAIL_FAST_FOR = 1.0
"""Seconds for which new connections fail at once after a time-out."""


def closed_by_server(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any],
) -> bool:
    """Whether the server closed an idle connection: its socket is readable."""
    try:
        ear = select.poll()
        ear.register(connection.pgconn.socket, select.POLLIN)
        return bool(ear.poll(0))
    except psycopg.OperationalError:
        return True


@dataclass(slots=True)
class DatabaseWatchdog:
    """Connects to PostgreSQL, and records the last time-out; one per engine."""

    silent_at: float = float("-inf")

    async def connect(self, place: str = "", **more: Any) -> "WatchedConnection":  # noqa: ANN401 - psycopg's own
        """Connect within the time-out. Raises OperationalError."""
        if time.monotonic() - self.silent_at < FAIL_FAST_FOR:
            raise psycopg.OperationalError("PostgreSQL did not answer just now")
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                connection = await WatchedConnection.connect(place, **more)
        except TimeoutError as error:
            self.silent_at = time.monotonic()
            raise psycopg.OperationalError("PostgreSQL does not answer") from error
        connection.watchdog = self
        return connection


class WatchedConnection(psycopg.AsyncConnection[Any]):
    """Waits for a statement as long as PostgreSQL accepts other connections."""

    watchdog: DatabaseWatchdog | None = None
    _watch: "asyncio.Task[None] | None" = None

    async def wait(self, gen: PQGen[RV], *given: Any, **more: Any) -> RV:  # noqa: ANN401 - psycopg's own
        """All waiting for PostgreSQL goes through this method."""
        alarm = asyncio.get_running_loop().call_later(PROBE_AFTER, self._start_watch)
        try:
            return await super().wait(gen, *given, **more)
        finally:
            alarm.cancel()
            if self._watch:
                self._watch.cancel()
                self._watch = None

    def _start_watch(self) -> None:
        self._watch = asyncio.create_task(self._close_if_silent())

    async def _close_if_silent(self) -> None:
        while await self._responds():  # noqa: ASYNC110 - a probe, no event
            await asyncio.sleep(PROBE_INTERVAL)
        if self.watchdog:
            self.watchdog.silent_at = time.monotonic()
        # The statement then reads the end of the socket, as for a lost connection.
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as ours:
            ours.shutdown(socket.SHUT_RDWR)

    async def _responds(self) -> bool:
        """Whether a new connection gets any response, an error included."""
        place = make_conninfo(self.info.dsn, password=self.info.password)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                other = await psycopg.AsyncConnection.connect(place)
                await other.close()
        except TimeoutError:
            return False
        except psycopg.Error:
            return True
        return True
