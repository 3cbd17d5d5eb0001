"""What thousands of small merchants cost: processor time of a round of one store.

`python -m bench.merchants` runs the whole service with many stores, each with a seller
account of its own. A round is an upload with 1 % changed and its publication. Sandbox
and client are left out. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench.floor import floor_seconds
from bench.hook import LEAF
from bench.processor_time import ProcessorTime
from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

AT_ONCE = 8
ROUNDS = 3
POLL_SECONDS = 0.2
IDLE_SECONDS = 30
SETTINGS = {**WITHOUT_LIMITS, "REFEED_REQUESTS_PER_MINUTE": "1000000"}
ENDS = {"ready", "rejected", "finished", "failed", "cancelled"}
GOOD = {"ready", "finished"}


class Merchants:
    """Clients of the service, eight at a time."""

    def __init__(self, client: httpx.AsyncClient, stores: list[str]) -> None:
        self._client, self._stores = client, stores
        self._places = asyncio.Semaphore(AT_ONCE)

    async def all(self, work: Callable[[str], Awaitable[None]]) -> list[float]:
        """Do this for each store; the seconds of each."""
        return await asyncio.gather(*(self._one(work, each) for each in self._stores))

    async def _one(self, work: Callable[[str], Awaitable[None]], store: str) -> float:
        async with self._places:
            started = time.monotonic()
            await work(store)
            return time.monotonic() - started

    async def publish(self, catalog: bytes, store: str) -> None:
        """A round: upload, wait, publish, wait."""
        path = f"/v1/stores/{store}"
        headers = {"Content-Type": "text/csv"}
        await self._post(f"{path}/catalogs", content=catalog, headers=headers)
        await self._post(f"{path}/publications", json={"kind": "offers"})

    async def fetch_orders(self, store: str) -> None:
        await self._post(f"/v1/stores/{store}/orders/sync")

    async def _post(self, path: str, **body: Any) -> None:  # noqa: ANN401 - of httpx
        answer = (await self._client.post(path, **body)).raise_for_status()
        await self._end_of(answer.headers["Location"])

    async def _end_of(self, path: str) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            found = (await self._client.get(path)).raise_for_status().json()
            state = found["state"]
            if state not in {*ENDS, "idle", "done"}:
                continue
            if state in ENDS - GOOD:
                raise RuntimeError(f"{path} is {state}: {found}")
            return


def _open_stores(service: Service, count: int) -> list[str]:
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    stores = [service.open_store() for _ in range(count)]
    for store in stores:
        service.map_categories(store, LEAF)
    return stores


def _catalogs(folder: Path, rows: int) -> tuple[bytes, bytes]:
    path = folder / "merchant.csv"
    made = []
    for changed in (False, True):
        make_catalog(path, rows, changed=changed)
        made.append(path.read_bytes())
    return made[0], made[1]


async def _measure(service: Service, stores: list[str], rows: int) -> dict[str, Any]:
    catalogs = _catalogs(service.folder, rows)
    spent = ProcessorTime(exclude="app.sandbox")
    async with httpx.AsyncClient(
        base_url=service.api.base_url, headers=dict(service.api.headers), timeout=600
    ) as client:
        merchants = Merchants(client, stores)
        await merchants.all(partial(merchants.publish, catalogs[0]))
        service.settle()
        rounds: list[float] = []
        before, started = spent.by_process(), time.monotonic()
        for number in range(ROUNDS):
            again = partial(merchants.publish, catalogs[(number + 1) % 2])
            rounds += await merchants.all(again)
        seconds = time.monotonic() - started
        per_round = _per(spent.since(before), ROUNDS * len(stores))
        print("ms per store-round", json.dumps(per_round), flush=True)
        before = spent.by_process()
        await merchants.all(merchants.fetch_orders)
        per_sync = _per(spent.since(before), len(stores))
        print("ms per order fetch", json.dumps(per_sync), flush=True)
        before = spent.by_process()
        await asyncio.sleep(IDLE_SECONDS)
        idle = _per(spent.since(before), IDLE_SECONDS)
        print("ms per second of idling", json.dumps(idle), flush=True)
    return {
        "cpu_ms_per_store_round": per_round["all"],
        "cpu_ms_per_order_sync": per_sync["all"],
        "idle_cpu_pct": round(idle["all"] / 10, 2),
        "rounds_per_s": round(ROUNDS * len(stores) / seconds, 1),
        "p95_s": round(statistics.quantiles(rounds, n=20)[-1], 2),
    }


def _per(spent: dict[str, float], count: int) -> dict[str, float]:
    """Milliseconds per unit, by process, the largest first."""
    named = sorted(spent.items(), key=lambda each: -each[1])
    return {
        "all": round(1000 * sum(spent.values()) / count, 1),
        **{name: round(1000 * seconds / count, 1) for name, seconds in named},
    }


def run(stores: int, rows: int) -> dict[str, Any]:
    with running_service(SETTINGS) as service:
        opened = _open_stores(service, stores)
        figures = asyncio.run(_measure(service, opened, rows))
        floor = floor_seconds(service, rows)
    print(f"floor: {1000 * floor:.1f} ms", flush=True)
    ratio = figures["cpu_ms_per_store_round"] / (1000 * floor)
    return {"bench": "merchants", "cpu_ratio_to_floor": round(ratio, 1), **figures}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.merchants", description=__doc__)
    parser.add_argument("--stores", type=int, default=200)
    parser.add_argument("--rows", type=int, default=300, help="offers of a store")
    options = parser.parse_args()
    print(json.dumps(run(options.stores, options.rows)))


if __name__ == "__main__":
    main()
