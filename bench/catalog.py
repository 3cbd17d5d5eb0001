"""How fast a catalog becomes a plan, against reading it and against rows one by one.

`python -m bench.catalog` starts the embedded PostgreSQL, makes synthetic catalogs and
takes every measurement in a process of its own. The last line is one JSON object.
"""

import argparse
import asyncio
import csv
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import polars as pl
import psycopg
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import Session, create_engine, select
from stdnum import ean

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.importing import import_catalog
from app.catalogs.engine.source import SourceFile
from app.catalogs.models import Offer
from app.database import libpq_url, open_engine, sqlalchemy_url
from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from app.publications.plan import PlanRequest, write_plan
from app.stores.mapping import Mapping

COLUMNS = {
    "sku": "sku",
    "ean": "ean",
    "price": "price",
    "quantity": "quantity",
    "grade": "condition",
    "category": "category",
    "warranty_delay": "warranty",
}
CONFIG = ImportConfig(
    Mapping(attributes={k: {"column": v} for k, v in COLUMNS.items()}),
    {f"phones/model {n}": n + 1 for n in range(198)},
    "EUR",
)
READS = 5
LINES = 2000
"""Lines that one plan may send: the rest is counted as deferred."""

Figures = dict[str, Any]


def make_catalog(path: Path, rows: int, *, changed: bool = False) -> None:
    """A catalog with a little dirt; `changed` gives one row in 100 another price."""
    number = pl.col("number")
    body = "4" + (number * 7919 % 10**11).cast(pl.String).str.zfill(11)
    weighted = [
        body.str.slice(place, 1).cast(pl.Int32) * (3 if place % 2 else 1)
        for place in range(12)
    ]
    check = (10 - pl.sum_horizontal(weighted) % 10) % 10
    digit = pl.when(number % 1009 == 7).then((check + 1) % 10).otherwise(check)
    euros = number % 900 + 50
    if changed:
        euros = pl.when(number % 100 == 3).then(euros + 1).otherwise(euros)
    cents = (number % 100).cast(pl.String).str.zfill(2)
    price = pl.format("{}.{}", euros, cents)
    written = pl.format("{},{} EUR", euros, cents)
    text = "Refurbished device, tested by our technicians; battery above 85 percent, "
    frame = pl.LazyFrame({"number": pl.int_range(rows, eager=True)}).select(
        sku=pl.format("SKU-{}", number.cast(pl.String).str.zfill(8)),
        ean=body + digit.cast(pl.String),
        title=pl.format("Apple iPhone {} 64 GB black, unlocked", number % 15),
        category=pl.format("Phones/Model {}", number % 200),
        price=pl.when(number % 1013 == 5)
        .then(pl.lit(""))
        .when(number % 997 == 11)
        .then(written)
        .otherwise(price),
        quantity=(number % 20).cast(pl.String),
        condition=pl.when(number % 1019 == 3)
        .then(pl.lit("like new"))
        .otherwise(pl.lit("Very Good")),
        warranty=pl.lit("24"),
        image=pl.format("https://cdn.example.test/images/{}.jpg", number),
        description=pl.lit(text + "delivered with cable and charger."),
    )
    frame.sink_csv(path, engine="streaming")


def measure_read(path: Path) -> Figures:
    """The floor: Polars reads the needed columns and does nothing with them."""
    seconds = []
    for _ in range(READS):
        start = time.perf_counter()
        pl.scan_csv(path, infer_schema=False).select(COLUMNS.values()).collect(
            engine="streaming"
        )
        seconds.append(time.perf_counter() - start)
    return {"seconds": statistics.median(seconds)}


def measure_import(path: Path, url: str, store_id: UUID) -> Figures:
    """From the start of the job to the plan, and the most memory it took."""
    marks: dict[str, float] = {}
    start = time.perf_counter()

    def mark(name: str) -> None:
        marks[name] = round(time.perf_counter() - start, 3)

    with (
        psycopg.connect(libpq_url(url), autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        result = import_catalog(
            connection,
            SourceFile(path, "text/csv"),
            CONFIG,
            store_id,
            uuid4(),
            Path(folder),
            on_phase=mark,
            finish=lambda _connection, _result: None,
        )
    mark("committed")
    changes = asyncio.run(_plan(url, store_id))
    mark("planned")
    counts = result.counts
    return {
        "seconds": marks["planned"],
        "rss_mb": _peak_mb(),
        "marks": marks,
        "changes": changes,
        "written": counts.created + counts.changed,
    }


async def _plan(url: str, store_id: UUID) -> int:
    engine = open_engine(url)
    async with async_sessionmaker(engine).begin() as session:
        request = PlanRequest(uuid4(), store_id, (), lines=LINES, single_max=20)
        summary = await write_plan(session, request)
    await engine.dispose()
    return summary.to_send + summary.deferred


def measure_rows(path: Path, url: str, store_id: UUID) -> Figures:
    """The same job as it is usually written: one object per row."""
    engine = create_engine(sqlalchemy_url(url))
    start = time.perf_counter()
    with Session(engine) as session, path.open(newline="") as file:
        query = select(Offer).where(Offer.store_id == store_id)
        known = {offer.sku_key: offer for offer in session.exec(query)}
        for number, cells in enumerate(csv.DictReader(file), start=1):
            _store_row(session, known, store_id, cells)
            if number % 1000 == 0:
                session.flush()
        session.commit()
    engine.dispose()
    return {"seconds": time.perf_counter() - start}


def _store_row(
    session: Session, known: dict[str, Offer], store_id: UUID, cells: dict[str, str]
) -> None:
    wanted = _parsed(cells)
    if wanted is None:
        return
    key = cells["sku"].lower()
    offer = known.get(key)
    if offer is None:
        offer = Offer(
            store_id=store_id,
            sku_key=key,
            sku=cells["sku"],
            standing="wanted",
            **wanted,
        )
        session.add(offer)
        return
    for name, value in wanted.items():
        if getattr(offer, name) != value:
            setattr(offer, name, value)


def _parsed(cells: dict[str, str]) -> dict[str, Any] | None:
    try:
        price = Decimal(cells["price"].removesuffix(" EUR").replace(",", "."))
    except InvalidOperation:
        return None
    grade = cells["condition"].upper().replace(" ", "_")
    known = cells["category"].lower() in CONFIG.categories
    if grade != "VERY_GOOD" or not known or not ean.is_valid(cells["ean"]):
        return None
    return {
        "ean": cells["ean"],
        "price": price,
        "quantity": int(cells["quantity"]),
        "grade": grade,
        "warranty_delay": int(cells["warranty"]),
    }


def upload_growth(_api_url: str | None, _api_pid: int | None) -> float | None:
    """Memory that the API gains while it takes 270 MB; None without an API."""
    return None


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


MEASURES: dict[str, Callable[..., Figures]] = {
    "read": measure_read,
    "import": measure_import,
    "rows": measure_rows,
}


def alone(measure: str, *arguments: object) -> Figures:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "bench.catalog", "--measure", measure]
    done = subprocess.run(  # noqa: S603 - our own module
        [*command, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print(f"{measure:8} {json.dumps(figures)}", flush=True)
    return figures


def _accept_all(url: str, store_id: UUID) -> None:
    """As if Back Market had accepted the first catalog."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(
            "UPDATE offer SET listed = true, accepted_ean = ean,"
            " accepted_grade = grade, accepted_price = price,"
            " accepted_quantity = quantity, accepted_warranty_delay = warranty_delay"
            " WHERE store_id = %s AND standing = 'wanted'",
            [store_id],
        )
        connection.execute("VACUUM (ANALYZE) offer")


def measure_size(folder: Path, url: str, rows: int) -> dict[str, Figures]:
    """Floor, first upload and an upload with 1 % changed, at one size."""
    path, store_id = folder / "catalog.csv", uuid4()
    make_catalog(path, rows)
    print(f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB", flush=True)
    figures = {"read": alone("read", path)}
    figures["first"] = alone("import", path, url, store_id)
    _accept_all(url, store_id)
    make_catalog(path, rows, changed=True)
    figures["second"] = alone("import", path, url, store_id)
    path.unlink()
    _forget(url, store_id)
    return figures


def measure_row_by_row(folder: Path, url: str, rows: int) -> tuple[float, float]:
    """Seconds per row of the row-by-row import: first, and with 1 % changed."""
    path, store_id = folder / "rows.csv", uuid4()
    make_catalog(path, rows)
    first = alone("rows", path, url, store_id)["seconds"] / rows
    make_catalog(path, rows, changed=True)
    second = alone("rows", path, url, store_id)["seconds"] / rows
    path.unlink()
    _forget(url, store_id)
    return first, second


def _forget(url: str, store_id: UUID) -> None:
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("TRUNCATE offer, change, catalog_problem CASCADE")
        connection.execute("DELETE FROM offer WHERE store_id = %s", [store_id])


def _free_plans(url: str) -> None:
    """Plans of the bench have no publication."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        found = connection.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = 'change'::regclass AND contype = 'f'"
        ).fetchall()
        for (name,) in found:
            connection.execute(f'ALTER TABLE change DROP CONSTRAINT "{name}"')


def run(options: argparse.Namespace) -> Figures:
    """Take all measurements and relate them."""
    with tempfile.TemporaryDirectory(prefix="refeed-bench-") as name:
        folder = Path(name)
        with EmbeddedServers(folder / "state") as servers:
            url = servers.endpoints.database_url
            migrate(url)
            _free_plans(url)
            rows_first, rows_second = measure_row_by_row(
                folder, url, options.row_by_row
            )
            usual = measure_size(folder, url, options.rows)
            big = (
                measure_size(folder, url, options.big_rows) if options.big_rows else {}
            )
    return _related(options, usual, big, (rows_first, rows_second))


def _related(
    options: argparse.Namespace,
    usual: dict[str, Figures],
    big: dict[str, Figures],
    per_row: tuple[float, float],
) -> Figures:
    seconds = {name: figures["seconds"] for name, figures in usual.items()}
    uploads = ("first", "second")
    return {
        "bench": "catalog",
        "ratio_to_read_first": round(seconds["first"] / seconds["read"], 1),
        "ratio_to_read_second": round(seconds["second"] / seconds["read"], 1),
        "speedup_vs_rows_first": round(per_row[0] * options.rows / seconds["first"], 1),
        "speedup_vs_rows_second": round(
            per_row[1] * options.rows / seconds["second"], 1
        ),
        "peak_rss_mb_1m": max(usual[name]["rss_mb"] for name in uploads),
        "peak_rss_mb_5m": max(big[n]["rss_mb"] for n in uploads) if big else None,
        "growth_5m_over_1m": round(
            max(big[n]["seconds"] / seconds[n] for n in uploads), 2
        )
        if big
        else None,
        "upload_rss_growth_mb": upload_growth(options.api_url, options.api_pid),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.catalog", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--big-rows", type=int, default=5_000_000, help="0 leaves out")
    parser.add_argument("--row-by-row", type=int, default=100_000)
    parser.add_argument("--api-url", help="measure an upload to this API")
    parser.add_argument("--api-pid", type=int)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, path, *rest = options.measure
        given = (rest[0], UUID(rest[1])) if rest else ()
        print(json.dumps(MEASURES[name](Path(path), *given)))
        return
    print(json.dumps(run(options)))


if __name__ == "__main__":
    main()
