"""How fast a catalog becomes a plan, against reading it and against rows one by one.

`python -m bench.catalog` starts the embedded PostgreSQL, makes synthetic catalogs and
takes every measurement in a process of its own. The last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from app.core.columns import new_id
from app.database import libpq_url
from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from bench.samples import make_catalog
from bench.uploading import measure_upload

READS = 3
Figures = dict[str, Any]


def alone(measure: str, *arguments: object) -> Figures:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "bench.measures", measure]
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
            "UPDATE offer SET listed = true, live_ean = ean,"
            " live_grade = grade, live_price = price,"
            " live_quantity = quantity, live_warranty_delay = warranty_delay"
            " WHERE store_id = %s AND desired_state = 'active'",
            [store_id],
        )
        connection.execute("VACUUM (ANALYZE) offer")


def _settle(servers: EmbeddedServers) -> None:
    """Let server and system write out what earlier measurements left to them."""
    os.sync()
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def measure_size(
    folder: Path, servers: EmbeddedServers, rows: int, times: int
) -> dict[str, Figures]:
    """Floor, first upload and an upload with 1 % changed, at one size.

    All in turns, each turn with a store of its own: a machine that is slower for a
    while is so for the floor, too. The usual seconds, and the most memory.
    """
    path, url = folder / "catalog.csv", servers.endpoints.database_url
    taken: dict[str, list[Figures]] = {"read": [], "first": [], "second": []}
    for _ in range(times):
        store_id = new_id()
        make_catalog(path, rows)
        print(f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        taken["read"] += [alone("read", path) for _ in range(READS)]
        _settle(servers)
        taken["first"].append(alone("import", path, url, store_id))
        taken["read"] += [alone("read", path) for _ in range(READS)]
        _accept_all(url, store_id)
        make_catalog(path, rows, changed=True)
        _settle(servers)
        taken["second"].append(alone("import", path, url, store_id))
        _forget(url, store_id)
    path.unlink()
    return {name: _usual(figures) for name, figures in taken.items()}


def _usual(taken: list[Figures]) -> Figures:
    return {
        "seconds": statistics.median(figures["seconds"] for figures in taken),
        "rss_mb": max(figures.get("rss_mb", 0) for figures in taken),
    }


def measure_row_by_row(folder: Path, url: str, rows: int) -> tuple[float, float]:
    """Seconds per row of the row-by-row import: first, and with 1 % changed."""
    path, store_id = folder / "rows.csv", new_id()
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
            usual = measure_size(folder, servers, options.rows, options.turns)
            big = {}
            if options.big_rows:
                big = measure_size(folder, servers, options.big_rows, 1)
            growth = measure_upload(folder, servers.endpoints, options.rows)
    return _related(options, usual, big, (rows_first, rows_second)) | {
        "upload_rss_growth_mb": growth
    }


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
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.catalog", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--big-rows", type=int, default=5_000_000, help="0 leaves out")
    parser.add_argument("--row-by-row", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3, help="of the usual size")
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
