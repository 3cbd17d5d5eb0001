"""How long an import takes in each format, relative to plain CSV in the same run.

`python -m bench.formats` starts the embedded PostgreSQL and writes one catalog in all
formats. Each import has a process of its own and an empty store; the formats take
turns. The last line is one JSON object.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from app.core.columns import new_id
from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from bench.format_samples import FORMATS

WARM_ROWS = 2000


def alone(module: str, *arguments: object) -> dict[str, float]:
    """Run a module of the bench in a process of its own; return its last line."""
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", module, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(
    folder: Path, url: str, rows: int, turns: int, names: list[str]
) -> dict[str, list[dict[str, float]]]:
    """Seconds and peak memory of each import, by format."""
    for count in (WARM_ROWS, rows):
        for name in names:
            alone("bench.format_samples", name, folder / f"{name}-{count}", count)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(turns):
        for name in names:
            files = (folder / f"{name}-{count}" for count in (WARM_ROWS, rows))
            figures = alone("bench.format_import", name, *files, url, new_id())
            taken[name].append(figures)
            print(f"{name:8} {json.dumps(figures)}", flush=True)
    return taken


def run(options: argparse.Namespace) -> dict[str, object]:
    """Take all measurements and relate them to plain CSV."""
    names = ["csv", *(n for n in options.formats.split(",") if n != "csv")]
    with tempfile.TemporaryDirectory(prefix="refeed-bench-") as name:
        folder = Path(name)
        with EmbeddedServers(folder / "state") as servers:
            url = servers.endpoints.database_url
            migrate(url)
            taken = measure(folder, url, options.rows, options.turns, names)
    seconds = {
        name: statistics.median(figures["seconds"] for figures in all_figures)
        for name, all_figures in taken.items()
    }
    peaks = [f["peak_mb"] for all_figures in taken.values() for f in all_figures]
    return {
        "bench": "formats",
        **{n: round(seconds[n] / seconds["csv"], 2) for n in names if n != "csv"},
        "peak_mb": max(peaks),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.formats", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--formats", default=",".join(FORMATS))
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
