"""How soon a plan is ready, and what it costs per change.

`python -m bench.plan` runs the whole service. One million offers are online, by rows
that are marked as accepted rather than by publishing them: only the plan is measured.
The last line is one JSON object. What quick updates and lanes cost is measured as
`python -m bench.quick` does it by itself.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.core.columns import new_id
from app.database import libpq_url, open_engine
from app.publications.planning.plan import write_plan
from app.publications.planning.request import EVERYTHING, Guard, PlanRequest
from app.stores.settings.brake import Brake
from bench import quick
from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

LEAF = 1101
SETTINGS = {**WITHOUT_LIMITS, "REFEED_TASK_POLL": "PT0.1S"}
ACCEPT = """
UPDATE offer SET listed = true, listing_id = sku_key, live_ean = ean,
       live_grade = grade, live_price = price, live_quantity = quantity,
       live_min_price = min_price, live_warranty_delay = warranty_delay,
       live_comment = comment, live_shipping = shipping, live_at = now()
 WHERE store_id = %s AND desired_state = 'active'
"""
# Offers that differ: their price is a euro above what was accepted.
DIFFER = """
UPDATE offer SET live_price = price - CASE WHEN sku_key IN (
         SELECT sku_key FROM offer WHERE store_id = %(store)s
           AND desired_state = 'active'
          ORDER BY sku_key LIMIT %(changes)s) THEN 1 ELSE 0 END
 WHERE store_id = %(store)s
           AND desired_state = 'active'
   AND live_price IS DISTINCT FROM price - CASE WHEN sku_key IN (
         SELECT sku_key FROM offer WHERE store_id = %(store)s
           AND desired_state = 'active'
          ORDER BY sku_key LIMIT %(changes)s) THEN 1 ELSE 0 END
"""


def prepare(service: Service, rows: int) -> str:
    """A store whose catalog is online; returns its id."""
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    store_id = service.open_store()
    service.map_categories(store_id, LEAF)
    path = service.folder / "catalog.csv"
    make_catalog(path, rows)
    service.upload(store_id, path)
    _run(service, ACCEPT, [store_id])
    return store_id


def differ(service: Service, store_id: str, changes: int) -> None:
    """Let so many offers differ, and no others."""
    _run(service, DIFFER, {"store": store_id, "changes": changes})
    service.settle()


def _run(
    service: Service, statement: str, values: Sequence[Any] | Mapping[str, Any]
) -> None:
    url = libpq_url(service.database_url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def planned(service: Service, store_id: str, changes: int) -> float:
    """Seconds from the request to the plan that is ready, as a client sees it."""
    start = time.perf_counter()
    plan = service.call("POST", f"/v1/stores/{store_id}/plans", {"kind": "offers"})
    path = f"/v1/plans/{plan['id']}"
    while plan["state"] not in {"ready", "failed"}:
        time.sleep(0.02)
        plan = service.call("GET", path)
    seconds = time.perf_counter() - start
    if plan["state"] != "ready" or plan["counts"]["changes"] != changes:
        raise RuntimeError(f"{changes} changes expected: {plan}")
    return seconds


def measure(
    service: Service, store_id: str, changes: int, times: int
) -> tuple[float, float]:
    """The slowest plan by API of so many changes, and the usual one by itself."""
    differ(service, store_id, changes)
    asked = [planned(service, store_id, changes) for _ in range(times)]
    url = service.database_url
    alone = asyncio.run(_alone(url, store_id, times))
    figures = {
        "changes": changes,
        "asked": [round(each, 3) for each in asked],
        "alone": [round(each, 3) for each in alone],
    }
    print(json.dumps(figures), flush=True)
    return max(asked), statistics.median(alone)


async def _alone(url: str, store_id: str, times: int) -> list[float]:
    """Seconds that writing the plan takes by itself, without a queue and polls."""
    engine = open_engine(url)
    seconds = []
    for _ in range(times + 1):  # the first one opens the connection
        async with async_sessionmaker(engine)() as session:
            request = PlanRequest(
                new_id(),
                UUID(store_id),
                new_id(),
                (),
                lines=10**8,
                single_max=20,
                detail=EVERYTHING,
                guard=Guard(Brake()),
            )
            start = time.perf_counter()
            await write_plan(session, request)
            seconds.append(time.perf_counter() - start)
            await session.rollback()
    await engine.dispose()
    return seconds[1:]


def run(rows: int, times: int, changes: int) -> dict[str, Any]:
    one_percent, few = rows // 100, rows // 10_000
    beside = quick.run(times=40, changes=changes, trials=quick.TRIALS)
    with running_service(SETTINGS) as service:
        store_id = prepare(service, rows)
        slowest, many = measure(service, store_id, one_percent, times)
        _, little = measure(service, store_id, few, times)
    return {
        "bench": "plan",
        "rows": rows,
        "plan_s_10k_of_1m": round(slowest, 3),
        "alone_s_1pct": round(many, 3),
        "alone_s_001pct": round(little, 3),
        "ratio_1pct_to_001pct": round(many / little, 1),
        "lanes_overhead_pct": beside["lanes_overhead_pct"],
        "quick_path_p95_s": beside["quick_path_p95_s"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.plan", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5, help="plans of each size")
    parser.add_argument("--changes", type=int, default=10_200, help="in the lanes")
    given = parser.parse_args()
    print(json.dumps(run(given.rows, given.times, given.changes)))


if __name__ == "__main__":
    main()
