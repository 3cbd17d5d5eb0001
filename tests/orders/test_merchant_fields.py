"""A merchant's own numbers, tags and note of an order."""

from typing import Any

import httpx
import pytest

from app.orders.merchant_fields import unique_tags
from tests.events.recorded import data_of
from tests.orders.desk import Desk

NOTED = {
    "merchant_order_id": "SO-1001",
    "invoice_number": "INV 77/3",
    "tags": ["Gift", "VIP"],
    "note": "Call first.\nTwice.",
}


@pytest.fixture
async def order(desk: Desk) -> dict[str, Any]:
    return await desk.new_order("A1")


async def patch(
    desk: Desk, order: dict[str, Any], body: Any, **headers: str
) -> httpx.Response:
    return await desk.api.patch(f"/v1/orders/{order['id']}", json=body, headers=headers)


async def test_fields_are_set_kept_and_removed(desk: Desk, order: dict[str, Any]):
    first = await patch(desk, order, NOTED)
    second = await patch(desk, order, {"note": None, "tags": ["new"]})

    assert first.status_code == 200, first.text
    assert {name: first.json()[name] for name in NOTED} == NOTED
    now = await desk.order(order["marketplace_id"])
    assert now["merchant_order_id"] == "SO-1001"
    assert (now["tags"], now["note"]) == (["new"], None)
    assert second.json()["version"] == order["version"] + 2
    assert second.headers["etag"] == f'"{now["version"]}"'


async def test_the_same_values_change_no_version(desk: Desk, order: dict[str, Any]):
    first = await patch(desk, order, NOTED)
    again = await patch(desk, order, NOTED)

    assert again.json() == first.json()


async def test_fetching_the_order_keeps_what_the_merchant_noted(
    desk: Desk, order: dict[str, Any]
):
    await patch(desk, order, NOTED)
    await desk.edit(order["marketplace_id"], tracking_number="T 1")
    await desk.sync()

    now = await desk.order(order["marketplace_id"])

    assert now["tracking_number"] == "T 1"
    assert {name: now[name] for name in NOTED} == NOTED
    assert await desk.numbers(tag="gift") == [order["marketplace_id"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tag": "gift"}, 1),
        ({"tag": "VIP", "merchant_order_id": "SO-1001"}, 1),
        ({"tag": "gif"}, 0),
        ({"merchant_order_id": "SO-100"}, 0),
        ({"merchant_order_id": "so-1001"}, 0),
        ({"tag": "gift", "state": "processed"}, 0),
        ({"q": "so-1001"}, 1),
        ({"q": "inv 77/3"}, 1),
        ({"q": "vip"}, 0),
        ({"tag": "%"}, 0),
    ],
)
async def test_orders_are_found_by_what_the_merchant_noted(
    desk: Desk, order: dict[str, Any], query: dict[str, str], found: int
):
    await desk.buy("B2")
    await desk.sync()
    await patch(desk, order, NOTED)

    numbers = await desk.numbers(**query)

    assert numbers == [order["marketplace_id"]] * found


async def test_a_stale_version_changes_nothing(desk: Desk, order: dict[str, Any]):
    current = f'"{order["version"]}"'

    stale = await patch(desk, order, NOTED, **{"If-Match": '"99"'})
    fresh = await patch(desk, order, {"note": "x"}, **{"If-Match": current})
    again = await patch(desk, order, {"note": "y"}, **{"If-Match": current})

    assert [stale.status_code, fresh.status_code, again.status_code] == [412, 200, 412]
    assert fresh.json()["tags"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"tags": ["x"] * 21}, "tags"),
        ({"tags": ["x" * 51]}, "tags"),
        ({"tags": [" "]}, "tags"),
        ({"tags": ["a\x00"]}, "tags"),
        ({"merchant_order_id": "x" * 101}, "merchant_order_id"),
        ({"merchant_order_id": ""}, "merchant_order_id"),
        ({"invoice_number": "a\nb"}, "invoice_number"),
        ({"note": "x" * 5001}, "note"),
        ({"note": "\x00"}, "note"),
        ({"notes": "x"}, "notes"),
    ],
)
async def test_an_invalid_change_is_refused(
    desk: Desk, order: dict[str, Any], body: dict[str, Any], field: str
):
    answer = await patch(desk, order, body)

    assert answer.status_code == 422, answer.text
    assert field in answer.json()["errors"][0]["field"]


async def test_a_change_is_audited_without_the_note(desk: Desk, order: dict[str, Any]):
    await patch(desk, order, NOTED)

    answer = await desk.api.get("/v1/audit", params={"subject_id": order["id"]})

    (entry,) = answer.json()["items"]
    assert entry["action"] == "order.changed"
    assert "Call first" not in answer.text
    assert "SO-1001" in answer.text


async def test_a_change_is_an_event_that_names_the_fields_only(
    desk: Desk, order: dict[str, Any], database_url: str
):
    await patch(desk, order, NOTED)
    await patch(desk, order, NOTED)
    await patch(desk, order, {"note": None}, **{"If-Match": '"1"'})
    await desk.edit(order["marketplace_id"], tracking_number="T 1")
    await desk.sync()

    updated = data_of(database_url, "order.updated")

    seen = [(e["version"], e["changed_by"], e.get("changed_fields")) for e in updated]
    assert seen == [(2, "merchant", sorted(NOTED)), (3, "back_market", None)]
    assert {each["order_id"] for each in updated} == {order["id"]}
    assert "Call first" not in str(updated)


def test_equal_tags_are_one():
    assert unique_tags(["a", "B", "A", "b", "c"]) == ["a", "B", "c"]
