"""Notices that PostgreSQL has fallen silent, and hangs up instead of waiting.

A server that is gone closes its connections; one that is frozen, or behind a broken
network, just says nothing. A slow statement looks the same from here, so we ask on
another line before we give up.
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

QUIET = 0.5
"""Seconds without a word after which we ask whether PostgreSQL is there at all."""
ANSWER = 1.5
"""Seconds that it has for an answer to that, or to let us in."""
ASK_AGAIN = 5.0
"""Seconds between two such questions while one statement goes on."""
BELIEVED = 1.0
"""Seconds for which a silence that was noticed spares others the same wait."""


def hung_up(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any],
) -> bool:
    """Whether the server closed an idle connection: it says something unasked."""
    try:
        ear = select.poll()
        ear.register(connection.pgconn.socket, select.POLLIN)
        return bool(ear.poll(0))
    except psycopg.OperationalError:
        return True


@dataclass(slots=True)
class Line:
    """The way to PostgreSQL, and when it was last found silent; one per engine."""

    silent_at: float = float("-inf")

    async def connect(self, place: str = "", **more: Any) -> "WatchedConnection":  # noqa: ANN401 - psycopg's own
        """Connect, or say soon that nobody answers. Raises OperationalError."""
        if time.monotonic() - self.silent_at < BELIEVED:
            raise psycopg.OperationalError("PostgreSQL did not answer just now")
        try:
            async with asyncio.timeout(ANSWER):
                connection = await WatchedConnection.connect(place, **more)
        except TimeoutError as error:
            self.silent_at = time.monotonic()
            raise psycopg.OperationalError("PostgreSQL does not answer") from error
        connection.line = self
        return connection


class WatchedConnection(psycopg.AsyncConnection[Any]):
    """Waits for a statement as long as PostgreSQL answers others."""

    line: Line | None = None
    _watch: "asyncio.Task[None] | None" = None

    async def wait(self, gen: PQGen[RV], *given: Any, **more: Any) -> RV:  # noqa: ANN401 - psycopg's own
        """Whatever waits for PostgreSQL waits here."""
        alarm = asyncio.get_running_loop().call_later(QUIET, self._start_watch)
        try:
            return await super().wait(gen, *given, **more)
        finally:
            alarm.cancel()
            if self._watch:
                self._watch.cancel()
                self._watch = None

    def _start_watch(self) -> None:
        self._watch = asyncio.create_task(self._hang_up_if_silent())

    async def _hang_up_if_silent(self) -> None:
        while await self._answers():  # noqa: ASYNC110 - asked, not told
            await asyncio.sleep(ASK_AGAIN)
        if self.line:
            self.line.silent_at = time.monotonic()
        # What waits on the socket reads its end: a lost connection like any other.
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as ours:
            ours.shutdown(socket.SHUT_RDWR)

    async def _answers(self) -> bool:
        """Whether a new connection gets any answer; a refusal is one."""
        place = make_conninfo(self.info.dsn, password=self.info.password)
        try:
            async with asyncio.timeout(ANSWER):
                other = await psycopg.AsyncConnection.connect(place)
                await other.close()
        except TimeoutError:
            return False
        except psycopg.Error:
            return True
        return True
