"""What is too slow is ended, and a slow application is nothing that a client did."""

from contextlib import suppress

import pytest

from tests.http_server.limited import CHUNKED, LONG_BODY, POST
from tests.http_server.serving_app import GET, Clock, Serving, settle


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
