"""Connections that the server closes: no write is lost on one, none is sent twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpcore
import httpx
import pytest

from app.backmarket import transport
from app.backmarket.client import BackMarket, open_client
from app.backmarket.errors import BackMarketUnavailableError, Effect
from app.settings import load_settings
from tests.backmarket.wire import ACCESS, ROWS

SERVER_CLOSES_AFTER = 5
"""Seconds after which usual servers close an idle connection."""
TASK = b'{"statuscode": 200, "bodymessage": 7, "action_status": 0}'


@dataclass
class Server:
    """A server that answers tasks; `closing` requests meet a closed connection."""

    closing: int = 0
    connections: int = 0
    requests: list[str] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        self.writers.append(writer)
        while head := await _head(reader):
            method = head.split(" ", 1)[0]
            self.requests.append(method)
            if self.closing:
                self.closing -= 1
                break
            length = len(TASK)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
            writer.write(TASK)
            await writer.drain()
        writer.close()

    async def close_idle(self) -> None:
        """Close every connection, as a server does after its idle time."""
        for writer in self.writers:
            writer.close()
            await writer.wait_closed()
        self.writers.clear()


async def _head(reader: asyncio.StreamReader) -> str:
    """Read one request; empty at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""
    lengths = [line for line in head.lower().split("\r\n") if "content-length" in line]
    if lengths:
        await reader.readexactly(int(lengths[0].partition(":")[2]))
    return head


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[BackMarket]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = load_settings(
        company="acme", contact="it@acme.example", eu_url=f"http://127.0.0.1:{port}"
    )
    async with listening, open_client(settings) as api:
        yield api
        await server.close_idle()


Call = Callable[[BackMarket], Awaitable[object]]


async def write(api: BackMarket) -> int:
    return await api.post_batch(ACCESS, ROWS)


async def read(api: BackMarket) -> object:
    return await api.task(ACCESS, 7)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock by which the pool knows how long a connection was idle."""
    offset = 0.0

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + offset

    def move(seconds: float) -> None:
        nonlocal offset
        offset += seconds

    monkeypatch.setattr(httpcore._async.http11, "time", Clock)
    return move


@pytest.mark.parametrize("call", [write, read])
@pytest.mark.parametrize(
    ("idle", "connections"),
    [(transport.IDLE_LIMIT - 0.5, 1), (transport.IDLE_LIMIT + 0.1, 2)],
)
async def test_an_idle_connection_is_dropped_before_the_server_closes_it(
    later: Callable[[float], None], call: Call, idle: float, connections: int
):
    server = Server()
    async with serving(server) as api:
        await call(api)
        later(idle)
        await call(api)

    assert server.connections == connections
    assert transport.IDLE_LIMIT + 2 < SERVER_CLOSES_AFTER


@pytest.mark.parametrize("call", [write, read])
async def test_a_closed_connection_is_replaced(call: Call):
    server = Server()
    async with serving(server) as api:
        await call(api)
        await server.close_idle()
        await call(api)

    assert (server.connections, len(server.requests)) == (2, 2)


async def test_a_read_that_meets_the_closing_is_sent_again():
    server = Server()
    async with serving(server) as api:
        await read(api)
        server.closing = 1
        await read(api)

    assert (server.connections, server.requests) == (2, ["GET"] * 3)


async def test_a_read_is_sent_again_only_once():
    server = Server()
    async with serving(server) as api:
        await read(api)
        server.closing = 5
        with pytest.raises(BackMarketUnavailableError):
            await read(api)

    assert server.requests == ["GET"] * 3


async def test_a_write_that_meets_the_closing_is_uncertain_and_not_sent_again():
    server = Server()
    async with serving(server) as api:
        await write(api)
        server.closing = 1
        with pytest.raises(BackMarketUnavailableError) as lost:
            await write(api)

    assert lost.value.effect is Effect.UNKNOWN
    assert server.requests == ["POST", "POST"]


@pytest.mark.parametrize(
    ("event", "effect"),
    [
        ("connection.start_tls.started", Effect.NONE),
        ("http11.send_request_headers.started", Effect.UNKNOWN),
    ],
)
async def test_a_write_is_uncertain_from_its_first_byte(event: str, effect: Effect):
    class Breaking(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await request.extensions["trace"](event, {})
            raise httpx.ReadError("gone", request=request)

    settings = load_settings(company="acme", contact="it@acme.example")
    async with open_client(settings, Breaking()) as api:
        with pytest.raises(BackMarketUnavailableError) as lost:
            await write(api)

    assert lost.value.effect is effect
