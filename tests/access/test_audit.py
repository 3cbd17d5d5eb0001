"""The audit log: each change has its entry, which stays and has no secret."""

import csv
import io
from typing import Any

import httpx
import psycopg
import pytest

from app.access.audit.service import AuditAction
from tests.access.issuing import issue
from tests.access.target import AccessFixture, an_order
from tests.access.test_access import (
    LIVE,
    OF_A_STORE,
    OF_ANY_KEY,
    OF_MANY_ORDERS,
    OF_THE_ADMIN,
    OF_WHOLE_ACCOUNTS,
    SIGNED,
    routes_in,
)
from tests.support.shop import fresh_token, introduce
from tests.support.stack import query

STORE = "/v1/stores/{store_id}"
ORDER = "/v1/orders/{order_id}"
CHANNELS = "/v1/stores/{store_id}/alert-channels"
ENDPOINTS = "/v1/webhook-endpoints"
MANY = "/v1/order-actions"
AUDITED = {
    ("POST", "/v1/api-keys"): AuditAction.API_KEY_ISSUED,
    ("DELETE", "/v1/api-keys/{key_id}"): AuditAction.API_KEY_REVOKED,
    ("POST", "/v1/stores"): AuditAction.STORE_CREATED,
    ("PATCH", STORE): AuditAction.STORE_RENAMED,
    ("PUT", f"{STORE}/settings"): AuditAction.STORE_SETTINGS_CHANGED,
    ("PUT", f"{STORE}/mapping"): AuditAction.STORE_MAPPING_CHANGED,
    ("POST", f"{STORE}/versions/{{part}}/{{number}}/restore"): (
        AuditAction.STORE_MAPPING_CHANGED
    ),
    ("PUT", f"{STORE}/categories"): AuditAction.STORE_CATEGORIES_CHANGED,
    ("PUT", f"{STORE}/catalog-source"): AuditAction.STORE_CATALOG_SOURCE_CHANGED,
    ("DELETE", f"{STORE}/catalog-source"): AuditAction.STORE_CATALOG_SOURCE_DELETED,
    ("POST", f"{STORE}/hook-secret"): AuditAction.STORE_WEBHOOK_SECRET_ROTATED,
    ("DELETE", f"{STORE}/hook-secret"): AuditAction.STORE_WEBHOOK_SECRET_DELETED,
    ("POST", f"{STORE}/quarantine/release"): AuditAction.STORE_QUARANTINE_RELEASED,
    ("POST", f"{STORE}/unmatched-listings/decide"): (
        AuditAction.STORE_UNMATCHED_DECIDED
    ),
    ("POST", "/v1/publications/{publication_id}/approve"): (
        AuditAction.PUBLICATION_APPROVED
    ),
    ("POST", "/v1/publications/{publication_id}/reject"): (
        AuditAction.PUBLICATION_REJECTED
    ),
    ("PATCH", "/v1/seller-accounts/{account_id}"): AuditAction.ACCOUNT_CHANGED,
    ("PUT", "/v1/seller-accounts/{account_id}/token"): (
        AuditAction.ACCOUNT_TOKEN_ROTATED
    ),
    ("PATCH", ORDER): AuditAction.ORDER_CHANGED,
    ("POST", "/v1/buyers/export"): AuditAction.BUYER_EXPORTED,
    ("POST", "/v1/buyers/erase"): AuditAction.BUYER_ERASED,
    ("POST", f"{ORDER}/accept"): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", f"{ORDER}/cancel"): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", f"{ORDER}/ship"): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", f"{ORDER}/refund"): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", f"{ORDER}/invoice"): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", MANY): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", f"{MANY}/tracking"): AuditAction.ORDER_ACTION_REQUESTED,
    ("POST", ENDPOINTS): AuditAction.ENDPOINT_CREATED,
    ("PATCH", f"{ENDPOINTS}/{{endpoint_id}}"): AuditAction.ENDPOINT_CHANGED,
    ("POST", f"{ENDPOINTS}/{{endpoint_id}}/secret"): (
        AuditAction.ENDPOINT_SECRET_ROTATED
    ),
    ("POST", f"{ENDPOINTS}/{{endpoint_id}}/replay"): AuditAction.ENDPOINT_REPLAYED,
    ("DELETE", f"{ENDPOINTS}/{{endpoint_id}}"): AuditAction.ENDPOINT_DELETED,
    ("POST", CHANNELS): AuditAction.ALERT_CHANNEL_CREATED,
    ("PATCH", f"{CHANNELS}/{{channel_id}}"): AuditAction.ALERT_CHANNEL_CHANGED,
    ("DELETE", f"{CHANNELS}/{{channel_id}}"): AuditAction.ALERT_CHANNEL_DELETED,
    ("DELETE", f"{STORE}/activation"): AuditAction.STORE_DEACTIVATED,
    ("PUT", f"{STORE}/activation"): AuditAction.STORE_ACTIVATED,
    ("DELETE", STORE): AuditAction.STORE_DELETED,
}
"""In an order in which each of them changes something."""
NOT_AUDITED = {
    ("POST", "/v1/event-tokens"): "reads, for minutes, as its key may",
    ("POST", f"{ENDPOINTS}/{{endpoint_id}}/test"): "the delivery is recorded",
    ("POST", f"{CHANNELS}/{{channel_id}}/test"): "changes nothing",
    ("POST", f"{STORE}/catalogs"): "a catalog is a record of its own",
    ("POST", f"{STORE}/catalog-source/pull"): "the pull is recorded",
    ("PATCH", f"{STORE}/offers"): "in the timeline of each offer",
    ("POST", f"{STORE}/mapping/preview"): "changes nothing",
    ("POST", f"{STORE}/publications"): "a publication is a record of its own",
    ("POST", f"{STORE}/plans"): "changes nothing",
    ("POST", f"{STORE}/drift-checks"): "reads",
    ("POST", f"{STORE}/listing-imports"): "reads",
    ("POST", f"{STORE}/orders/sync"): "reads",
    ("POST", "/v1/hooks/stores/{store_id}/publish"): "starts a publication",
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/api-keys"): {"name": "ERP", "scope": "read", "store_ids": None},
    ("POST", "/v1/stores"): {"name": "B", "country": "DE"},
    ("PUT", f"{STORE}/settings"): {"environment": "sandbox", "offers_interval": "PT3H"},
    ("PUT", f"{STORE}/mapping"): {"attributes": {"sku": {"column": "other"}}},
    ("PUT", f"{STORE}/categories"): {
        "items": [{"source": "Tablets", "category_id": 1101, "cpa": "9.00"}]
    },
    ("PATCH", ORDER): {"tags": ["gift"]},
    ("POST", CHANNELS): {"addresses": ["a@shop.example"], "events": ["order.due"]},
    ("POST", ENDPOINTS): {"url": "https://shop.example/events"},
    ("PATCH", "/v1/seller-accounts/{account_id}"): {"shared_quantity": "max"},
}
SELLABLE, SOLD = 1, 2


def changing() -> set[tuple[str, str]]:
    served = routes_in(
        *(OF_A_STORE, LIVE, OF_THE_ADMIN, OF_ANY_KEY, OF_MANY_ORDERS, SIGNED),
        OF_WHOLE_ACCOUNTS,
    )
    return {(method, path) for method, path in served if method != "GET"}


def test_each_route_that_changes_something_is_audited_or_says_why_not():
    assert AUDITED.keys() | NOT_AUDITED.keys() == changing()
    assert not AUDITED.keys() & NOT_AUDITED.keys()
    others = {AuditAction.STORE_TOKEN_SET, AuditAction.ORDER_ALREADY_SHIPPED}
    assert set(AUDITED.values()) | others == set(AuditAction)


async def audit(api: httpx.AsyncClient, **asked: object) -> list[dict[str, Any]]:
    answer = await api.get("/v1/audit", params={"limit": 1000, **asked})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def change(
    api: httpx.AsyncClient, target: AccessFixture, method: str, path: str
) -> httpx.Response:
    """Ask for a change that is possible and has an effect."""
    url = path.format(**target.ids)
    if body := BODIES.get((method, path)):
        return await api.request(method, url, json=body)
    key = api.headers["Authorization"].removeprefix("Bearer ")
    return await target.ask(api, method, path, key)


async def test_each_change_has_an_entry(
    api: httpx.AsyncClient, target: AccessFixture, database_url: str, sandbox_url: str
):
    token = fresh_token()
    await introduce(sandbox_url, token)
    BODIES["PUT", "/v1/seller-accounts/{account_id}/token"] = {"token": token}
    found = {}
    for method, path in AUDITED:
        if path.startswith((ORDER, MANY)):
            query(database_url, "DELETE FROM sales_order")
            target.ids["order_id"] = an_order(database_url, target.ids["account_id"])
            state = SELLABLE if path.endswith(("accept", "cancel", MANY)) else SOLD
            query(database_url, "UPDATE sales_order_line SET state = %s", state)
        answer = await change(api, target, method, path)
        assert answer.status_code < 300, (method, path, answer.text)
        if path == "/v1/api-keys":
            target.ids["key_id"] = answer.json()["id"]
        found[method, path] = (await audit(api))[0]["action"]

    assert found == AUDITED
    assert {entry["actor"]["name"] for entry in await audit(api)} == {"admin key"}


async def test_an_entry_has_what_differs(api: httpx.AsyncClient):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    await api.patch(f"/v1/stores/{store['id']}", json={"name": "B"})
    await api.patch(f"/v1/stores/{store['id']}", json={"name": "B"})

    renamed, created = await audit(api, subject_id=store["id"])

    assert created["differences"] == [
        {"path": "/country", "before": None, "after": "FR"},
        {"path": "/name", "before": None, "after": "A"},
    ]
    assert created["changed"] == 2
    assert renamed["differences"] == [{"path": "/name", "before": "A", "after": "B"}]
    assert (renamed["store_id"], renamed["subject_type"]) == (store["id"], "store")


async def test_a_change_that_fails_has_no_entry(api: httpx.AsyncClient):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()

    refused = await api.put(f"/v1/stores/{store['id']}/activation")

    assert refused.status_code == 409
    assert [entry["action"] for entry in await audit(api)] == ["store.created"]


async def test_a_long_list_is_cut(api: httpx.AsyncClient, target: AccessFixture):
    path = f"/v1/stores/{target.ids['store_id']}/quarantine/release"
    answer = await api.post(path, json={"skus": [f"S{n}" for n in range(150)]})
    assert answer.status_code == 200, answer.text

    (entry,) = await audit(api, action="store.quarantine_released")

    skus = {each["path"]: each["after"] for each in entry["differences"]}["/skus"]
    assert (len(skus), skus[0], skus[-1]) == (101, "S0", "50 more")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
    ],
)
async def test_entries_cannot_be_changed(
    api: httpx.AsyncClient, database_url: str, statement: str
):
    await api.post("/v1/stores", json={"name": "A", "country": "FR"})

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(database_url, statement)

    assert len(await audit(api)) == 1


async def test_a_key_sees_its_stores_and_what_it_did(
    api: httpx.AsyncClient, target: AccessFixture
):
    mine = target.ids["store_id"]
    other = (await api.post("/v1/stores", json={"name": "B", "country": "DE"})).json()
    key = await issue(api, scope="write", store_ids=[mine], name="ERP")
    ours = {"Authorization": f"Bearer {key}"}
    await api.patch(f"/v1/stores/{mine}", json={"name": "C"}, headers=ours)

    seen = (await api.get("/v1/audit", headers=ours)).json()["items"]
    foreign = await api.get("/v1/audit", headers=ours, params={"store_id": other["id"]})

    assert {entry["store_id"] for entry in seen} == {mine}
    assert seen[0]["actor"]["name"] == "ERP"
    assert foreign.json()["items"] == []


async def test_the_list_is_filtered_and_paged(
    api: httpx.AsyncClient, target: AccessFixture
):
    everything = await audit(api)
    pages, cursor = [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/audit", params=asked)).json()
        pages += page["items"]
        cursor = page["next"]
        if not cursor:
            break
    third = everything[2]

    assert pages == everything
    assert [e["id"] for e in everything] == sorted(
        (e["id"] for e in everything), reverse=True
    )
    assert await audit(api, action="store.created") == [everything[-1]]
    assert third in await audit(api, at_from=third["at"])
    assert third not in await audit(api, at_to=third["at"])
    assert await audit(api, actor="another key") == []
    assert await audit(api, actor_id=target.ids["store_id"]) == []


async def test_the_list_as_csv_has_a_line_per_difference(
    api: httpx.AsyncClient, target: AccessFixture
):
    await api.patch(
        f"/v1/stores/{target.ids['store_id']}", json={"name": "=HYPERLINK(1)"}
    )

    answer = await api.get("/v1/audit", params={"format": "csv"})
    lines = list(csv.DictReader(io.StringIO(answer.text)))

    assert lines[0]["action"] == "store.renamed"
    assert lines[0]["path"] == "/name"
    assert (lines[0]["before"], lines[0]["after"]) == ("A", "'=HYPERLINK(1)")
    assert len(lines) >= len(await audit(api))


async def test_no_entry_has_a_secret(
    api: httpx.AsyncClient, target: AccessFixture, database_url: str, sandbox_url: str
):
    token, path = fresh_token(), f"/v1/stores/{target.ids['store_id']}"
    await introduce(sandbox_url, token)
    source = {
        "url": "https://shop.example/feed.csv?key=PLANTED-QUERY",
        "auth": {"username": "u", "password": "PLANTED-PASSWORD"},
    }
    secrets = [token, "PLANTED-QUERY", "PLANTED-PASSWORD"]
    secrets.append(await issue(api, scope="read", store_ids=None))
    settings = {"environment": "sandbox", "token": token}
    for method, place, body in (
        ("PUT", "/settings", settings),
        ("PUT", "/catalog-source", source),
        ("POST", "/hook-secret", None),
    ):
        answer = await api.request(method, f"{path}{place}", json=body)
        assert answer.status_code < 300, answer.text
    secrets.append(answer.json()["secret"])

    stored = str(query(database_url, "SELECT to_jsonb(a)::text FROM audit_entry AS a"))

    assert "https://shop.example/feed.csv" in stored
    assert [secret for secret in secrets if secret in stored] == []
    assert await audit(api, action="store.token_set")
