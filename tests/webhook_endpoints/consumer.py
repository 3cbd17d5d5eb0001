"""A merchant's service that gets events: a web server on a real port."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

Answer = int | bytes | asyncio.Event
"""A status, a whole response, or what to wait for before 200."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def verified_by(self, secret: str) -> dict[str, Any]:
        """As a consumer does it with the library; raises an error."""
        return dict(Webhook(secret).verify(self.body, self.headers))


@dataclass(slots=True)
class Consumer:
    """Answers as `answer` says; what it got is kept."""

    port: int = 0
    answer: Callable[[Received], Answer] = lambda _: 204
    received: list[Received] = field(default_factory=list)
    talking: set["asyncio.Task[None]"] = field(default_factory=set)
    at_once: int = 0
    most_at_once: int = 0

    def url(self, path: str = "/events") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[Received]:
        return [each for each in self.received if each.path == path]

    async def talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self.talking.add(task)
        try:
            while True:
                await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.talking.discard(task)
            writer.transport.abort()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        named = dict(line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in named.items()}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        got = Received(first.split(" ")[1], headers, body)
        self.received.append(got)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            writer.write(await self._response(got))
            await writer.drain()
        finally:
            self.at_once -= 1

    async def _response(self, got: Received) -> bytes:
        answer = self.answer(got)
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = 200
        return answer if isinstance(answer, bytes) else reply(answer)

    async def hang_up(self) -> None:
        tasks = list(self.talking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next round


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """`retry_after="5"` is a header."""
    named = {name.replace("_", "-").title(): v for name, v in headers.items()}
    lines = {"Content-Length": str(len(body)), **named}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + body


@asynccontextmanager
async def open_consumer() -> AsyncIterator[Consumer]:
    consumer = Consumer()
    server = await asyncio.start_server(consumer.talk, "127.0.0.1", 0)
    consumer.port = server.sockets[0].getsockname()[1]
    try:
        yield consumer
    finally:
        server.close()
        await consumer.hang_up()
