"""Two API processes, three workers: nothing happens twice, a restart fails nothing."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from signal import SIGTERM
from typing import Any

import httpx
import pytest

from tests.many.fleet import PATIENCE, Fleet, InTurn, Member
from tests.many.history import cut_short, errors
from tests.support.shop import Shop, as_csv, open_shop, row
from tests.support.stack import wait_until

STORES = 6
FIRST = [row(f"S{n}") for n in range(20)]
THEN = [
    *(row(f"S{n}") for n in range(10)),
    *(row(f"S{n}", quantity=1) for n in range(10, 15)),
    *(row(f"N{n}") for n in range(5)),
]
STOCK = {
    **{f"S{n}": 5 for n in range(10)},
    **{f"S{n}": 1 for n in range(10, 15)},
    **{f"S{n}": 0 for n in range(15, 20)},
    **{f"N{n}": 5 for n in range(5)},
}


@pytest.fixture
def balancer(fleet: Fleet) -> InTurn:
    return InTurn(fleet)


@pytest.fixture
async def client(fleet: Fleet, balancer: InTurn) -> AsyncIterator[httpx.AsyncClient]:
    async with fleet.client(balancer) as client:
        yield client


async def trade(shop: Shop) -> list[dict[str, Any]]:
    """A catalog and a changed one; each is published."""
    runs = []
    for rows in (FIRST, THEN):
        await shop.upload(rows)
        runs.append(await shop.publish())
    return runs


async def stock(shop: Shop) -> dict[str, int]:
    return {sku: one["quantity"] for sku, one in (await shop.listings()).items()}


async def test_many_stores_at_once_no_job_runs_twice_and_nothing_is_sent_twice(
    fleet: Fleet,
    client: httpx.AsyncClient,
    balancer: InTurn,
    sandbox_url: str,
    fleet_database: str,
):
    shops = [await open_shop(client, sandbox_url) for _ in range(STORES)]
    runs = await asyncio.gather(*(trade(shop) for shop in shops))

    assert [[run["counts"]["by_outcome"] for run in each] for each in runs] == [
        [{"accepted": 20}, {"accepted": 15}]
    ] * STORES
    for shop in shops:
        ledger = await shop.ledger(applied="true")
        sent = Counter((entry["sku"], str(entry["fields"])) for entry in ledger)
        assert await stock(shop) == STOCK
        assert set(sent.values()) == {1}
        assert sent.total() == 35
    assert cut_short(fleet_database) == []
    assert errors(fleet_database) == []
    assert set(balancer.answered) == {api.port for api in fleet.apis}
    assert all(worker.count_logged("catalog.imported") for worker in fleet.workers)


class Traffic:
    """Uploads and reads that go on until they are stopped; each is counted."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.over = asyncio.Event()
        self.taken: list[str] = []
        self.accepted = asyncio.Event()
        self.failed: list[tuple[int, str]] = []
        self.quantity = 0

    async def flow(self) -> None:
        path = f"/v1/stores/{self.shop.store_id}"
        while not self.over.is_set():
            self.quantity = self.quantity % 50 + 1
            rows = [row(f"S{n}", quantity=self.quantity) for n in range(5)]
            headers = {"Content-Type": "text/csv"}
            upload = {"content": as_csv(rows), "headers": headers}
            answer = await self._ask("POST", f"{path}/catalogs", **upload)
            self.taken.append(answer.json()["id"])
            self.accepted.set()
            for read in ("", "/offers", "/lights"):
                await self._ask("GET", f"{path}{read}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.over.wait(), 0.02)

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = await self.shop.api.request(method, path, **more)
        if answer.status_code >= 300:
            self.failed.append((answer.status_code, answer.text))
        return answer


async def go_on(traffics: list[Traffic], uploads: int) -> None:
    """Wait until each has had so many more uploads accepted."""
    async with asyncio.timeout(PATIENCE):
        for traffic in traffics:
            wanted = len(traffic.taken) + uploads
            while len(traffic.taken) < wanted:
                traffic.accepted.clear()
                await traffic.accepted.wait()


async def replace(group: list[Member], place: int, start: Callable[[], Member]) -> int:
    """Ask a process to end, and put another in its place; returns how it ended."""
    end = await asyncio.to_thread(group[place].stop)
    group[place] = new = start()
    await asyncio.to_thread(wait_until, lambda: new.ready)
    return end


@pytest.mark.long
async def test_a_rolling_restart_under_load_loses_and_fails_nothing(
    fleet: Fleet,
    client: httpx.AsyncClient,
    sandbox_url: str,
    fleet_database: str,
):
    traffics = [Traffic(await open_shop(client, sandbox_url)) for _ in range(2)]
    flows = [asyncio.create_task(traffic.flow()) for traffic in traffics]

    groups = ((fleet.workers, fleet.start_worker), (fleet.apis, fleet.start_api))
    stopped = []
    for place in range(3):
        await go_on(traffics, 3)
        stopped.append(
            await asyncio.gather(
                *(
                    replace(group, place, start)
                    for group, start in groups
                    if group[place:]
                )
            )
        )
    await go_on(traffics, 3)
    for traffic in traffics:
        traffic.over.set()
    await asyncio.gather(*flows)

    assert [traffic.failed for traffic in traffics] == [[]] * 2
    assert stopped == [[0, -SIGTERM], [0, -SIGTERM], [0]]
    for traffic in traffics:
        *passed, newest = traffic.taken
        await traffic.shop.wait_for(f"/v1/catalogs/{newest}", ("ready",))
        for catalog in passed:
            await traffic.shop.wait_for(
                f"/v1/catalogs/{catalog}", ("ready", "superseded")
            )
        await traffic.shop.publish()
        assert await stock(traffic.shop) == {
            f"S{n}": traffic.quantity for n in range(5)
        }
    assert sum(len(traffic.taken) for traffic in traffics) > 20
    assert cut_short(fleet_database) == []
    assert errors(fleet_database) == []
