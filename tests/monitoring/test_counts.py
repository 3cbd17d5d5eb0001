"""Each event is counted once, when it is certain."""

import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.database import Database, open_database
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.metrics.recording import RECORDER
from app.parser_process.errors import ParserCrashedError, ParserLimitError
from app.parser_process.limits import ParserLimits
from app.parser_process.pool import POOL
from tests.monitoring.counting import counted
from tests.publications.watching import eventually
from tests.support.plain_jobs import PlainJob, Work, new_job, run_next
from tests.support.shop import Shop, row
from tests.support.stack import SilentQueue
from workers.runner import Runner

AMPLE = ParserLimits(1024**3, 20, 60)
MAKE_DUE = text("UPDATE job SET run_after = now() WHERE state = 'queued'")


async def test_a_publication_is_counted_when_it_has_ended(shop: Shop):
    name, ended = "refeed_publications_total", {"kind": "offers", "outcome": "finished"}
    before = counted(name, **ended)

    await shop.upload([row("A1")])
    await shop.publish()

    async def counted_once() -> bool:  # just after the commit that was seen
        return counted(name, **ended) == before + 1

    await eventually(counted_once)


async def test_what_is_rolled_back_is_not_counted(database_url: str):
    seen: list[str] = []
    async with open_database(database_url, SilentQueue()) as database:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as tx:
                tx.on_commit.append(lambda: seen.append("rolled back"))
                1 / 0
        async with database.transaction() as tx:
            tx.on_commit.append(lambda: seen.append("committed"))
            assert not seen

    assert seen == ["committed"]


async def test_a_parser_process_is_counted_by_what_ended_it():
    name = "refeed_parser_kills_total"
    before = {reason: counted(name, reason=reason) for reason in ("time", "crash")}

    with pytest.raises(ParserLimitError):
        await POOL.run(time.sleep, 60, limits=replace(AMPLE, seconds=0.2))
    with pytest.raises(ParserCrashedError):
        await POOL.run(os.abort, limits=AMPLE)

    after = {reason: counted(name, reason=reason) for reason in ("time", "crash")}
    assert after == {reason: count + 1 for reason, count in before.items()}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, SilentQueue()) as opened:
        yield opened


async def fails(_: Lease) -> Snooze | None:
    raise LookupError


async def again(_: Lease) -> Snooze | None:
    return Snooze(timedelta(hours=1))


async def works(_: Lease) -> Snooze | None:
    return None


async def ends(_lease: Lease, _reason: GiveUp) -> None:
    return


@pytest.mark.parametrize(
    ("work", "times", "outcomes"),
    [
        pytest.param(works, 1, {"done": 1}, id="done"),
        pytest.param(again, 1, {"released": 1}, id="runs again"),
        pytest.param(fails, 3, {"failed": 2, "given_up": 1}, id="given up"),
    ],
)
async def test_an_execution_of_a_job_has_one_outcome(
    database: Database, work: Work, times: int, outcomes: dict[str, int]
):
    kind = str(JobKind.PLAN)
    names = ("done", "released", "failed", "given_up")

    def counts() -> dict[str, float]:
        total = "refeed_job_runs_total"
        return {name: counted(total, kind=kind, outcome=name) for name in names}

    before = counts()
    runner = Runner(database, {kind: PlainJob(work, ends)}, timedelta(seconds=60))
    await new_job(database, uuid4())

    for _ in range(times):
        async with database.transaction() as tx:
            await tx.session.execute(MAKE_DUE)
        assert await run_next(runner)

    after = counts()
    assert {n: after[n] - before[n] for n in names if after[n] != before[n]} == outcomes


def test_the_first_failure_of_a_kind_is_an_increase():
    RECORDER.expect_jobs(["a_new_kind"])

    labels = {"kind": "a_new_kind", "outcome": "given_up"}
    assert RECORDER.registry.get_sample_value("refeed_job_runs_total", labels) == 0
