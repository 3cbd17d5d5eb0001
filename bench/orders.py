"""How long a page of 50 orders takes, out of 1,000,000 of one account.

`python -m bench.orders` runs the whole service with orders of one large account and of
many small ones in its tables, and reads pages with every filter, search and sort at a
modest rate by a few clients at once. The last line is one JSON object: the p99 of the
slowest filter.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx
import psycopg

from app.core.sql import load_sql
from app.database import libpq_url
from bench.service import Service, running_service

PAGE = 50
CLIENTS = 2
PAUSE = 0.03
WARM = 5
LATER_PAGES = 2
SMALL_ACCOUNTS = 200
WITHOUT_QUOTA = {"REFEED_REQUESTS_PER_MINUTE": "0"}

_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes "
    "WHERE tablename LIKE 'sales_order%' AND indexdef NOT LIKE 'CREATE UNIQUE%'"
)
"""They are made after the rows: in a third of the time."""
Query = Mapping[str, Any]
SORTS = (
    "-created_at",
    "created_at",
    "-modified_at",
    "modified_at",
    "dispatch_by",
    "-dispatch_by",
)
FILTERS: dict[str, Query] = {
    "all": {},
    "country": {"country": "FR"},
    "rare country": {"country": "FI"},
    "countries": {"country": "FR,DE,FI"},
    "state": {"state": "to_accept"},
    "states": {"state": "to_accept,to_ship,payment_failed"},
    "common state": {"state": "processed"},
    "country and state": {"country": "FI", "state": "payment_failed"},
    "outcome": {"outcome": "partially_refunded"},
    "refunded": {"outcome": "refunded"},
    "due": {"due": "any"},
    "invoice": {"has_invoice": "true"},
    "no invoice": {"has_invoice": "false", "country": "ES"},
    "created": {
        "created_from": "2023-01-01T00:00:00Z",
        "created_to": "2023-03-01T00:00:00Z",
    },
    "modified": {
        "modified_from": "2024-01-01T00:00:00Z",
        "modified_to": "2024-06-01T00:00:00Z",
    },
    "both times": {
        "created_to": "2023-01-01T00:00:00Z",
        "modified_from": "2022-01-01T00:00:00Z",
    },
}
SEARCHES: dict[str, Query] = {
    "q: order number": {"q": "70500000"},
    "q: beginning of a number": {"q": "70500"},
    "q: part of many numbers": {"q": "705"},
    "q: tracking number": {"q": "XY700000123FR"},
    "q: tracking number in groups": {"q": "XY 700 000 123 FR"},
    "q: name": {"q": "martin"},
    "q: rare name": {"q": "surname4711"},
    "q: full name": {"q": "marie martin"},
    "q: common word": {"q": "phone"},
    "q: SKU": {"q": "PHONE-128-77"},
    "q: old SKU": {"q": "OLDPHONE"},
    "q: two common words": {"q": "marie oldphone"},
    "q: one letter": {"q": "m"},
    "q: three letters": {"q": "sur"},
    "q: nothing": {"q": "zzzzzz"},
    "q: ten words": {"q": "phone 128 marie a b c d e f g"},
    "q: country and state": {"q": "marie", "country": "FI", "state": "to_ship"},
    "q: due": {"q": "phone", "due": "any"},
}
"""Texts of `orders.sql`: names and SKUs of which some are frequent, rare or old."""


def fill(service: Service, store_id: str, count: int) -> None:
    """Write the orders, their lines and words, by a few statements."""
    sql = load_sql("bench", "orders.sql")
    url = libpq_url(service.database_url)
    with psycopg.connect(url, autocommit=True) as connection:
        (account,) = connection.execute(
            "SELECT account_id FROM store WHERE id = %s", [store_id]
        ).fetchone() or (None,)
        values = {"account": account, "count": count, "accounts": SMALL_ACCOUNTS}
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for name, statement in sql.items():
            start = time.perf_counter()
            connection.execute(statement.encode(), values)
            print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute(
            "VACUUM ANALYZE sales_order, sales_order_line, sales_order_word"
        )


def cases() -> dict[str, Query]:
    """Every filter with every sort; searches with one direction of each."""
    sorted_ = {
        f"{name}, {sort}": {**query, "sort": sort}
        for name, query in FILTERS.items()
        for sort in SORTS
    }
    found = {
        f"{name}, {sort}": {**query, "sort": sort}
        for name, query in SEARCHES.items()
        for sort in ("-created_at", "modified_at", "dispatch_by")
    }
    return sorted_ | found


def measure(service: Service, orders: int, reads: int) -> dict[str, Any]:
    store_id = service.open_store()
    path = f"/v1/stores/{store_id}/settings"
    settings = {"environment": "sandbox", "order_scope": "all_countries"}
    service.call("PUT", path, settings)
    fill(service, store_id, orders)
    service.settle()
    seconds = asyncio.run(_read_all(service, cases(), reads))
    by_filter: dict[str, list[float]] = defaultdict(list)
    for name, each in seconds.items():
        by_filter[name.split(", ")[0]] += each
    p99 = {
        name: statistics.quantiles(each, n=100)[-1] for name, each in by_filter.items()
    }
    for name in sorted(p99, key=lambda name: p99[name]):
        middle = statistics.median(by_filter[name]) * 1000
        print(f"{name}: p50 {middle:.1f} ms, p99 {p99[name] * 1000:.1f} ms", flush=True)
    return {
        "bench": "orders",
        "p99_ms": round(max(p99.values()) * 1000, 1),
        "orders": orders,
    }


async def _read_all(
    service: Service, queries: Mapping[str, Query], reads: int
) -> dict[str, list[float]]:
    """Seconds of each read; each client reads all queries in an order of its own."""
    seconds: dict[str, list[float]] = {name: [] for name in queries}
    headers = dict(service.api.headers)
    async with httpx.AsyncClient(
        base_url=service.api.base_url, headers=headers, timeout=60
    ) as client:
        for query in queries.values():  # a service lives long
            await _get(client, query)
        tasks = [
            _client(client, queries, seconds, reads // CLIENTS, random.Random(n))  # noqa: S311
            for n in range(CLIENTS)
        ]
        await asyncio.gather(*tasks)
    return seconds


async def _client(
    client: httpx.AsyncClient,
    queries: Mapping[str, Query],
    seconds: dict[str, list[float]],
    turns: int,
    random_: random.Random,
) -> None:
    for _ in range(turns):
        for name in random_.sample(sorted(queries), len(queries)):
            query = dict(queries[name])
            for _page in range(LATER_PAGES):
                start = time.perf_counter()
                following = await _get(client, query)
                seconds[name].append(time.perf_counter() - start)
                await asyncio.sleep(PAUSE)
                if following is None:
                    break
                query["cursor"] = following


async def _get(client: httpx.AsyncClient, query: Query) -> str | None:
    answer = await client.get("/v1/orders", params={"limit": PAGE, **query})
    answer.raise_for_status()
    following: str | None = answer.json()["next"]
    return following


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.orders", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--reads", type=int, default=30, help="per filter and sort")
    options = parser.parse_args()
    with running_service(WITHOUT_QUOTA) as service:
        print(json.dumps(measure(service, options.orders, options.reads)))


if __name__ == "__main__":
    main()
