"""Endpoints that do not respond: their requests end, and others do not wait."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.settings import Settings
from tests.publications.watching import eventually
from tests.support.stack import open_worker
from tests.webhook_endpoints.consumer import Received
from tests.webhook_endpoints.desk import Endpoints

HAD_A_TURN = """
SELECT count(*) FROM job AS j JOIN webhook_endpoint AS e ON e.id = j.subject_id
 WHERE e.slow AND (j.state = 'running' OR j.run_after > j.created_at + '0.5 s')
"""


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


class TestLanes:
    """A worker with eight slots."""

    @pytest.fixture
    def more_settings(self) -> dict[str, Any]:
        return {"webhook_timeout": 3000, "worker_slots": 8}

    async def test_slow_endpoints_take_a_quarter_of_the_slots(
        self, unattended: Endpoints, settings: Settings
    ):
        """Six that are known to be slow hang: two at a time, while others go on."""
        gate = asyncio.Event()
        unattended.consumer.answer = lambda got: 200 if "quick" in got.path else gate
        slow = [await unattended.create(f"/slow/{number}") for number in range(6)]
        quick = [await unattended.create(f"/quick/{number}") for number in range(3)]
        await unattended.query(
            "UPDATE webhook_endpoint SET slow = position('/slow/' IN url) > 0"
        )
        sent = await unattended.catalogs(3)

        async def had_a_turn() -> bool:
            ((jobs,),) = await unattended.query(HAD_A_TURN)
            return bool(jobs == len(slow))

        async with open_worker(settings):
            try:
                await eventually(had_a_turn)
                for _ in range(3):
                    sent += await unattended.catalogs(3)
                    for endpoint in quick:
                        await unattended.ended(endpoint)
                hanging = slow_paths(unattended)
            finally:
                gate.set()
            for endpoint in slow:
                await unattended.ended(endpoint)

        assert len(hanging) == 2
        assert len(slow_paths(unattended)) == len(slow)
        for endpoint in (*slow, *quick):
            path = urlsplit(endpoint["url"]).path
            assert set(unattended.received_ids(path)) == set(sent)


def slow_paths(endpoints: Endpoints) -> set[str]:
    """Slow endpoints that got a request."""
    paths = {each.path for each in endpoints.consumer.received}
    return {path for path in paths if path.startswith("/slow/")}


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
