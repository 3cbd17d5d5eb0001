"""How long a big import delays the lowered stock of another store.

`python -m bench.fairness` starts the embedded servers, a sandbox, the API and two
workers. A small store lowers the stock of one offer repeatedly: first at rest,
then while another store's catalog is read for the first time, then while that one's
changed catalog is compared. Measured is the time from the upload until the sandbox
shows it. The last line is one JSON object.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from bench.hook import LEAF
from bench.samples import COLUMNS, make_catalog
from bench.uploading import await_port, free_port

ROUNDS_AT_REST = 5
WORKERS = 2
POLL_SECONDS = 0.02
LONGEST_SECONDS = 600
SMALL = 20
CATEGORY = "Phones/Model 1"
FULL_STOCK = 999
Figures = dict[str, Any]


@dataclass(slots=True)
class Http:
    """One server, asked in JSON."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, path, data, "application/json")

    def send(
        self, method: str, path: str, data: bytes | Path | None, media_type: str
    ) -> Any:  # noqa: ANN401 - JSON
        headers = {**self.headers, "Content-Type": media_type}
        if isinstance(data, Path):
            headers["Content-Length"] = str(data.stat().st_size)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_SECONDS)
        try:
            if isinstance(data, Path):
                with data.open("rb") as file:
                    connection.request(method, path, file, headers)
            else:
                connection.request(method, path, data, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {text[:500]!r}")
        return json.loads(text) if text else None


@dataclass(slots=True)
class Store:
    """A store that publishes, and its seller account at the sandbox."""

    api: Http
    sandbox: Http
    path: str
    account: str
    stock: int = FULL_STOCK

    def upload(self, data: bytes | Path) -> str:
        answer = self.api.send("POST", f"{self.path}/catalogs", data, "text/csv")
        return f"/v1/catalogs/{answer['id']}"

    def publish(self) -> None:
        self.api.ask("POST", f"{self.path}/publications", {"kind": "offers"})

    def lower_stock(self) -> float:
        """Seconds from the upload until the sandbox shows the lowered stock."""
        self.stock -= 1
        started = time.monotonic()
        self.upload(small_catalog(self.stock))
        self.publish()
        while self._shown() != self.stock:
            if time.monotonic() - started > LONGEST_SECONDS:
                raise RuntimeError("the lowered stock never arrived")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - started

    def _shown(self) -> int | None:
        answer = self.sandbox.ask("GET", f"/_sandbox/listings?account={self.account}")
        for listing in answer["accounts"].get(self.account, ()):
            if listing["sku"] == "SMALL-0":
                return int(listing["quantity"])
        return None


def small_catalog(stock: int) -> bytes:
    lines = ["sku,ean,price,quantity,condition,category,warranty"]
    lines += [
        f"SMALL-{n},4006381333931,199.90,{stock if n == 0 else 5},GOOD,{CATEGORY},24"
        for n in range(SMALL)
    ]
    return "\n".join(lines).encode()


def open_store(api: Http, sandbox: Http, name: str) -> Store:
    token = b64encode(f"{name}:BMT-{secrets.token_hex(16)}".encode()).decode()
    account = {"id": name, "platform": "EU", "tokens": [token]}
    sandbox.ask("POST", "/_sandbox/accounts", account)
    made = api.ask("POST", "/v1/stores", {"name": name, "country": "FR"})
    path = f"/v1/stores/{made['id']}"
    attributes = {key: {"column": column} for key, column in COLUMNS.items()}
    items = [
        {"source": f"Phones/Model {n}", "category_id": LEAF, "cpa": "10.00"}
        for n in range(198)
    ]
    settings = {"environment": "sandbox", "token": token}
    api.ask("PUT", f"{path}/settings", settings)
    api.ask("PUT", f"{path}/mapping", {"attributes": attributes})
    api.ask("PUT", f"{path}/categories", {"items": items})
    return Store(api, sandbox, path, name)


def delays_during(big: Store, small: Store, catalog: Path) -> list[float]:
    """Seconds of each lowered stock while the big catalog is imported."""
    path, found = big.upload(catalog), []
    while (state := big.api.ask("GET", path)["state"]) in {"received", "importing"}:
        found.append(small.lower_stock())
    if state != "ready":
        raise RuntimeError(f"the big catalog became {state}")
    return found


def measure(folder: Path, api: Http, sandbox: Http, rows: int) -> Figures:
    big, small = (open_store(api, sandbox, name) for name in ("big", "small"))
    small.api.ask("PUT", f"{small.path}/activation")
    small.lower_stock()
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
        "bench": "fairness",
        "delay_s": round(max(found) - usual, 2),
        "typical_delay_s": round(statistics.median(found) - usual, 2),
        "at_rest_s": round(usual, 2),
        "rows": rows,
        "measured": len(found),
    }


def _rounded(seconds: list[float]) -> list[float]:
    return [round(one, 2) for one in seconds]


@contextmanager
def service(folder: Path, workers: int) -> Iterator[tuple[Http, Http]]:
    """The API and the sandbox of a whole service with so many workers."""
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
        yield Http(api, {"Authorization": f"Bearer {key}"}), client


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="refeed-bench-") as name:
        folder = Path(name)
        with service(folder, WORKERS) as (api, sandbox):
            print(json.dumps(measure(folder, api, sandbox, options.rows)))


if __name__ == "__main__":
    main()
