"""A shop: one store, its catalogs and publications, over HTTP as users do it."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from stdnum import ean

from app.core.tls import tls_context
from tests.support.job_ends import looks
from tests.support.patience import PATIENCE
from tests.support.stack import ServiceClient, query

COLUMNS = ("sku", "ean", "price", "quantity", "grade", "category")
MAPPING = {"attributes": {name: {"column": name} for name in COLUMNS}}
CATEGORIES = {"items": [{"source": "Phones", "category_id": 1101, "cpa": "10.00"}]}
NO_BRAKE = {
    **dict.fromkeys(("zeroing", "price_jump", "price_wave", "shrunk")),
    "empty_columns": False,
}
"""A few rows move by a lot in tests of other matters."""
EANS = tuple(
    f"{body}{ean.calc_check_digit(str(body))}"
    for body in range(400638133000, 400638133400)
)
"""Four hundred valid EANs."""

Row = Mapping[str, object]

_IMPORTED = """
    WITH imported AS (
        UPDATE store SET listings_imported_at = now() WHERE id = %s
        RETURNING account_id)
    INSERT INTO other_market_check (account_id, state, requested_at, read_at)
    SELECT account_id, 'done', now(), now() FROM imported
    ON CONFLICT DO NOTHING
"""


def row(sku: str, **values: object) -> dict[str, object]:
    """A valid catalog row; `values` say what is different about it."""
    number = sum(sku.encode()) % len(EANS)
    usual: dict[str, object] = {
        "sku": sku,
        "ean": EANS[number],
        "price": "199.90",
        "quantity": 5,
        "grade": "GOOD",
        "category": "Phones",
    }
    return {**usual, **values}


def as_csv(rows: Iterable[Row], columns: Sequence[str] = COLUMNS) -> bytes:
    lines = [";".join(columns)]
    lines += [";".join(str(entry.get(c, "")) for c in columns) for entry in rows]
    return ("\n".join(lines) + "\n").encode()


def fresh_token(name: str = "shop") -> str:
    """A token that the sandbox takes for a new seller account."""
    return base64.b64encode(f"{name}:BMT-{uuid4().hex}".encode()).decode()


@dataclass(slots=True)
class Shop:
    """One store that is mapped, and the account's token at the sandbox."""

    api: httpx.AsyncClient
    sandbox_url: str
    store_id: str
    token: str
    account: str
    """The sandbox's own name of the seller account."""

    async def upload(self, rows: Iterable[Row], *, wait: bool = True) -> dict[str, Any]:
        return await self.upload_bytes(as_csv(rows), wait=wait)

    async def upload_bytes(
        self,
        body: bytes,
        media_type: str = "text/csv",
        *,
        wait: bool = True,
        **query: str,
    ) -> dict[str, Any]:
        answer = await self.api.post(
            f"/v1/stores/{self.store_id}/catalogs",
            content=body,
            headers={"Content-Type": media_type},
            params=query,
        )
        assert answer.status_code == 202, answer.text
        if not wait:
            return dict(answer.json())
        return await self.wait_for(
            answer.headers["Location"],
            ("ready", "rejected", "awaiting_mapping"),
            begun=True,
        )

    async def publish(
        self, kind: str = "offers", *, wait: bool = True
    ) -> dict[str, Any]:
        answer = await self.api.post(
            f"/v1/stores/{self.store_id}/publications", json={"kind": kind}
        )
        assert answer.status_code == 202, answer.text
        if not wait:
            return dict(answer.json())
        return await self.wait_for(
            answer.headers["Location"], ("finished", "failed", "cancelled"), begun=True
        )

    async def wait_for(
        self,
        path: str,
        states: Sequence[str],
        seconds: float = PATIENCE,
        *,
        begun: bool = False,
    ) -> dict[str, Any]:
        """Poll a resource until it is in one of these states.

        `begun`: its job has begun just now, so that the first look may wait, too.
        """
        end = time.monotonic() + seconds
        with looks() as look:
            if begun:
                await look.next()
            while True:
                answer = await self.api.get(path)
                body: dict[str, Any] = answer.json()
                if answer.status_code == 200 and body["state"] in states:
                    return body
                assert time.monotonic() < end, body
                await look.next()

    async def changes(self, publication: Mapping[str, Any], **query: str) -> list[Any]:
        path = f"/v1/publications/{publication['id']}/changes"
        answer = await self.api.get(path, params={"limit": "1000", **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def offers(self, **query: str) -> dict[str, Any]:
        answer = await self.api.get(
            f"/v1/stores/{self.store_id}/offers", params={"limit": "1000", **query}
        )
        return {item["sku"]: item for item in answer.json()["items"]}

    async def listings(self, market: str = "FR") -> dict[str, dict[str, Any]]:
        """What the sandbox shows for this account: price, quantity, grade by SKU."""
        async with self._sandbox() as sandbox:
            answer = await sandbox.get(
                "/_sandbox/listings",
                params={"account": self.account, "limit": "100000"},
            )
        accounts = answer.json().get("accounts", {})
        return {
            listing["sku"]: {
                "price": listing["markets"][market]["price"],
                "quantity": listing["quantity"],
                "grade": listing["grade"],
            }
            for listings in accounts.values()
            for listing in listings
        }

    async def ledger(self, **query: str) -> list[dict[str, Any]]:
        """Every line that the sandbox took or refused from this account."""
        async with self._sandbox() as sandbox:
            answer = await sandbox.get(
                "/_sandbox/ledger",
                params={"account": self.account, "limit": "100000", **query},
            )
        return list(answer.json().get("entries", []))

    async def fault(self, kind: str, **rule: object) -> None:
        """Switch a fault on, for this account only."""
        async with self._sandbox() as sandbox:
            answer = await sandbox.post(
                "/_sandbox/faults", json={"kind": kind, "account": self.account, **rule}
            )
        assert answer.status_code < 300, answer.text

    def _sandbox(self) -> httpx.AsyncClient:
        return control(self.sandbox_url)

    async def hold_answer(self, **rule: object) -> None:
        """Delay the next such response until the faults are cleared."""
        await self.fault("slow_answer", count=1, seconds=600, **rule)

    async def answer_is_held(self) -> bool:
        """Whether that request has arrived and had its effect."""
        faults = (await self.sandbox("GET", "/faults"))["faults"]
        return not any(
            (rule["kind"], rule["account"]) == ("slow_answer", self.account)
            for rule in faults
        )

    async def clear_faults(self) -> None:
        async with self._sandbox() as sandbox:
            await sandbox.delete("/_sandbox/faults")

    async def sandbox(self, method: str, path: str, **more: Any) -> Any:
        """The sandbox's control API."""
        async with self._sandbox() as client:
            answer = await client.request(method, f"/_sandbox{path}", **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


def control(sandbox_url: str) -> httpx.AsyncClient:
    """A client of the sandbox's control API."""
    return httpx.AsyncClient(
        base_url=sandbox_url, verify=tls_context(), timeout=PATIENCE
    )


async def open_shop(
    api: httpx.AsyncClient,
    sandbox_url: str,
    *,
    country: str = "FR",
    token: str | None = None,
    active: bool = True,
    imported: bool = True,
    **settings: object,
) -> Shop:
    """Make a store that may publish.

    `imported`: its listings count as imported, since a new account has none.
    """
    answer = await api.post("/v1/stores", json={"name": "Shop", "country": country})
    assert answer.status_code == 201, answer.text
    shop = await _shop(api, sandbox_url, answer.json()["id"], country, token)
    path = f"/v1/stores/{shop.store_id}"
    body = {"environment": "sandbox", "token": shop.token, "brake": NO_BRAKE}
    body |= settings
    for name, content in (
        ("settings", body),
        ("mapping", MAPPING),
        ("categories", CATEGORIES),
    ):
        answer = await api.put(f"{path}/{name}", json=content)
        assert answer.status_code == 200, answer.text
    if imported:
        await mark_imported(api, shop.store_id)
    if active:
        answer = await api.put(f"{path}/activation")
        assert answer.status_code == 200, answer.text
    return shop


async def mark_imported(api: httpx.AsyncClient, store_id: str) -> None:
    """Record an import that found no listing, in this market and in others.

    In a thread: the worker that may hold a row lives on this event loop.
    """
    if isinstance(api, ServiceClient):
        await asyncio.to_thread(query, api.database_url, _IMPORTED, store_id)


async def _shop(
    api: httpx.AsyncClient,
    sandbox_url: str,
    store_id: str,
    country: str,
    token: str | None,
) -> Shop:
    """Introduce a new token to the sandbox; a given one is known there already."""
    own = token or fresh_token()
    if token is None:
        platform = {"US": "NA", "JP": "AP", "AU": "AP"}.get(country, "EU")
        await introduce(sandbox_url, own, platform)
    return Shop(api, sandbox_url, store_id, own, account_of(own))


def account_of(token: str) -> str:
    """The sandbox's own name of the seller account with that token."""
    return f"account-of-{hashlib.sha256(token.encode()).hexdigest()[:12]}"


async def introduce(sandbox_url: str, token: str, platform: str = "EU") -> None:
    """Make a seller account at the sandbox."""
    body = {"id": account_of(token), "platform": platform, "tokens": [token]}
    async with control(sandbox_url) as sandbox:
        answer = await sandbox.post("/_sandbox/accounts", json=body)
    assert answer.status_code < 300, answer.text
