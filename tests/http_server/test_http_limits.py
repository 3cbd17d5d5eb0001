"""What is too large or too slow is refused, and no other caller notices."""

import asyncio

import pytest

from tests.http_server.limited import CHUNKED, LONG_BODY, SETTINGS
from tests.http_server.serving_app import GET, Clock, Serving, serving, settle, until

TOO_LARGE = {
    "a header line without end": (b"GET / HTTP/1.1\r\nA: " + b"x" * 500_000, "header"),
    "one large header": (
        b"GET / HTTP/1.1\r\nA: " + b"x" * 4000 + b"\r\n\r\n",
        "header",
    ),
    "a name without end": (b"GET / HTTP/1.1\r\n" + b"x" * 500_000, "header"),
    "blanks without end": (b"GET / HTTP/1.1\r\nA: " + b" " * 500_000, "header"),
    "large headers": (
        b"GET / HTTP/1.1\r\n"
        + b"".join(b"A%d: %b\r\n" % (n, b"x" * 990) for n in range(5))
        + b"\r\n",
        "header",
    ),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"A: x\r\n" * 21 + b"\r\n", "header"),
    "a long URL": (b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\n", "url"),
    "a URL without end": (b"GET /" + b"x" * 500_000, "url"),
    "a chunk extension without end": (CHUNKED + b"1;a=" + b"x" * 500_000, "header"),
    "a trailer without end": (CHUNKED + b"0\r\nA: " + b"x" * 500_000, "header"),
    "many trailers": (CHUNKED + b"0\r\n" + b"A: x\r\n" * 900, "header"),
}


@pytest.mark.parametrize(("data", "field"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_what_is_too_large_is_431_and_ends(
    served: Serving, data: bytes, field: str
):
    client = await served.connect()
    sending = asyncio.create_task(client.send(data))
    answer = await client.answer()
    closed = await client.closed()
    sending.cancel()

    assert (answer.status, answer.code) == (431, "header_too_large")
    assert [error["field"] for error in answer.problem["errors"]] == [field]
    assert closed
    assert await served.works()


FITS = {
    "the longest URL": b"GET /" + b"x" * 999 + b" HTTP/1.1\r\n\r\n",
    "the most headers": b"GET / HTTP/1.1\r\n" + b"A: x\r\n" * 20 + b"\r\n",
    "the largest header": b"GET / HTTP/1.1\r\nA: " + b"x" * 3995 + b"\r\n\r\n",
    "all of these": b"GET /"
    + b"x" * 999
    + b" HTTP/1.1\r\n"
    + b"A: %b\r\n" % (b"x" * 195) * 20
    + b"\r\n",
    "trailers": CHUNKED + b"0\r\nA: x\r\n\r\n",
    "chunks of one byte": CHUNKED + b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n",
    "an upgrade to websocket": b"GET / HTTP/1.1\r\nConnection: upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n",
}


@pytest.mark.parametrize("data", FITS.values(), ids=FITS.keys())
async def test_what_fits_is_served_also_in_pieces(served: Serving, data: bytes):
    whole = await served.send(data)
    in_pieces = await served.connect()
    for start in range(0, len(data), 700):
        await in_pieces.send(data[start : start + 700])

    assert (await whole.answer()).status == 200
    assert (await in_pieces.answer()).status == 200


async def test_what_is_not_http_is_a_400_problem(served: Serving):
    client = await served.send(b"SSH-2.0-OpenSSH\r\n\r\n")

    answer = await client.answer()

    assert (answer.status, answer.code) == (400, "malformed_request")


async def test_a_few_pipelined_requests_are_answered_in_order(served: Serving):
    client = await served.send(GET + LONG_BODY + b"x" * 1_000_000 + GET)

    bodies = [(await client.answer()).body for _ in range(3)]

    assert [b"0 bytes" in bodies[0], b"1000000 bytes" in bodies[1]] == [True, True]


async def test_many_pipelined_requests_end_the_connection(served: Serving):
    client = await served.send(GET * 1000)

    await client.closed()

    assert len(served.app.ended) <= 1
    assert await served.works()


# Time: the clock of the event loop is advanced.


# The cap of connections.


async def test_connections_over_the_cap_get_a_503_until_others_end(served: Serving):
    first, *others = [await served.connect() for _ in range(5)]

    refused = await served.connect()
    answer = await refused.answer()
    await refused.close()
    await first.close()
    await settle()

    assert (answer.status, answer.code) == (503, "too_many_connections")
    assert answer.headers["retry-after"] == "5"
    assert await served.works()
    await others[0].send(GET)
    assert (await others[0].answer()).status == 200


async def test_a_refused_client_that_stays_is_closed(served: Serving, clock: Clock):
    crowd = [await served.connect() for _ in range(5)]
    refused = await served.connect()
    assert (await refused.answer()).status == 503

    assert len(served.connections) == len(crowd) + 1
    await clock.advance(2)

    assert len(served.connections) == len(crowd)


# The end of the process.


async def test_a_shutdown_finishes_requests_and_closes_the_rest():
    async with serving(SETTINGS) as served:
        idle, half_open = await served.send(GET), await served.send(GET[:-2])
        await idle.answer()
        uploading = await served.send(LONG_BODY + b"x" * 1000)

        served.server.should_exit = True
        defaults = served.server.server_state.default_headers
        await until(lambda: (b"connection", b"close") in defaults)
        await uploading.send(b"x" * 999_000)
        uploaded = await uploading.answer()

        assert (uploaded.status, uploaded.headers["connection"]) == (200, "close")
        assert await idle.closed()
        assert await half_open.closed()
        assert await uploading.closed()
