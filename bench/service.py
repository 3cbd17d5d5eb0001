"""The whole service as `refeed up` runs it, in a folder that is thrown away."""

import os
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from pydantic import SecretStr

from app.database import libpq_url
from app.embedded.servers import EmbeddedServers
from app.launch import launch
from app.settings import load_settings
from bench.samples import COLUMNS

WITHOUT_LIMITS = {
    "REFEED_LINES_PER_HOUR": "100000000",
    "REFEED_REQUESTS_PER_10S": "100000",
}
QUICK_TASKS = {
    "limits_on": False,
    "task_starts_after": 0,
    "task_ends_after": 0,
    "ledger_limit": 0,
    # To keep what it knows on disk takes time, too, which its summary does not count.
    "snapshot_delay": 3600,
}
PATIENCE = 600.0
CATEGORIES = 198


LISTINGS_IMPORTED = (
    "UPDATE store SET listings_imported_at = now() WHERE id = %s",
    (
        "INSERT INTO other_market_check (account_id, state, requested_at, read_at) "
        "SELECT account_id, 'done', now(), now() FROM store WHERE id = %s "
        "ON CONFLICT DO NOTHING"
    ),
)


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and its sandbox, over HTTP."""

    api: httpx.Client
    sandbox: httpx.Client
    folder: Path
    servers: EmbeddedServers

    @property
    def database_url(self) -> str:
        return self.servers.endpoints.database_url

    def settle(self) -> None:
        """Clear away and write out what was prepared before a measurement."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE) offer, change")
        os.sync()
        with psycopg.connect(self.servers.superuser_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def open_store(self, country: str = "FR", token: str | None = None) -> str:
        """A store that is mapped for the catalogs of `samples.py`; returns its id.

        Its account has no listings yet, so that they count as imported: the benches
        measure what follows the first publication.
        """
        store = self.call("POST", "/v1/stores", {"name": "Bench", "country": country})
        path = f"/v1/stores/{store['id']}"
        settings = {"environment": "sandbox", "token": token or fresh_token()}
        self.call("PUT", f"{path}/settings", settings)
        mapping = {name: {"column": column} for name, column in COLUMNS.items()}
        self.call("PUT", f"{path}/mapping", {"attributes": mapping})
        with psycopg.connect(libpq_url(self.database_url), autocommit=True) as rows:
            for statement in LISTINGS_IMPORTED:
                rows.execute(statement, [store["id"]])
        return str(store["id"])

    def map_categories(self, store_id: str, leaf: int) -> None:
        items = [
            {"source": f"Phones/Model {n}", "category_id": leaf, "cpa": "10.00"}
            for n in range(CATEGORIES)
        ]
        self.call("PUT", f"/v1/stores/{store_id}/categories", {"items": items})
        self.call("PUT", f"/v1/stores/{store_id}/activation")

    def upload(self, store_id: str, path: Path, *, wait: bool = True) -> dict[str, Any]:
        with path.open("rb") as body:
            answer = self.api.post(
                f"/v1/stores/{store_id}/catalogs",
                content=body,
                headers={"Content-Type": "text/csv"},
            )
        answer.raise_for_status()
        if not wait:
            return dict(answer.json())
        return self.wait_for(answer.headers["Location"], ("ready", "rejected"))

    def publish(self, store_id: str) -> dict[str, Any]:
        path = f"/v1/stores/{store_id}/publications"
        run = self.call("POST", path, {"kind": "offers"})
        ends = ("finished", "failed", "cancelled")
        return self.wait_for(f"/v1/publications/{run['id']}", ends)

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer = self.api.request(method, path, json=body)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    def wait_for(self, path: str, states: Sequence[str]) -> dict[str, Any]:
        """Ask until the resource is in one of these states."""
        end = time.monotonic() + PATIENCE
        while True:
            found = self.call("GET", path)
            if found["state"] in states:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"{path} stays {found['state']}")
            time.sleep(0.1)

    def sandbox_seconds(self) -> float:
        """What the sandbox has spent since it was asked to count anew."""
        summary = self.sandbox.get("/_sandbox/summary").raise_for_status().json()
        routes = summary["seconds"].values()
        return float(sum(route["seconds"] for route in routes))


def fresh_token() -> str:
    """A token that the sandbox takes for a new seller account."""
    return b64encode(f"bench:BMT-{uuid4().hex}".encode()).decode()


@contextmanager
def running_service(extra: Mapping[str, str]) -> Iterator[Service]:
    """Start it with further settings; everything is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="refeed-bench-")))
        servers = stack.enter_context(EmbeddedServers(folder / "servers"))
        settings = load_settings().model_copy(
            update={
                "state_dir": folder / "state",
                "host": "127.0.0.1",
                "port": 0,
                "database_url": SecretStr(servers.endpoints.database_url),
                "redis_url": SecretStr(servers.endpoints.redis_url),
            }
        )
        environment = {"REFEED_LOG_LEVEL": "warning", **extra}
        with launch(settings, environment, logs=folder) as running:
            key = {"Authorization": f"Bearer {running.admin_key}"}
            with (
                httpx.Client(
                    base_url=running.url, headers=key, timeout=PATIENCE
                ) as api,
                httpx.Client(base_url=running.sandbox_url or "") as sandbox,
            ):
                yield Service(api, sandbox, folder, servers)
