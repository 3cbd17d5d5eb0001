"""How long a big import or a flood of one tenant delays another one.

`python -m bench.fairness` starts the embedded servers, a sandbox, the API and two
workers. A small store lowers the stock of one offer repeatedly: first at rest,
then while another store's catalog is read for the first time, then while that one's
changed catalog is compared. Measured is the time from the upload until the sandbox
shows it. Then plans of the small store are measured while 400 plans of the other one
wait (`bench.flood`). The last line is one JSON object.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from bench.flood import measure_flood
from bench.samples import make_catalog
from bench.stores import Http, Store, open_store
from bench.uploading import await_port, free_port

ROUNDS_AT_REST = 5
WORKERS = 2
Figures = dict[str, Any]


def delays_during(big: Store, small: Store, catalog: Path) -> list[float]:
    """Seconds of each lowered stock while the big catalog is imported."""
    path, found = big.upload(catalog), []
    while (state := big.api.ask("GET", path)["state"]) in {"received", "importing"}:
        found.append(small.lower_stock())
    if state != "ready":
        raise RuntimeError(f"the big catalog became {state}")
    return found


def measure(folder: Path, big: Store, small: Store, rows: int) -> Figures:
    rest = [small.lower_stock() for _ in range(ROUNDS_AT_REST)]
    print(f"at rest {_rounded(rest)}", flush=True)
    catalog = folder / "catalog.csv"
    during = {}
    for what in ("first", "changed"):
        make_catalog(catalog, rows, changed=what == "changed")
        during[what] = delays_during(big, small, catalog)
        print(f"while {rows} rows are imported, {what} {_rounded(during[what])}")
    found, usual = [*during["first"], *during["changed"]], statistics.median(rest)
    return {
        "delay_s": round(max(found) - usual, 2),
        "typical_delay_s": round(statistics.median(found) - usual, 2),
        "at_rest_s": round(usual, 2),
        "rows": rows,
        "measured": len(found),
    }


def _rounded(seconds: list[float]) -> list[float]:
    return [round(one, 2) for one in seconds]


@contextmanager
def service(folder: Path, workers: int) -> Iterator[tuple[str, Http, Http]]:
    """The database, API and sandbox of a whole service with so many workers."""
    with ExitStack() as stack:
        servers = stack.enter_context(EmbeddedServers(folder / "state"))
        migrate(servers.endpoints.database_url)
        api, sandbox = free_port(), free_port()
        key = secrets.token_urlsafe(32)
        usual = {k: v for k, v in os.environ.items() if not k.startswith("REFEED_")}
        env = usual | {
            "REFEED_DATABASE_URL": servers.endpoints.database_url,
            "REFEED_REDIS_URL": servers.endpoints.redis_url,
            "REFEED_STATE_DIR": str(folder),
            "REFEED_PORT": str(api),
            "REFEED_ADMIN_KEY": key,
            "REFEED_SECRET_KEY": secrets.token_urlsafe(48),
            "REFEED_SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
            "REFEED_REQUESTS_PER_10S": "100000",
            "REFEED_LOG_LEVEL": "warning",
        }
        commands = [["app.sandbox", "--port", str(sandbox)], ["app.serve"]]
        for command in (*commands, *[["workers.main"]] * workers):
            child = subprocess.Popen([sys.executable, "-m", *command], env=env)  # noqa: S603 - our own modules
            stack.callback(child.wait, 30)
            stack.callback(child.terminate)
        for port in (sandbox, api):
            await_port(port, child)
        client = Http(sandbox)
        client.ask("PATCH", "/_sandbox/options", {"limits_on": False})
        admin = Http(api, {"Authorization": f"Bearer {key}"})
        yield servers.endpoints.database_url, admin, client


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="0: the flood only")
    parser.add_argument("--flood-rows", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="refeed-bench-") as name:
        folder = Path(name)
        with service(folder, WORKERS) as (url, api, sandbox):
            stores = [
                open_store(api, sandbox, each) for each in ("big", "small", "flood")
            ]
            big, small, flooding = stores
            small.api.ask("PUT", f"{small.path}/activation")
            small.lower_stock()
            figures: Figures = {"bench": "fairness"}
            if options.rows:
                figures |= measure(folder, big, small, options.rows)
            rows = options.flood_rows
            figures |= measure_flood(folder, url, flooding, big, small, rows)
            print(json.dumps(figures))


if __name__ == "__main__":
    main()
