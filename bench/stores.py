"""Stores of the fairness bench: each publishes, and has a seller account of its own."""

import json
import secrets
import time
from base64 import b64encode
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.hook import LEAF
from bench.samples import COLUMNS

POLL_SECONDS = 0.02
LONGEST_SECONDS = 600
SMALL = 20
CATEGORY = "Phones/Model 1"
FULL_STOCK = 999


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
        status, text = self._exchange(method, path, data, media_type)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {text[:500]!r}")
        return json.loads(text) if text else None

    def status(self, method: str, path: str, data: Path, media_type: str) -> int:
        """The status of the answer, whatever it is."""
        return self._exchange(method, path, data, media_type)[0]

    def _exchange(
        self, method: str, path: str, data: bytes | Path | None, media_type: str
    ) -> tuple[int, bytes]:
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
            return response.status, response.read()
        finally:
            connection.close()


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
