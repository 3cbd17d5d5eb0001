"""Requests of actions: idempotency, versions, access."""

import httpx
import pytest

from tests.orders.desk import Desk, line_ids, names
from tests.support.shop import open_shop


@pytest.fixture
async def idle(desk: Desk, worker) -> Desk:
    """A desk whose worker has gone home: what is asked for stays open."""
    await desk.buy("A1", "B2")
    await desk.sync()
    await worker.stop()
    return desk


async def the_order(desk: Desk):
    (order,) = await desk.listed()
    return (await desk.api.get(f"/v1/orders/{order['id']}")).json()


async def test_a_repeated_request_returns_the_same_action(idle: Desk):
    order = await the_order(idle)

    first = await idle.ask(order, "accept")
    second = await idle.ask(order, "accept", {"lines": line_ids(order)})

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["Retry-After"]


async def test_another_action_on_the_same_line_is_a_conflict(idle: Desk):
    order = await the_order(idle)
    first, second = line_ids(order)
    accepted = await idle.ask(order, "accept", {"lines": [first]})

    refused = await idle.ask(order, "cancel")
    other_line = await idle.ask(order, "cancel", {"lines": [second]})

    assert (refused.status_code, refused.json()["code"]) == (409, "action_open")
    assert refused.json()["action_id"] == accepted.json()["id"]
    assert other_line.status_code == 202


async def test_lines_of_an_open_action_allow_no_other(idle: Desk):
    order = await the_order(idle)
    first, second = line_ids(order)

    asked = await idle.ask(order, "accept", {"lines": [first]})

    now = await the_order(idle)
    assert now["open_action_ids"] == [asked.json()["id"]]
    assert [allowed["lines"] for allowed in now["allowed_actions"]] == [[second]] * 2
    assert names(now) == ["accept", "cancel"]


async def test_an_action_based_on_an_old_version_is_refused(idle: Desk):
    order = await the_order(idle)
    answer = await idle.api.get(f"/v1/orders/{order['id']}")
    current = answer.headers["ETag"]

    stale = await idle.ask(order, "accept", None, **{"If-Match": '"99"'})
    fresh = await idle.ask(order, "accept", None, **{"If-Match": current})

    assert (stale.status_code, stale.json()["current"]) == (412, current)
    assert fresh.status_code == 202


async def test_accept_needs_no_body(idle: Desk):
    order = await the_order(idle)

    answer = await idle.api.post(f"/v1/orders/{order['id']}/accept")

    assert answer.status_code == 202


async def test_actions_are_listed_newest_first(idle: Desk):
    order = await the_order(idle)
    first, second = line_ids(order)
    one = (await idle.ask(order, "accept", {"lines": [first]})).json()
    two = (await idle.ask(order, "cancel", {"lines": [second]})).json()

    path = f"/v1/orders/{order['id']}/actions"
    page = (await idle.api.get(path, params={"limit": 1})).json()
    rest = (await idle.api.get(path, params={"cursor": page["next"]})).json()

    assert [item["id"] for item in page["items"]] == [two["id"]]
    assert [item["id"] for item in rest["items"]] == [one["id"]]


async def test_a_key_sees_only_what_its_stores_see(
    idle: Desk, api: httpx.AsyncClient, sandbox_url: str
):
    order = await the_order(idle)
    other = await open_shop(api, sandbox_url, active=False)
    german = await open_shop(
        api, sandbox_url, country="DE", token=idle.shop.token, active=False
    )
    body = {
        "name": "k",
        "scope": "write",
        "store_ids": [other.store_id, german.store_id],
    }
    key = (await api.post("/v1/api-keys", json=body)).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    path = f"/v1/orders/{order['id']}"

    for method, where in (
        ("GET", path),
        ("POST", f"{path}/accept"),
        ("GET", f"{path}/actions"),
        ("GET", f"/v1/orders?store_id={idle.shop.store_id}"),
        ("POST", f"/v1/stores/{idle.shop.store_id}/orders/sync"),
    ):
        answer = await api.request(method, where, headers=headers)
        assert answer.status_code == 404, where
    listed = await api.get("/v1/orders", headers=headers)
    assert listed.json()["items"] == []


async def test_a_read_key_cannot_request_actions(idle: Desk):
    order = await the_order(idle)
    body = {"name": "k", "scope": "read", "store_ids": [idle.shop.store_id]}
    key = (await idle.api.post("/v1/api-keys", json=body)).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}

    read = await idle.api.get(f"/v1/orders/{order['id']}", headers=headers)
    acted = await idle.ask(order, "accept", None, **headers)

    assert (read.status_code, acted.status_code) == (200, 403)
