"""How soon quick updates reach the sandbox, and what budgets and lanes cost a send.

`python -m bench.quick` runs the whole service. The last line is one JSON object:
`quick_path_p95_s` is from the PATCH of one offer to the first write at the sandbox, at
rest; `lanes_overhead_pct` is by how much longer changes take that wait in four lanes,
with an hour full of spends, than as many of one lane with no spend at all.
"""

import argparse
import json
import statistics
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from bench.hook import LEAF, WRITES
from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

OFFERS = 200
TRIALS = 9
SPENDS = 3600
"""One a second: the highest rate for an hour."""
SETTINGS = {**WITHOUT_LIMITS, "REFEED_TASK_POLL": "PT0.1S"}
ENDS = ("finished", "failed", "cancelled")


def quick_path_p95(service: Service, times: int) -> float:
    """Seconds, of so many updates one after the other."""
    store_id = _selling(service, OFFERS)
    offers = service.call("GET", f"/v1/stores/{store_id}/offers?state=published")
    sku = offers["items"][0]["sku"]
    seconds = [_once(service, store_id, sku, number) for number in range(times)]
    print(json.dumps([round(each, 3) for each in seconds]), flush=True)
    return statistics.quantiles(seconds, n=20)[-1]


def _selling(service: Service, offers: int) -> str:
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    store_id = service.open_store()
    service.map_categories(store_id, LEAF)
    path = service.folder / f"{store_id}.csv"
    make_catalog(path, offers)
    service.upload(store_id, path)
    service.publish(store_id)
    return store_id


def _once(service: Service, store_id: str, sku: str, number: int) -> float:
    service.sandbox.delete("/_sandbox/requests").raise_for_status()
    body = {"items": [{"sku": sku, "quantity": 100 + number % 2}]}
    sent = time.time()
    answer = service.call("PATCH", f"/v1/stores/{store_id}/offers", body)
    service.wait_for(f"/v1/publications/{answer['publication_id']}", ENDS)
    visits = service.sandbox.get("/_sandbox/requests?limit=1000").json()["requests"]
    writes = [
        visit["time"]
        for visit in visits
        if visit["method"] == "POST" and visit["path"].startswith(WRITES)
    ]
    return float(min(writes)) - sent


def lanes_overhead_pct(service: Service, changes: int, trials: int) -> float:
    """Per cent, of the medians; both kinds of runs take turns. Below nothing is 0."""
    store_id = _selling(service, changes)
    # Creations are looked for in the listings; that walk is none of what is measured.
    service.call("POST", f"/v1/stores/{store_id}/drift-checks")
    service.wait_for(f"/v1/stores/{store_id}/drift-checks", ("done", "failed"))
    path = service.folder / f"{store_id}.csv"
    plain, laned = [], []
    for _ in range(trials):
        _spends(service, 0)
        plain.append(_send(service, store_id, _all_prices(path)))
        _spends(service, SPENDS)
        laned.append(_send(service, store_id, _four_lanes(path)))
    print(json.dumps({"plain": plain, "laned": laned}), flush=True)
    ratio = statistics.median(laned) / statistics.median(plain)
    return max(0.0, (ratio - 1) * 100)


def _spends(service: Service, number: int) -> None:
    """So many spends of one line, over the last hour."""
    with psycopg.connect(service.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM line_spend")
        connection.execute(
            "INSERT INTO line_spend (id, account_id, at, lines) "
            "SELECT gen_random_uuid(), a.id, now() - n * interval '1 second', 1 "
            "FROM seller_account AS a, generate_series(1, %s) AS n",
            [number],
        )


def _send(service: Service, store_id: str, path: Path) -> float:
    """Milliseconds of the run for a change, without those of the sandbox."""
    service.upload(store_id, path)
    service.settle()
    service.sandbox.delete("/_sandbox/requests").raise_for_status()
    run = service.publish(store_id)
    if run["state"] != "finished":
        raise RuntimeError(f"the run is {run['state']}: {run['reason']}")
    began, ended = map(datetime.fromisoformat, (run["started_at"], run["finished_at"]))
    seconds = (ended - began).total_seconds() - service.sandbox_seconds()
    return round(1000 * seconds / int(run["counts"]["by_outcome"]["accepted"]), 4)


def _all_prices(path: Path) -> Path:
    """Every price with one euro more."""
    frame = pl.read_csv(path, infer_schema=False)
    frame.with_columns(price=_dearer()).write_csv(path)
    return path


def _dearer() -> pl.Expr:
    price = pl.col("price")
    whole = price.str.extract(r"^([0-9]+)").cast(pl.Int64) + 1
    return whole.cast(pl.String) + price.str.extract(r"^[0-9]+(.*)$")


def _four_lanes(path: Path) -> Path:
    """A quarter each: less stock, another price, more stock, another warranty.

    Nothing is sold out: to read a zeroing back is no cost of lanes.
    """
    lane = pl.int_range(pl.len()) % 4
    stock = pl.col("quantity").cast(pl.Int64)
    less = pl.when(stock > 1).then(stock - 1).otherwise(stock + 1)
    more = pl.when(lane == 0).then(less).when(lane == 2).then(stock + 1)
    longer = pl.when(pl.col("warranty") == "24").then(pl.lit("36"))
    frame = pl.read_csv(path, infer_schema=False)
    frame.with_columns(
        quantity=more.otherwise(stock).cast(pl.String),
        price=pl.when(lane == 1).then(_dearer()).otherwise("price"),
        warranty=pl.when(lane == 3)
        .then(longer.otherwise(pl.lit("24")))
        .otherwise("warranty"),
    ).write_csv(path)
    return path


def run(times: int, changes: int, trials: int) -> dict[str, Any]:
    with running_service(SETTINGS) as service:
        p95 = quick_path_p95(service, times)
        overhead = lanes_overhead_pct(service, changes, trials)
    return {
        "bench": "quick",
        "quick_path_p95_s": round(p95, 3),
        "lanes_overhead_pct": round(overhead, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.quick", description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--changes", type=int, default=10_200, help="10,000 are sound")
    parser.add_argument("--trials", type=int, default=TRIALS, help="of each kind")
    given = parser.parse_args()
    print(json.dumps(run(given.times, given.changes, given.trials)))


if __name__ == "__main__":
    main()
