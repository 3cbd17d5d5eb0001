"""What is measured, each in a process of its own: `python -m bench.measures NAME`."""

import asyncio
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import Session, create_engine, select
from stdnum import ean

from app.catalogs.engine.config import ImportCounts
from app.catalogs.engine.pipeline.run import import_catalog
from app.catalogs.engine.read.source import SourceFile
from app.core.columns import new_id
from app.database import libpq_url, open_engine, sqlalchemy_url
from app.offers.models import Offer
from app.publications.planning.plan import write_plan
from app.publications.planning.request import PlanRequest
from bench.samples import COLUMNS, CONFIG, make_catalog

WARM_ROWS = 2000
LINES = 2000
"""Lines that one plan may send: the rest is counted as deferred."""

Figures = dict[str, Any]


def measure_read(path: Path) -> Figures:
    """The floor: Polars reads the needed columns and does nothing with them.

    Like an import, it is the first large one of its process, after two small ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.csv"
        make_catalog(small, WARM_ROWS)
        for warm in (small, small, path):
            start = time.perf_counter()
            frame = pl.scan_csv(warm, infer_schema=False)
            frame.select(COLUMNS.values()).collect(engine="streaming")
    return {"seconds": time.perf_counter() - start}


def measure_import(path: Path, url: str, store_id: UUID) -> Figures:
    """From the start of the job to the plan, and the most memory it took.

    A worker lives long, its connections are open and its libraries loaded: small
    uploads go before.
    """
    return asyncio.run(_measured(path, url, store_id))


async def _measured(path: Path, url: str, store_id: UUID) -> Figures:
    engine = open_engine(url)
    with tempfile.TemporaryDirectory() as folder:
        small, warm = Path(folder) / "small.csv", new_id()
        make_catalog(small, WARM_ROWS)
        for _ in range(2):
            await _job(engine, small, url, warm)
        figures = await _job(engine, path, url, store_id)
    await engine.dispose()
    return figures


async def _job(engine: AsyncEngine, path: Path, url: str, store_id: UUID) -> Figures:
    """What a worker does: the import in a thread, then the plan."""
    marks: dict[str, float] = {}
    start = time.perf_counter()

    def mark(name: str) -> None:
        marks[name] = round(time.perf_counter() - start, 3)

    counts = await asyncio.to_thread(_import, path, url, store_id, mark)
    mark("committed")
    changes = await _plan(engine, store_id)
    mark("planned")
    return {
        "seconds": marks["planned"],
        "rss_mb": _peak_mb(),
        "marks": marks,
        "changes": changes,
        "written": counts.created + counts.changed,
    }


def _import(
    path: Path, url: str, store_id: UUID, mark: Callable[[str], None]
) -> ImportCounts:
    with (
        psycopg.connect(libpq_url(url), autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        return import_catalog(
            connection,
            SourceFile(path, "text/csv"),
            CONFIG,
            store_id,
            new_id(),
            Path(folder),
            on_phase=mark,
            finish=lambda _connection, _result: None,
        ).counts


async def _plan(engine: AsyncEngine, store_id: UUID) -> int:
    async with async_sessionmaker(engine).begin() as session:
        request = PlanRequest(
            new_id(), store_id, new_id(), (), lines=LINES, single_max=20
        )
        summary = await write_plan(session, request)
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
            desired_state="active",
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


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


MEASURES: dict[str, Callable[..., Figures]] = {
    "read": measure_read,
    "import": measure_import,
    "rows": measure_rows,
}


def main() -> None:
    """Print the figures of one measurement as JSON: NAME FILE [DATABASE STORE]."""
    name, path, *rest = sys.argv[1:]
    given = (rest[0], UUID(rest[1])) if rest else ()
    print(json.dumps(MEASURES[name](Path(path), *given)))


if __name__ == "__main__":
    main()
