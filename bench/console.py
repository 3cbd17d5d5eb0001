"""How long pages of the console take, with 1,000 stores and 1,000,000 offers.

`python -m bench.console` runs the whole service, copies one published store in its
tables, and opens each page as a browser would. The last line is one JSON object: the
p95 of the slowest page, and what the first view of a person transfers.
"""

import argparse
import json
import re
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urljoin

import httpx
import psycopg
from psycopg import sql

from app.database import libpq_url
from bench.hook import LEAF
from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

SETTINGS = {**WITHOUT_LIMITS, "REFEED_REQUESTS_PER_MINUTE": "0"}
PAGES = (
    "/console/",
    "/console/switcher",
    "/console/publications",
    "/console/stores/{store}/publications",
    "/console/stores/{store}/offers",
    "/console/stores/{store}/offers?q=SKU-00000012",
    "/console/orders",
    "/console/stores/{store}/orders",
    "/console/stores/{store}/settings",
    "/console/stores/{store}/settings/mapping",
)
ASSET = re.compile(r'(?:src|href)="(/console/static/[^"]+)"')
COLUMNS = (
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_name = %s AND is_generated = 'NEVER'"
)
IMPORT = re.compile(r'(?:from|import)\s*\(?"([^"]+\.js)"')


OTHERS = " AS x JOIN store AS s ON s.id <> x.store_id WHERE x.store_id = {store}"
COPIES = {
    "store": (
        {"id": "gen_random_uuid()", "name": "'Shop ' || n", "active": "n % 10 <> 0"},
        " AS x CROSS JOIN generate_series(2, {stores}) AS n WHERE x.id = {store}",
    ),
    "offer": ({"store_id": "s.id"}, OTHERS),
    "publication": ({"id": "gen_random_uuid()", "store_id": "s.id"}, OTHERS),
}
"""Rows of the first store for each other one: new values of some columns, and what the
rows come from."""


def fill(service: Service, store_id: str, stores: int) -> None:
    """Copy the store, its offers and its publication."""
    values = {"store": sql.Literal(store_id), "stores": sql.Literal(stores)}
    url = libpq_url(service.database_url)
    with psycopg.connect(url, autocommit=True) as connection:
        for table, (changed, source) in COPIES.items():
            start = time.perf_counter()
            names = connection.execute(COLUMNS, [table]).fetchall()
            copied = {name: changed.get(name, f"x.{name}") for (name,) in names}
            statement = sql.SQL("INSERT INTO {0} ({1}) SELECT {2} FROM {0}{3}").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, copied)),
                sql.SQL(", ").join(sql.SQL(value) for value in copied.values()),
                sql.SQL(source).format(**values),
            )
            connection.execute(statement)
            print(f"{table}: {time.perf_counter() - start:.0f} s", flush=True)
        connection.execute("VACUUM ANALYZE")


def sign_in(service: Service) -> httpx.Client:
    """A client with a session, as a browser has it."""
    url = str(service.api.base_url).rstrip("/")
    client = httpx.Client(base_url=url, timeout=60)
    key = service.api.headers["Authorization"].removeprefix("Bearer ")
    answer = client.post("/console/sign-in", data={"key": key}, headers={"Origin": url})
    assert answer.status_code == 303, answer.text
    return client


def measure(service: Service, stores: int, rows: int, reads: int) -> dict[str, object]:
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    store_id = service.open_store()
    service.map_categories(store_id, LEAF)
    path = service.folder / "catalog.csv"
    make_catalog(path, rows)
    service.upload(store_id, path)
    service.publish(store_id)
    fill(service, store_id, stores)
    service.settle()
    client = sign_in(service)
    first_view = sum(transferred(client))
    pages = [page.format(store=store_id) for page in PAGES]
    p95 = {page: p95_ms(client, page, reads) for page in pages}
    client.close()
    for page, taken in sorted(p95.items(), key=lambda each: each[1]):
        print(f"{page.replace(store_id, 'STORE')}: p95 {taken:.1f} ms", flush=True)
    return {
        "bench": "console",
        "p95_ms": round(max(p95.values()), 1),
        "first_view_kb": round(first_view / 1024, 1),
    }


def p95_ms(client: httpx.Client, page: str, reads: int) -> float:
    seconds = []
    for _ in range(reads + 3):
        start = time.perf_counter()
        client.get(page).raise_for_status()
        seconds.append(time.perf_counter() - start)
    return statistics.quantiles(seconds[3:], n=20)[-1] * 1000


def transferred(client: httpx.Client) -> Iterator[int]:
    """Bytes of the overview and of each file that it loads, with their headers."""
    waiting, seen = ["/console/"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        with client.stream("GET", path) as answer:
            answer.raise_for_status()
            body = answer.read()
            headers = sum(len(k) + len(v) + 4 for k, v in answer.headers.raw)
            yield answer.num_bytes_downloaded + headers
        text = body.decode("utf-8", "ignore")
        waiting += ASSET.findall(text)
        waiting += [urljoin(path, name) for name in IMPORT.findall(text)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.console", description=__doc__)
    parser.add_argument("--stores", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1000, help="offers of each store")
    parser.add_argument("--reads", type=int, default=40, help="of each page")
    options = parser.parse_args()
    with running_service(SETTINGS) as service:
        print(json.dumps(measure(service, options.stores, options.rows, options.reads)))


if __name__ == "__main__":
    main()
