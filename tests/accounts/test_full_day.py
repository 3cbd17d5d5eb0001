"""A day of an account under Back Market's real limits, with a clock that jumps.

The decisions are those of the service, the other side is the sandbox itself. What lies
between is played: how long a worker takes to wake up, a call to arrive, a task to end.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from app.accounts.budget import (
    LATEST_ARRIVAL,
    Pace,
    Spend,
    free_lines_at,
    lines_left,
    reserve_of,
    unreserved_lines,
    used_of,
)
from app.publications.lifecycle import pause_before_poll
from app.sandbox.batches.tasks import DONE
from app.sandbox.main import create_sandbox
from app.sandbox.options import SandboxOptions

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LINES, REQUESTS = 2000, 20
TASK = 300.0
"""Seconds; a real task takes about five minutes."""
HEADER, EAN = "sku;ean;quantity;price;grade", "4006381333931"
FIRST_POLL = timedelta(seconds=2)
TOKEN = base64.b64encode(b"shop:BMT-secret").decode()


@dataclass
class Day:
    """One account: prices wait without end, now and then something is sold out."""

    random: Random
    now: datetime = START
    spent: list[Spend] = field(default_factory=list)
    clock: datetime | None = None
    sent: int = 0
    delays: list[timedelta] = field(default_factory=list)
    listing: int = 0

    def __post_init__(self) -> None:
        options = SandboxOptions(
            requests_per_window=REQUESTS, task_starts_after=1, task_ends_after=TASK
        )
        self.sandbox = create_sandbox(options, clock=self.seconds)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.sandbox),
            base_url="https://sandbox.test",
            headers={"Authorization": f"Basic {TOKEN}", "Accept-Language": "fr-fr"},
        )
        seconds = sorted(self.random.uniform(0, 86_400) for _ in range(200))
        self.sold_out = [START + timedelta(seconds=s) for s in seconds]

    def seconds(self) -> float:
        return self.now.timestamp()

    async def call(self, method: str, path: str, **more: object) -> httpx.Response:
        """At its turn, and a little later at the other side."""
        wait, self.clock = Pace(REQUESTS).reserve(self.clock, self.now)
        self.now += wait + timedelta(seconds=self.random.uniform(0.01, 0.3))
        return await self.http.request(method, path, **more)  # type: ignore[arg-type]

    async def batch(self, rows: list[str]) -> int:
        """Reserve lines, send them up to ten seconds later."""
        lines = len(rows)
        self.spend(lines)
        self.now += timedelta(seconds=self.random.uniform(0, 10))
        body = {
            "catalog": "\n".join([HEADER, *rows]),
            "delimiter": ";",
            "quotechar": '"',
            "encoding": "utf-8",
        }
        answer = await self.call("POST", "/ws/listings", json=body)
        self.sent += lines
        return int(answer.json()["bodymessage"])

    def spend(self, lines: int) -> None:
        self.spent = [s for s in self.spent if s.at > self.now - timedelta(hours=2)]
        self.spent.append(Spend(self.now + LATEST_ARRIVAL, lines))

    async def sell_out(self) -> None:
        """Send sold-out offers singly; another run may be active."""
        while self.sold_out and self.sold_out[0] <= self.now:
            if not lines_left(LINES, used_of(self.spent, self.now)):
                return
            since = self.sold_out.pop(0)
            self.spend(1)
            await self.call(
                "POST", f"/ws/listings/{self.listing}", json={"quantity": 0}
            )
            self.sent += 1
            self.delays.append(self.now - since)

    async def run(self) -> None:
        """One publication of prices: plan, send, poll; then its follow-up waits."""
        lines = unreserved_lines(LINES, used_of(self.spent, self.now))
        if lines:
            await self.carry_out([f"A{n};;1;9.00;" for n in range(lines)])
        until = free_lines_at(LINES - reserve_of(LINES), self.spent, 10_000, self.now)
        await self.pass_time(max(until - self.now, timedelta(0)))
        await self.pass_time(timedelta(seconds=self.random.uniform(0.1, 2)))

    async def carry_out(self, rows: list[str]) -> None:
        task, polls = await self.batch(rows), 0
        while await self.pending(task):
            await self.pass_time(pause_before_poll(polls, FIRST_POLL))
            polls += 1

    async def open(self) -> None:
        """The one listing that is sold out repeatedly."""
        await self.carry_out([f"S;{EAN};3;99.00;GOOD"])
        found = await self.call("GET", "/ws/listings/detail?sku=S")
        self.listing = found.json()["listing_id"]

    async def pending(self, task: int) -> bool:
        answer = await self.call("GET", f"/ws/tasks/{task}")
        return answer.json()["action_status"] != DONE

    async def pass_time(self, span: timedelta) -> None:
        """What is sold out meanwhile is looked for every two seconds."""
        end = self.now + span
        while self.sold_out and self.sold_out[0] < end:
            look = max(self.now, self.sold_out[0]) + timedelta(seconds=2)
            self.now = max(self.now, look)
            before = len(self.sold_out)
            await self.sell_out()
            if len(self.sold_out) == before:
                break
        self.now = max(self.now, end)


@pytest.mark.parametrize("seed", [1])
async def test_a_full_day_uses_the_limits_and_never_exceeds_them(seed):
    day = Day(Random(seed))  # noqa: S311 - a played day

    await day.open()
    while day.now < START + DAY:
        await day.run()
        await day.sell_out()

    refused = [
        a for a in day.sandbox.state.meters.summary()["requests"] if a["status"] == 429
    ]
    assert refused == []
    assert day.sent >= 0.98 * LINES * 24
    assert not [s for s in day.sold_out if s < START + DAY - timedelta(minutes=5)]
    assert max(day.delays) <= timedelta(seconds=60)
