"""What is too large or too slow is refused, and no other caller notices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from app.http_server.connections import Connections
from app.http_server.limits import (
    LOOPBACK,
    SPARE,
    SPARE_PER_CLIENT,
    Admission,
    HttpLimits,
    admission,
    client_of,
    too_slow,
)
from app.settings import Settings
from tests.http_server.serving_app import (
    GET,
    Clock,
    Serving,
    serving,
    settle,
    until,
)

SETTINGS = Settings(
    max_url_bytes=1000,
    max_header_bytes=4000,
    max_header_count=20,
    max_connections=5,
    max_client_connections=4,
)
LIMITS = HttpLimits.of(SETTINGS)
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LONG_BODY = POST + b"Content-Length: 1000000\r\n\r\n"


@pytest.fixture
async def served() -> AsyncIterator[Serving]:
    async with serving(SETTINGS) as running:
        yield running


@pytest.fixture
async def clock(served: Serving) -> Clock:
    return served.clock


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


async def test_half_open_requests_are_408_and_others_are_served(
    served: Serving, clock: Clock
):
    half_open = [await served.send(GET[:-2]) for _ in range(4)]
    assert await served.works()

    await clock.advance(14)
    assert await served.works()
    await clock.advance(1)

    for client in half_open:
        answer = await client.answer()
        assert (answer.status, answer.code) == (408, "request_timeout")
        assert await client.closed()
        await client.close()
    assert await served.works()


async def test_a_trickling_header_is_408(served: Serving, clock: Clock):
    client = await served.connect()
    for byte in b"GET":
        await client.send(bytes([byte]))
        await clock.advance(5)

    assert (await client.answer()).status == 408


@pytest.mark.parametrize(
    "data", [pytest.param(b"", id="no byte"), pytest.param(b"\r\n", id="a line break")]
)
async def test_a_connection_without_a_request_is_closed_without_an_answer(
    served: Serving, clock: Clock, data: bytes
):
    client = await served.send(data)

    await clock.advance(15)

    assert await client.closed()


async def test_an_idle_connection_is_closed_after_five_seconds(
    served: Serving, clock: Clock
):
    client = await served.send(GET)
    await client.answer()

    await clock.advance(5)

    assert await client.closed()


async def test_line_breaks_do_not_keep_a_connection_open(served: Serving, clock: Clock):
    client = await served.send(GET)
    await client.answer()
    for _ in range(5):
        await client.send(b"\r\n")
        await clock.advance(4)

    assert await client.closed()


async def test_an_idle_body_is_408_and_the_application_gets_a_disconnect(
    served: Serving, clock: Clock
):
    client = await served.send(LONG_BODY + b"x" * 15_000)

    await clock.advance(30)  # much has come in this period
    assert served.app.ended == []
    await clock.advance(30)

    answer = await client.answer()
    assert (answer.status, answer.code) == (408, "request_timeout")
    assert await client.closed()
    assert served.app.ended == ["/"]
    assert await served.works()


async def test_a_trickling_body_is_408(served: Serving, clock: Clock):
    client = await served.send(CHUNKED)
    for _ in range(4):
        await client.send(b"1\r\nx\r\n")
        await clock.advance(9)

    assert (await client.answer()).status == 408


async def test_a_slow_body_of_an_hour_is_accepted(served: Serving, clock: Clock):
    client = await served.send(POST + b"Content-Length: 1980000\r\n\r\n")
    for _ in range(360):
        await client.send(b"x" * 5500)
        await clock.advance(10)

    assert b"1980000 bytes" in (await client.answer()).body


async def test_a_client_is_not_blamed_for_a_slow_application(
    served: Serving, clock: Clock
):
    full = await served.send(LONG_BODY.replace(b"/ ", b"/wait ") + b"x" * 200_000)
    expecting = await served.send(
        LONG_BODY.replace(b"/ ", b"/wait ").replace(
            b"Host", b"Expect: 100-continue\r\nHost"
        )
    )
    for _ in range(5):
        await clock.advance(25)
    served.app.go_on.set()
    await settle()
    await full.send(b"x" * 800_000)
    go_on = await expecting.reader.readuntil(b"\r\n\r\n")
    await expecting.send(b"x" * 1_000_000)

    assert go_on == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert (await full.answer()).status == 200
    assert (await expecting.answer()).status == 200


async def test_a_pause_of_the_application_within_a_period_does_not_count(
    served: Serving, clock: Clock
):
    client = await served.send(LONG_BODY.replace(b"/ ", b"/wait ") + b"x" * 60_000)
    await clock.advance(30)
    await client.send(b"x" * 10_000)  # more than uvicorn keeps for the application
    await clock.advance(30)
    served.app.go_on.set()
    await client.send(b"x" * 930_000)

    assert (await client.answer()).status == 200


async def test_the_rest_of_a_body_that_was_answered_early_does_not_stay(
    served: Serving, clock: Clock
):
    client = await served.send(LONG_BODY.replace(b"/ ", b"/early "))
    assert (await client.answer()).status == 200
    with suppress(ConnectionError):
        for _ in range(15):
            await client.send(b"x")
            await clock.advance(4)

    assert await client.closed()


async def test_an_event_stream_outlives_every_limit_of_time(
    served: Serving, clock: Clock
):
    client = await served.send(GET.replace(b"/ ", b"/stream "))
    for _ in range(60):
        await clock.advance(10)
    served.app.go_on.set()

    assert b"first" in (await client.answer()).body


async def test_a_client_that_reads_nothing_is_disconnected(
    served: Serving, clock: Clock
):
    await served.send(GET.replace(b"/ ", b"/large "))

    await clock.advance(59)
    assert served.app.ended == []
    await clock.advance(1)

    assert served.app.ended == ["/large"]


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


@pytest.mark.parametrize(
    ("total", "of_client", "decision"),
    [
        pytest.param(0, 0, Admission.SERVE, id="the first"),
        pytest.param(4, 3, Admission.SERVE, id="the last that fits"),
        pytest.param(5, 0, Admission.ANSWER_503, id="over the cap"),
        pytest.param(4, 4, Admission.ANSWER_503, id="over the client's share"),
        pytest.param(4 + SPARE, 0, Admission.ANSWER_503, id="the last answer"),
        pytest.param(5 + SPARE, 0, Admission.CLOSE, id="a flood"),
        pytest.param(
            4 + SPARE_PER_CLIENT, 4 + SPARE_PER_CLIENT, Admission.CLOSE, id="a client"
        ),
    ],
)
def test_a_connection_is_admitted_by_both_counts(
    total: int, of_client: int, decision: Admission
):
    assert admission(total, of_client, LIMITS) is decision


def test_one_client_cannot_take_all_connections():
    connections = Connections(LIMITS)
    greedy = [connections.enter("192.0.2.1") for _ in range(50)]
    connections.leave("192.0.2.1")

    assert greedy.count(Admission.SERVE) == 4
    assert connections.open == 49


def test_a_proxy_on_this_machine_may_have_all_connections():
    connections = Connections(LIMITS)

    admitted = [connections.enter(LOOPBACK) for _ in range(6)]

    assert admitted == [Admission.SERVE] * 5 + [Admission.ANSWER_503]


@pytest.mark.parametrize(
    ("host", "client"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4 on an IPv6 socket"),
        pytest.param("2001:db8::1:2", "2001:db8::/64", id="IPv6: its network"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="with a zone"),
        pytest.param("127.0.0.1", LOOPBACK, id="this machine"),
        pytest.param("::1", LOOPBACK, id="this machine, IPv6"),
        pytest.param("::ffff:127.0.0.1", LOOPBACK, id="this machine, mapped"),
        pytest.param("a:b", "a:b", id="no address"),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str, client: str):
    assert client_of(host) == client


@pytest.mark.parametrize(
    ("received", "slow"),
    [
        pytest.param(0, True, id="idle"),
        pytest.param(14_999, True, id="less than 500 bytes a second"),
        pytest.param(15_000, False, id="500 bytes a second"),
    ],
)
def test_a_body_needs_a_rate(received: int, *, slow: bool):
    assert too_slow(received, LIMITS) is slow


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
