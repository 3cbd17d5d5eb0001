"""A store with one of everything that a key may or may not reach."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.core.columns import new_id
from app.events.enums import EventType
from app.events.payload import NewEvent, columns_of
from tests.support.shop import CATEGORIES, MAPPING, as_csv, fresh_token, row
from tests.support.stack import query

CHANNEL = {"addresses": ["ops@shop.example"], "events": ["catalog.rejected"]}
STORE_BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", ""): {"name": "New"},
    ("PUT", "/settings"): {"environment": "sandbox"},
    ("PUT", "/mapping"): MAPPING,
    ("PUT", "/categories"): CATEGORIES,
    ("PUT", "/catalog-source"): {"url": "https://shop.example/a.csv"},
    ("POST", "/alert-channels"): CHANNEL,
    ("POST", "/publications"): {"kind": "offers"},
    ("PATCH", "/offers"): {"items": [{"sku": "A", "quantity": 1}]},
    ("POST", "/quarantine/release"): {"all": True},
    ("POST", "/unmatched-listings/decide"): {"all": True},
    ("POST", "/plans"): {"kind": "offers"},
    ("POST", "/v1/publications/{publication_id}/approve"): {"all": True},
    ("POST", "/v1/publications/{publication_id}/reject"): {"all": True},
    ("POST", "/v1/orders/{order_id}/ship"): {"tracking_number": "T1"},
    ("PATCH", "/v1/orders/{order_id}"): {"tags": ["a"]},
    ("POST", "/v1/buyers/export"): {"email": "ada@example.org"},
    ("POST", "/v1/buyers/erase"): {"email": "ada@example.org"},
    ("POST", "/v1/webhook-endpoints/{endpoint_id}/replay"): {
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-11-02T00:00:00Z",
    },
    ("PUT", "/v1/seller-accounts/{account_id}/token"): {"token": fresh_token()},
}


@dataclass(frozen=True)
class AccessFixture:
    """A store that publishes, with a catalog and a publication, and a key for it."""

    ids: dict[str, str]

    async def ask(
        self, api: httpx.AsyncClient, method: str, path: str, key: str | None
    ) -> httpx.Response:
        tail = path.removeprefix("/v1/stores/{store_id}")
        more: dict[str, Any] = {}
        if tail == "/offer":
            more = {"params": {"sku": self.ids["sku"]}}
        elif tail == "/catalogs" and method == "POST":
            more = {
                "content": as_csv([row("A1")]),
                "headers": {"Content-Type": "text/csv"},
            }
        elif tail == "/v1/order-actions":
            item = {"order": self.ids["order_id"], "action": "accept"}
            more = {"json": {"items": [item]}}
        elif tail == "/v1/order-actions/tracking":
            more = {
                "content": f"order;tracking\n{self.ids['order_id']};T1".encode(),
                "headers": {"Content-Type": "text/csv"},
            }
        elif tail.endswith("/invoice"):
            more = {"files": {"file": ("i.pdf", b"%PDF-", "application/pdf")}}
        elif method in {"POST", "PUT", "PATCH"}:
            more = {"json": STORE_BODIES.get((method, tail), {})}
        headers = {**more.pop("headers", {}), "Authorization": f"Bearer {key}"}
        if key is None:
            headers["Authorization"] = ""
        return await api.request(
            method, path.format(**self.ids), headers=headers, **more
        )


def an_order(database_url: str, account_id: str) -> str:
    """A French order of one line that can be accepted, as if it had been fetched."""
    order_id = str(new_id())
    query(
        database_url,
        "INSERT INTO sales_order (id, account_id, marketplace_id, state, country, "
        "created_at, modified_at, shipping_address, billing_address, other_fields, "
        "digest, version, first_seen_at, changed_at) VALUES (%s, %s, 7, 1, 'FR', "
        "now(), now(), "
        "'{}', '{}', '{}', '', 1, now(), now())",
        order_id,
        account_id,
    )
    query(
        database_url,
        "INSERT INTO sales_order_line (order_id, marketplace_id, position, state, sku, "
        "quantity) VALUES (%s, 8, 0, 1, 'A1', 1)",
        order_id,
    )
    return order_id


def an_event(database_url: str, store_id: str) -> str:
    """A catalog of the store is ready."""
    store = UUID(store_id)
    (row,) = columns_of([NewEvent(EventType.CATALOG_READY, store, {}, store_id=store)])
    query(database_url, "SELECT refeed_record_events(%s::jsonb)", json.dumps([row]))
    return str(row["id"])


def endpoint_of(store_id: str) -> dict[str, Any]:
    return {"url": "https://shop.example/events", "store_ids": [store_id]}
