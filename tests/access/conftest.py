"""Fixtures for tests of access."""

import httpx
import pytest

from tests.access.samples import a_case, a_departure
from tests.access.target import CHANNEL, AccessFixture, an_event, an_order, endpoint_of
from tests.support.shop import CATEGORIES, MAPPING, fresh_token


@pytest.fixture
async def target(api: httpx.AsyncClient, database_url: str) -> AccessFixture:
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    path = f"/v1/stores/{store['id']}"
    token = {"environment": "sandbox", "token": fresh_token()}
    await api.put(f"{path}/settings", json=token)
    await api.put(f"{path}/mapping", json=MAPPING)
    await api.put(f"{path}/categories", json=CATEGORIES)
    assert (await api.put(f"{path}/activation")).status_code == 200
    catalog = await api.post(
        f"{path}/catalogs", content=b"a;b\n1;2", headers={"Content-Type": "text/csv"}
    )
    publication = await api.post(f"{path}/publications", json={})
    plan = await api.post(f"{path}/plans", json={})
    listing_import = await api.post(f"{path}/listing-imports")
    account = (await api.get("/v1/seller-accounts")).json()["items"][0]
    await api.post(f"{path}/orders/sync")
    order_id = an_order(database_url, account["id"])
    action = await api.post(f"/v1/orders/{order_id}/accept")
    departure = a_departure(database_url, store["id"])
    endpoint = await api.post("/v1/webhook-endpoints", json=endpoint_of(store["id"]))
    channel = await api.post(f"{path}/alert-channels", json=CHANNEL)
    return AccessFixture(
        {
            "channel_id": channel.json()["id"],
            "order_id": order_id,
            "action_id": action.json()["id"],
            "case_id": a_case(database_url, account["id"], order_id),
            "store_id": store["id"],
            "catalog_id": catalog.json()["id"],
            "publication_id": publication.json()["id"],
            "plan_id": plan.json()["id"],
            "departure_id": departure,
            "import_id": listing_import.json()["id"],
            "account_id": account["id"],
            "key_id": "01900000-0000-7000-8000-000000000000",
            "endpoint_id": endpoint.json()["id"],
            "event_id": an_event(database_url, store["id"]),
            "sku": "A1",
            "part": "mapping",
            "number": "1",
        }
    )
