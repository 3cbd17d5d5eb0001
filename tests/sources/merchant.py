"""A merchant's web server on a real port, which can misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came in."""

    path: str
    headers: dict[str, str]


Piece = bytes | float | asyncio.Event
"""Bytes to send, seconds to wait, or what to wait for."""
Respond = Callable[[ReceivedRequest], Iterable[Piece]]


@dataclass(slots=True)
class Merchant:
    """Answers by path; what it was asked is kept."""

    port: int = 0
    scheme: str = "http"
    asked: list[ReceivedRequest] = field(default_factory=list)
    answers: dict[str, Respond] = field(default_factory=dict)
    talking: set["asyncio.Task[None]"] = field(default_factory=set)

    def url(self, path: str = "/stock.csv", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def serve(self, path: str, *pieces: Piece) -> None:
        """Answer always the same."""
        self.answers[path] = lambda _: list(pieces)

    async def talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self.talking.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.talking.discard(task)
            if task.cancelling():
                writer.transport.abort()
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        asked = ReceivedRequest(
            first.split(" ")[1], {name.lower(): v for name, v in headers.items()}
        )
        self.asked.append(asked)
        nothing = reply(b"nothing here", "404 Not Found")
        for piece in self.answers.get(asked.path, lambda _: [nothing])(asked):
            if isinstance(piece, bytes):
                writer.write(piece)
                await writer.drain()
            elif isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await asyncio.sleep(piece)

    async def hang_up(self) -> None:
        """End what is still being answered."""
        tasks = list(self.talking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next round


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer; `content_type=...` is a header."""
    named = {name.replace("_", "-").title(): v for name, v in headers.items()}
    lines = {"Content-Length": str(len(body)), "Connection": "close", **named}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", status, location=location)


def tagged(body: bytes, etag: str, **headers: str) -> Respond:
    """An answer that knows its version."""

    def respond(asked: ReceivedRequest) -> list[Piece]:
        if asked.headers.get("if-none-match") == etag:
            return [reply(b"", "304 Not Modified", etag=etag)]
        return [reply(body, etag=etag, **headers)]

    return respond


@asynccontextmanager
async def open_merchant(tls: ssl.SSLContext | None = None) -> AsyncIterator[Merchant]:
    merchant = Merchant(scheme="https" if tls else "http")
    server = await asyncio.start_server(merchant.talk, "127.0.0.1", 0, ssl=tls)
    merchant.port = server.sockets[0].getsockname()[1]
    try:
        yield merchant
    finally:
        server.close()
        await merchant.hang_up()
