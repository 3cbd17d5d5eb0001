"""A small application behind the real server, raw clients, and a clock to advance."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from app.serve import Server, server_of
from app.settings import Settings
from app.web.event_stream import Streams

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
MANY_ITERATIONS = 30


@dataclass
class SmallApp:
    """Reads the body and answers with its size, unless the path says otherwise."""

    ended: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # uvicorn goes on without a lifespan
        try:
            await self._serve(scope["path"], receive, send)
        finally:
            self.ended.append(scope["path"])

    async def _serve(self, path: str, receive: Receive, send: Send) -> None:
        if path == "/wait":  # as if PostgreSQL took its time
            await self.go_on.wait()
        size = 0 if path == "/early" else await body_size(receive)
        if size is None:
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if path == "/stream":
            await send(piece(b"first ", more=True))
            await self.go_on.wait()
        if path == "/large":
            await send(piece(b"x" * 50_000_000, more=True))
        await send(piece(f"{size} bytes".encode(), more=False))


async def body_size(receive: Receive) -> int | None:
    """The size of the whole body; None after a disconnect."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message["body"])
        if not message["more_body"]:
            return size


def piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(self.problem["code"])

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["connection"] == "close"
        found = json.loads(self.body)
        assert found["status"] == self.status
        return dict(found)


@dataclass
class Client:
    """A connection whose every byte the test chooses."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send, and let the server take it."""
        self.writer.write(data)
        await self.writer.drain()
        await settle()

    async def answer(self) -> Answer:
        """Read one response; a chunked one up to its end."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        if "content-length" in headers:
            body = await self.reader.readexactly(int(headers["content-length"]))
        else:
            body = await self.reader.readuntil(b"0\r\n\r\n")
        return Answer(int(first.split()[1]), headers, body)

    async def closed(self) -> bool:
        """Wait until the server closes; whether nothing came before that."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def settle() -> None:
    """Let server and clients, which share this loop, handle what is there."""
    for _ in range(MANY_ITERATIONS):
        await asyncio.sleep(0)


async def until(done: Callable[[], bool]) -> None:
    """Let the loop run until it holds."""
    while not done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0)


class Clock:
    """The clock of the event loop: timers that are due then run at once."""

    def __init__(self) -> None:
        self._ahead = 0.0
        loop = asyncio.get_running_loop()
        real = loop.time
        loop.time = lambda: real() + self._ahead  # type: ignore[method-assign]

    async def advance(self, seconds: float) -> None:
        await settle()
        self._ahead += seconds
        await settle()


@dataclass
class Serving:
    """The running server."""

    app: SmallApp
    server: Server
    port: int
    clock: Clock
    clients: list[Client] = field(default_factory=list)

    @property
    def connections(self) -> set[Any]:
        """What the server has open."""
        return self.server.server_state.connections

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        await settle()
        return client

    async def send(self, data: bytes) -> Client:
        client = await self.connect()
        await client.send(data)
        return client

    async def works(self) -> bool:
        """Whether another caller is served now."""
        client = await self.send(GET)
        served = (await client.answer()).status == 200
        await client.close()
        return served


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Serving]:
    """Run the server on this loop, as `app/serve.py` runs it."""
    app = SmallApp()
    server = server_of(
        app, Streams(), settings.model_copy(update={"host": "127.0.0.1", "port": 0})
    )
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    found = Serving(app, server, port, Clock())
    try:
        yield found
    finally:
        app.go_on.set()
        for client in found.clients:
            await client.close()
        server.should_exit = True
        while not running.done():
            await found.clock.advance(1)
        await running
