"""How many changes a second go through plan, batches, tasks and outcomes.

`python -m bench.publish` runs the whole service, with the limits of both sides off.
The sandbox's own time is taken off. The last line is one JSON object.
"""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

LEAF = 1101
SETTINGS = {**WITHOUT_LIMITS, "REFEED_TASK_POLL": "PT0.1S"}


def measure(service: Service, rows: int) -> dict[str, float]:
    """Changes a second: all offers created, then all of them with another price."""
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    store_id = service.open_store()
    service.map_categories(store_id, LEAF)
    path = service.folder / "catalog.csv"
    make_catalog(path, rows)
    figures = {"created": _publication(service, store_id, path)}
    _raise_prices(path)
    return figures | {"updated": _publication(service, store_id, path)}


def _publication(service: Service, store_id: str, path: Path) -> float:
    service.upload(store_id, path)
    service.sandbox.delete("/_sandbox/requests").raise_for_status()
    run = service.publish(store_id)
    if run["state"] != "finished":
        raise RuntimeError(f"the run is {run['state']}: {run['reason']}")
    seconds = _moment(run["finished_at"]) - _moment(run["started_at"])
    own = service.sandbox_seconds()
    accepted = int(run["counts"]["by_outcome"]["accepted"])
    figures = {
        "accepted": accepted,
        "seconds": round(seconds, 2),
        "sandbox": round(own, 2),
    }
    print(json.dumps(figures), flush=True)
    return accepted / (seconds - own)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _raise_prices(path: Path) -> None:
    """Every price as it is written, with one euro more."""
    price = pl.col("price")
    whole = price.str.extract(r"^([0-9]+)").cast(pl.Int64) + 1
    rest = price.str.extract(r"^[0-9]+(.*)$")
    frame = pl.read_csv(path, infer_schema=False)
    frame.with_columns(price=whole.cast(pl.String) + rest).write_csv(path)


def run(rows: int) -> dict[str, Any]:
    with running_service(SETTINGS) as service:
        figures = measure(service, rows)
    return {
        "bench": "publish",
        "changes_per_s": round(min(figures.values())),
        **{f"{name}_per_s": round(value) for name, value in figures.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.publish", description=__doc__)
    parser.add_argument("--rows", type=int, default=102_000, help="100,000 are sound")
    print(json.dumps(run(parser.parse_args().rows)))


if __name__ == "__main__":
    main()
