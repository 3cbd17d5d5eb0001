"""How long reads take during the import of a million-row catalog.

`python -m bench.api` runs the whole service with 1,000,000 orders in its tables, and
reads a publication and a page of 50 orders at a steady, modest rate for as long as six
imports run. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg

from app.database import libpq_url
from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

LEAF = 1101
SMALL = 2000
PAUSE = 0.02
WARM = 5
IMPORTS = 6
PAGE = 50
"""Orders on a page."""

_ORDERS = """
INSERT INTO sales_order (id, account_id, marketplace_id, state, country, country_code,
  created_at, modified_at, price, shipping_price, sales_taxes, currency,
  shipping_address, billing_address, other_fields, digest, version, first_seen_at,
  changed_at)
SELECT gen_random_uuid(), %(account)s, n, CASE n %% 3 WHEN 0 THEN 1 WHEN 1 THEN 3
         ELSE 9 END,
       (ARRAY['FR', 'DE', 'ES', 'IT'])[1 + n %% 4],
       (ARRAY['fr-fr', 'de-de', 'es-es', 'it-it'])[1 + n %% 4],
       now() - n * interval '30 seconds', now() - n * interval '30 seconds',
       199.90, 0, 0, 'EUR', '{"city": "Paris"}', '{"city": "Paris"}', '{}', '', 1,
       now(), now()
  FROM generate_series(1, %(count)s) AS n
"""
_LINES = """
INSERT INTO sales_order_line (order_id, marketplace_id, position, state, sku, quantity,
                              price, currency)
SELECT id, marketplace_id, 0, 1, 'SKU-' || marketplace_id, 1, price, currency
  FROM sales_order
"""


def seed_orders(service: Service, store_id: str, count: int) -> None:
    """Write the orders of the store's account into the tables, in two statements."""
    url = libpq_url(service.database_url)
    with psycopg.connect(url, autocommit=True) as connection:
        (account,) = connection.execute(
            "SELECT account_id FROM store WHERE id = %s", [store_id]
        ).fetchone() or (None,)
        connection.execute(_ORDERS, {"account": account, "count": count})
        connection.execute(_LINES)
        connection.execute("VACUUM ANALYZE sales_order, sales_order_line")


def published(service: Service) -> tuple[str, str]:
    """A store with a finished publication; returns both ids."""
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    store_id = service.open_store()
    service.map_categories(store_id, LEAF)
    path = service.folder / "small.csv"
    make_catalog(path, SMALL)
    service.upload(store_id, path)
    return store_id, str(service.publish(store_id)["id"])


def measure(service: Service, rows: int, orders: int) -> dict[str, Any]:
    store_id, publication_id = published(service)
    seed_orders(service, store_id, orders)
    other = service.open_store("DE")
    service.map_categories(other, LEAF)
    catalogs = [service.folder / name for name in ("first.csv", "second.csv")]
    for path, changed in zip(catalogs, (False, True), strict=True):
        make_catalog(path, rows, changed=changed)
    paths = {
        "publication": f"/v1/publications/{publication_id}",
        "orders": f"/v1/orders?country=FR&limit={PAGE}",
    }
    service.settle()
    return asyncio.run(_read_while_importing(service, other, catalogs, paths))


async def _read_while_importing(
    service: Service, store_id: str, catalogs: Sequence[Path], paths: dict[str, str]
) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    failed = 0
    headers = dict(service.api.headers)
    async with httpx.AsyncClient(
        base_url=service.api.base_url, headers=headers
    ) as client:
        for path in list(paths.values()) * WARM:  # a service lives long
            await client.get(path)
        importing = asyncio.create_task(
            asyncio.to_thread(_import_all, service, store_id, catalogs)
        )
        while not importing.done():
            for name, path in paths.items():
                start = time.perf_counter()
                answer = await client.get(path)
                seconds[name].append(time.perf_counter() - start)
                failed += answer.status_code != httpx.codes.OK
                await asyncio.sleep(PAUSE)
        await importing
    return _figures(seconds, failed)


def _import_all(service: Service, store_id: str, catalogs: Sequence[Path]) -> None:
    """The first catalog, then the two in turn: one price in a hundred differs."""
    for number in range(IMPORTS):
        service.upload(store_id, catalogs[number % len(catalogs)])


def _figures(seconds: dict[str, list[float]], failed: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"bench": "api"}
    for name, each in seconds.items():
        p50, p99 = statistics.median(each), statistics.quantiles(each, n=100)[-1]
        print(f"{name}: {len(each)} reads, p50 {p50 * 1000:.1f} ms", flush=True)
        figures[f"p99_ms_{name}"] = round(p99 * 1000, 1)
    return figures | {"failed": failed}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.api", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    options = parser.parse_args()
    with running_service(WITHOUT_LIMITS) as service:
        print(json.dumps(measure(service, options.rows, options.orders)))


if __name__ == "__main__":
    main()
