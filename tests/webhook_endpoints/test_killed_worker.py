"""No event is lost: the consumer is down for an hour, and the worker is killed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.core.columns import new_id
from app.settings import Settings
from tests.publications.watching import eventually
from tests.support.stack import WorkerProcess, open_worker
from tests.webhook_endpoints.consumer import Received
from tests.webhook_endpoints.desk import Endpoints

STEPS = ("delivery.sent", "delivery.before_record", "delivery.recorded")
KILLS, DOWN = 10, 7
"""The consumer is back for the last three kills, so that some events arrive twice."""


@pytest.fixture
def allowed(settings: Settings) -> dict[str, str]:
    """What a worker process must know besides."""
    return {
        "REFEED_SOURCE_ALLOW": '["127.0.0.0/8"]',
        "REFEED_SOURCE_PORTS": str(settings.source_ports),
    }


@pytest.mark.long
async def test_each_event_arrives_although_the_consumer_is_down_and_workers_die(
    unattended: Endpoints,
    settings: Settings,
    process: WorkerProcess,
    allowed: dict[str, str],
    tmp_path: Path,
):
    down, accepted = True, list[Received]()

    def answer(got: Received) -> int:
        if down:
            return 503
        accepted.append(got)
        return 200

    unattended.consumer.answer = answer
    endpoint = await unattended.create()
    subjects = [new_id() for _ in range(5)]
    recorded: list[str] = []
    for kill in range(KILLS):
        each = [*subjects, new_id()]
        events = [unattended.event(subject=one, number=kill) for one in each]
        recorded += await unattended.record(*events)
        down = kill < DOWN
        step = STEPS[kill % len(STEPS)]
        await crash(unattended, process, step, tmp_path / "died", allowed)
        await unattended.pass_time("6 minutes")
    async with open_worker(settings):
        await eventually(
            lambda: all_delivered(unattended, endpoint),
            lambda: unattended.pass_time("6 minutes"),
        )

    assert await unattended.states(endpoint) == ["delivered"] * len(recorded)
    assert {got.id for got in accepted} == set(recorded)
    assert len({(got.id, got.body) for got in accepted}) == len(recorded)
    assert max(Counter(got.id for got in accepted).values()) > 1
    for subject in subjects:
        assert numbers(accepted, str(subject)) == list(range(KILLS))


async def all_delivered(endpoints: Endpoints, endpoint: dict[str, Any]) -> bool:
    return set(await endpoints.states(endpoint)) == {"delivered"}


def numbers(accepted: Sequence[Received], subject: str) -> list[int]:
    """The events of a subject in the order in which each arrived first."""
    found = [
        int(got.event["data"]["number"])
        for got in accepted
        if got.event["data"]["subject"] == subject
    ]
    return list(dict.fromkeys(found))


async def crash(
    endpoints: Endpoints,
    process: WorkerProcess,
    step: str,
    marker: Path,
    allowed: dict[str, str],
) -> None:
    """A job that crashed five workers pauses: here that pause is over at once."""
    dying = asyncio.create_task(
        asyncio.to_thread(process.crash_at, step, marker, **allowed)
    )
    while not dying.done():
        await endpoints.query("UPDATE webhook_endpoint SET paused_until = NULL")
        await asyncio.wait({dying}, timeout=0.2)
    await dying
