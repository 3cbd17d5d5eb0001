"""Access matrix: which key may call which route, for which store."""

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.access.issuing import issue
from tests.access.target import AccessFixture

OF_A_STORE = {
    "/v1/stores/{store_id}": "GET PATCH DELETE",
    "/v1/stores/{store_id}/publication-activity": "GET",
    "/v1/stores/{store_id}/settings": "GET PUT",
    "/v1/stores/{store_id}/mapping": "GET PUT",
    "/v1/stores/{store_id}/mapping/preview": "POST",
    "/v1/stores/{store_id}/mapping/proposal": "GET",
    "/v1/stores/{store_id}/categories": "GET PUT",
    "/v1/stores/{store_id}/lights": "GET",
    "/v1/stores/{store_id}/versions/{part}": "GET",
    "/v1/stores/{store_id}/versions/{part}/{number}": "GET",
    "/v1/stores/{store_id}/versions/{part}/{number}/restore": "POST",
    "/v1/stores/{store_id}/activation": "GET PUT DELETE",
    "/v1/stores/{store_id}/catalogs": "GET POST",
    "/v1/stores/{store_id}/catalog-source": "GET PUT DELETE",
    "/v1/stores/{store_id}/catalog-source/pull": "POST",
    "/v1/stores/{store_id}/offers": "GET PATCH",
    "/v1/stores/{store_id}/offers/{sku}": "GET",
    "/v1/stores/{store_id}/offer": "GET",
    "/v1/stores/{store_id}/publications": "POST",
    "/v1/stores/{store_id}/errors": "GET",
    "/v1/stores/{store_id}/quarantine/release": "POST",
    "/v1/stores/{store_id}/drift-checks": "GET POST",
    "/v1/stores/{store_id}/listing-imports": "GET POST",
    "/v1/stores/{store_id}/listing-imports/{import_id}": "GET",
    "/v1/stores/{store_id}/unmatched-listings": "GET",
    "/v1/stores/{store_id}/unmatched-listings/decide": "POST",
    "/v1/stores/{store_id}/drift": "GET",
    "/v1/departures/{departure_id}": "GET",
    "/v1/departures/{departure_id}/listings": "GET",
    "/v1/catalogs/{catalog_id}": "GET",
    "/v1/catalogs/{catalog_id}/rows": "GET",
    "/v1/catalogs/{catalog_id}/rejected.csv": "GET",
    "/v1/stores/{store_id}/hook-secret": "GET POST DELETE",
    "/v1/publications/{publication_id}": "GET",
    "/v1/publications/{publication_id}/changes": "GET",
    "/v1/publications/{publication_id}/errors": "GET",
    "/v1/publications/{publication_id}/submissions": "GET",
    "/v1/publications/{publication_id}/rejected.csv": "GET",
    "/v1/publications/{publication_id}/approve": "POST",
    "/v1/publications/{publication_id}/reject": "POST",
    "/v1/stores/{store_id}/holds": "GET",
    "/v1/stores/{store_id}/plans": "POST",
    "/v1/plans/{plan_id}": "GET",
    "/v1/plans/{plan_id}/changes": "GET",
    "/v1/stores/{store_id}/orders/sync": "GET POST",
    "/v1/orders/{order_id}": "GET PATCH",
    "/v1/orders/{order_id}/accept": "POST",
    "/v1/orders/{order_id}/cancel": "POST",
    "/v1/orders/{order_id}/ship": "POST",
    "/v1/orders/{order_id}/refund": "POST",
    "/v1/orders/{order_id}/invoice": "POST",
    "/v1/orders/{order_id}/actions": "GET",
    "/v1/service-cases/{case_id}": "GET",
    "/v1/orders/{order_id}/actions/{action_id}": "GET",
    "/v1/seller-accounts/{account_id}": "GET PATCH",
    "/v1/seller-accounts/{account_id}/token": "PUT",
    "/v1/seller-accounts/{account_id}/budget": "GET",
    "/v1/stores/{store_id}/alert-channels": "GET POST",
    "/v1/stores/{store_id}/alert-channels/{channel_id}": "GET PATCH DELETE",
    "/v1/stores/{store_id}/alert-channels/{channel_id}/test": "POST",
    "/v1/webhook-endpoints/{endpoint_id}": "GET PATCH DELETE",
    "/v1/webhook-endpoints/{endpoint_id}/secret": "POST",
    "/v1/webhook-endpoints/{endpoint_id}/test": "POST",
    "/v1/webhook-endpoints/{endpoint_id}/replay": "POST",
    "/v1/webhook-endpoints/{endpoint_id}/deliveries": "GET",
    "/v1/webhook-endpoints/{endpoint_id}/deliveries/{event_id}": "GET",
}
LIVE = {
    "/v1/catalogs/{catalog_id}/events": "GET",
    "/v1/publications/{publication_id}/events": "GET",
}
"""Of a store, too; they go on for as long as something happens."""
OF_THE_ADMIN = {
    "/v1/stores": "POST",
    "/v1/api-keys": "GET POST",
    "/v1/api-keys/{key_id}": "DELETE",
}
OF_ANY_KEY = {
    "/v1/api-keys/current": "GET",
    "/v1/events": "GET",
    "/v1/event-tokens": "POST",
    "/v1/store-summaries": "GET",
    "/v1/seller-accounts": "GET",
    "/v1/departures": "GET",
    "/v1/audit": "GET",
    "/v1/webhook-endpoints": "GET POST",
    "/v1/stores": "GET",
    "/v1/publications": "GET",
    "/v1/orders": "GET",
    "/v1/orders/totals": "GET",
    "/v1/order-actions": "GET",
    "/v1/service-cases": "GET",
    "/v1/channel/attributes": "GET",
    "/v1/channel/carriers": "GET",
    "/v1/channel/categories": "GET",
}
OF_MANY_ORDERS = {"/v1/order-actions": "POST", "/v1/order-actions/tracking": "POST"}
"""The orders are in the body: each item has the answer that its order would have."""
OF_WHOLE_ACCOUNTS = {"/v1/buyers/export": "POST", "/v1/buyers/erase": "POST"}
"""Of the accounts of which the key has every store."""
OF_EVERY_STORE = {"/metrics": "GET"}
"""Of all stores at once: any key that is not limited to some."""
WITH_A_KEY = (
    *(OF_A_STORE, LIVE, OF_THE_ADMIN, OF_ANY_KEY, OF_MANY_ORDERS, OF_EVERY_STORE),
    OF_WHOLE_ACCOUNTS,
)
OPEN = {"/health/live": "GET", "/health/ready": "GET"}
SIGNED = {"/v1/hooks/stores/{store_id}/publish": "POST"}
"""No key opens these: their signature does, see tests/hooks."""
WITHOUT_SCHEMA = {"/openapi.json", "/docs", "/docs/start.js", "/docs/{name}"}


def routes_in(*tables: dict[str, str]) -> set[tuple[str, str]]:
    return {
        (method, path)
        for table in tables
        for path, methods in table.items()
        for method in methods.split()
    }


def test_every_route_is_in_the_access_matrix():
    app = create_app(Settings())

    served = {
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    unlisted = {path for r in app.routes if (path := getattr(r, "path", None))}

    assert served == routes_in(*WITH_A_KEY, OPEN, SIGNED)
    assert unlisted <= WITHOUT_SCHEMA


async def test_without_a_key_only_health_and_docs_respond(
    api: httpx.AsyncClient, target: AccessFixture
):
    asked = routes_in(*WITH_A_KEY)

    answers = {(m, p): await target.ask(api, m, p, None) for m, p in asked}
    free = [
        (await api.get(path, headers={"Authorization": ""})).status_code
        for path in ("/health/live", "/health/ready", "/docs", "/openapi.json")
    ]

    assert {r: a.status_code for r, a in answers.items()} == dict.fromkeys(asked, 401)
    assert {a.headers["content-type"] for a in answers.values()} == {
        "application/problem+json"
    }
    assert free == [200, 200, 200, 200]


async def test_a_foreign_store_is_404_on_every_route(
    api: httpx.AsyncClient, target: AccessFixture
):
    other = (await api.post("/v1/stores", json={"name": "B", "country": "DE"})).json()
    key = await issue(api, scope="write", store_ids=[other["id"]])
    asked = routes_in(OF_A_STORE, LIVE)

    answers = {(m, p): await target.ask(api, m, p, key) for m, p in asked}
    shown = await api.get("/v1/stores", headers={"Authorization": f"Bearer {key}"})
    runs = await api.get("/v1/publications", headers={"Authorization": f"Bearer {key}"})
    accounts = await api.get(
        "/v1/seller-accounts", headers={"Authorization": f"Bearer {key}"}
    )

    assert {r: a.status_code for r, a in answers.items()} == dict.fromkeys(asked, 404)
    assert [store["id"] for store in shown.json()["items"]] == [other["id"]]
    assert runs.json()["items"] == accounts.json()["items"] == []


async def test_a_foreign_store_is_indistinguishable_from_a_missing_one(
    api: httpx.AsyncClient, target: AccessFixture
):
    key = await issue(api, scope="write", store_ids=[])
    absent_ids = dict.fromkeys(target.ids, "01900000-0000-7000-8000-000000000000")
    nowhere = AccessFixture(absent_ids | {"part": "mapping", "number": "1"})
    hidden = ("instance", "request_id")

    for method, path in sorted(routes_in(OF_A_STORE, LIVE)):
        foreign = (await target.ask(api, method, path, key)).json()
        absent = (await nowhere.ask(api, method, path, key)).json()
        assert {k: v for k, v in foreign.items() if k not in hidden} == {
            k: v for k, v in absent.items() if k not in hidden
        }


async def test_orders_in_a_body_are_those_of_the_key(
    api: httpx.AsyncClient, target: AccessFixture
):
    other = (await api.post("/v1/stores", json={"name": "B", "country": "DE"})).json()
    foreign = await issue(api, scope="write", store_ids=[other["id"]])
    reading = await issue(api, scope="read", store_ids=[target.ids["store_id"]])

    for method, path in routes_in(OF_MANY_ORDERS):
        hidden = (await target.ask(api, method, path, foreign)).json()
        (result,) = hidden.get("items") or hidden["rows"]
        refused = await target.ask(api, method, path, reading)

        assert (result["state"], result["problem"]["code"]) == ("refused", "not_found")
        assert result["order_id"] is None
        assert (refused.status_code, refused.json()["code"]) == (403, "read_only")


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
async def test_what_is_about_all_stores_needs_a_key_of_all_stores(
    api: httpx.AsyncClient, target: AccessFixture, scope: str
):
    of_all = await issue(api, scope=scope)
    answers = {
        route: [await target.ask(api, *route, key) for key in (of_all, None)]
        for route in routes_in(OF_EVERY_STORE)
    }
    if scope != "admin":
        of_one = await issue(api, scope=scope, store_ids=[target.ids["store_id"]])
        for route, found in answers.items():
            found.append(await target.ask(api, *route, of_one))

    expected = [200, 401] if scope == "admin" else [200, 401, 403]
    assert {
        route: [answer.status_code for answer in found]
        for route, found in answers.items()
    } == dict.fromkeys(routes_in(OF_EVERY_STORE), expected)


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_only_the_admin_sees_keys_and_creates_stores(
    api: httpx.AsyncClient, target: AccessFixture, scope: str
):
    key = await issue(api, scope=scope)
    asked = routes_in(OF_THE_ADMIN)

    answers = {(m, p): await target.ask(api, m, p, key) for m, p in asked}

    assert {r: a.status_code for r, a in answers.items()} == dict.fromkeys(asked, 403)
    assert {a.json()["code"] for a in answers.values()} == {"admin_only"}


async def test_a_read_key_reads_its_store_and_changes_nothing(
    api: httpx.AsyncClient, target: AccessFixture
):
    key = await issue(api, scope="read", store_ids=[target.ids["store_id"]])
    asked = routes_in(OF_A_STORE)

    answers = {(m, p): await target.ask(api, m, p, key) for m, p in asked}

    refused = {r for r, a in answers.items() if a.status_code == 403}
    assert refused == {(m, p) for m, p in asked if m != "GET"}
    assert {answers[r].json()["code"] for r in refused} == {"read_only"}
    assert all(answers[r].status_code in {200, 404} for r in asked - refused)


async def test_a_write_key_of_a_store_changes_that_store_but_cannot_delete_it(
    api: httpx.AsyncClient, target: AccessFixture
):
    key = await issue(api, scope="write", store_ids=[target.ids["store_id"]])

    put = await target.ask(api, "PUT", "/v1/stores/{store_id}/settings", key)
    upload = await target.ask(api, "POST", "/v1/stores/{store_id}/catalogs", key)
    delete = await target.ask(api, "DELETE", "/v1/stores/{store_id}", key)

    assert (put.status_code, upload.status_code) == (200, 202)
    assert (delete.status_code, delete.json()["code"]) == (403, "admin_only")
