"""Endpoints that do not respond: their requests end, and others do not wait."""

import asyncio
from typing import Any

import pytest

from tests.webhook_endpoints.consumer import Received
from tests.webhook_endpoints.desk import Endpoints


@pytest.fixture
def timeout() -> float:
    """Seconds that an endpoint may take."""
    return 2


@pytest.fixture
def more_settings(timeout: float) -> dict[str, Any]:
    return {"webhook_timeout": timeout}


async def test_a_request_that_gets_no_answer_ends_in_time(endpoints: Endpoints):
    endpoints.consumer.answer = lambda _: asyncio.Event()
    endpoint = await endpoints.create()
    await endpoints.catalogs()

    delivery = await endpoints.attempted(endpoint)

    assert delivery["last_attempt"]["code"] == "too_slow"
    assert delivery["last_attempt"]["status"] is None
    assert 2000 <= delivery["last_attempt"]["ms"] < 10_000


@pytest.mark.parametrize("timeout", [3000], ids=["never"])
async def test_endpoints_that_hang_do_not_delay_another(endpoints: Endpoints):
    """More of them than a worker has slots, of one seller account."""
    never = asyncio.Event()
    endpoints.consumer.answer = lambda got: 200 if got.path == "/fine" else never
    for number in range(12):
        await endpoints.create(f"/hangs/{number}")
    fine = await endpoints.create("/fine")
    await endpoints.catalogs(30)

    await endpoints.ended(fine)
    await endpoints.catalogs(30)
    await endpoints.ended(fine)

    assert len(endpoints.consumer.at("/fine")) == 60


@pytest.mark.parametrize("timeout", [60], ids=["a minute"])
async def test_an_endpoint_that_responds_late_gets_each_event(endpoints: Endpoints):
    """Its first request is dropped, and sent again with time to respond."""
    gate = asyncio.Event()

    def answer(_: Received) -> int | asyncio.Event:
        if len(endpoints.consumer.received) > 1:
            gate.set()
        return gate

    endpoints.consumer.answer = answer
    endpoint = await endpoints.create()
    (event_id,) = await endpoints.catalogs()

    (delivery,) = await endpoints.ended(endpoint)

    assert endpoints.received_ids() == [event_id, event_id]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
