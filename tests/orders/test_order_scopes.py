"""Which orders of an account a store shows, and who may widen that."""

import httpx

from tests.orders.desk import Desk
from tests.support.shop import open_shop


async def test_two_stores_of_one_account_share_a_sync(desk: Desk, sandbox_url: str):
    other = await open_shop(
        desk.api, sandbox_url, country="DE", token=desk.shop.token, active=False
    )
    await desk.seed(4, countries=["FR", "DE"])
    counter = await desk.count_requests("/ws/orders")

    await desk.sync()

    assert await desk.counted(counter) == 1
    french = await desk.listed(store_id=desk.shop.store_id)
    german = await desk.listed(store_id=other.store_id)
    assert {order["country"] for order in french} == {"FR"}
    assert {order["country"] for order in german} == {"DE"}
    assert (len(french), len(german)) == (2, 2)


async def test_a_store_with_scope_all_countries_sees_every_order(desk: Desk):
    await desk.seed(6, countries=["FR", "DE", "GB"])
    await desk.sync()
    assert {o["country"] for o in await desk.listed()} == {"FR"}

    answer = await desk.api.put(
        f"/v1/stores/{desk.shop.store_id}/settings",
        json={"environment": "sandbox", "order_scope": "all_countries"},
    )

    assert answer.status_code == 200
    assert {o["country"] for o in await desk.listed()} == {"FR", "DE", "GB"}


async def key_of(api: httpx.AsyncClient, *store_ids: str) -> dict[str, str]:
    body = {"name": "k", "scope": "write", "store_ids": list(store_ids)}
    key = await api.post("/v1/api-keys", json=body)
    return {"Authorization": f"Bearer {key.json()['key']}"}


async def test_a_key_of_one_store_cannot_widen_it_to_the_orders_of_the_account(
    desk: Desk, sandbox_url: str
):
    other = await open_shop(
        desk.api, sandbox_url, country="DE", token=desk.shop.token, active=False
    )
    path = f"/v1/stores/{desk.shop.store_id}/settings"
    wide = {"environment": "sandbox", "order_scope": "all_countries"}
    one = await key_of(desk.api, desk.shop.store_id)
    both = await key_of(desk.api, desk.shop.store_id, other.store_id)

    refused = await desk.api.put(path, json=wide, headers=one)
    taken = await desk.api.put(path, json=wide, headers=both)
    kept = await desk.api.put(path, json=wide, headers=one)

    assert (refused.status_code, refused.json()["code"]) == (403, "account_wide")
    assert (taken.status_code, kept.status_code) == (200, 200)
