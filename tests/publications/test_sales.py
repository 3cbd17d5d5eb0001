"""Sales lower the live quantity; a newer statement of the merchant is the truth."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.drift.drift_shop import buy
from tests.support.shop import Shop, as_csv, row


async def sync(shop: Shop) -> None:
    path = f"/v1/stores/{shop.store_id}/orders/sync"
    answer = await shop.api.post(path)
    assert answer.status_code == 202, answer.text
    await shop.wait_for(answer.headers["Location"], ("done", "failed"))


async def sell(shop: Shop, sku: str, units: int) -> None:
    """A buyer orders, and the order is fetched."""
    await buy(shop, sku, units)
    await sync(shop)


async def publish_all(shop: Shop, quantity: int, **query: str) -> list[Any]:
    """Upload `A` with this quantity and publish; returns the changes."""
    body = as_csv([row("A", quantity=quantity)])
    await shop.upload_bytes(body, **query)
    return await shop.changes(await shop.publish())


async def quantity_of(shop: Shop, sku: str = "A") -> int:
    return int((await shop.listings())[sku]["quantity"])


async def patch(shop: Shop, **item: Any) -> dict[str, Any]:
    path = f"/v1/stores/{shop.store_id}/offers"
    answer = await shop.api.patch(path, json={"items": [{"sku": "A", **item}]})
    assert answer.status_code == 202, answer.text
    await shop.wait_for(answer.headers["Location"], ("finished", "failed"))
    return dict(answer.json())


async def test_stock_is_restored_by_a_statement_newer_than_the_sale(shop: Shop):
    await publish_all(shop, 4)
    await sell(shop, "A", 4)
    assert await quantity_of(shop) == 0

    changes = await publish_all(shop, 4)

    assert [(c["before"], c["after"]) for c in changes] == [
        ({"quantity": 0}, {"quantity": 4})
    ]
    assert await quantity_of(shop) == 4


async def test_the_same_bytes_speak_for_the_new_time(shop: Shop):
    await publish_all(shop, 4)
    await sell(shop, "A", 4)
    await publish_all(shop, 4)
    await sell(shop, "A", 3)
    await publish_all(shop, 4)
    assert await quantity_of(shop) == 4


async def test_a_quick_update_newer_than_the_sale_restores_stock(shop: Shop):
    await publish_all(shop, 4)
    await sell(shop, "A", 4)
    await patch(shop, quantity=4)
    assert await quantity_of(shop) == 4


async def test_a_number_that_follows_the_sale_costs_no_line(shop: Shop):
    await publish_all(shop, 4)
    await sell(shop, "A", 1)
    lines = len(await shop.ledger())

    changes = await publish_all(shop, 3)

    assert changes == []
    assert len(await shop.ledger()) == lines


async def test_without_a_new_statement_a_sale_sends_nothing(shop: Shop):
    await publish_all(shop, 4)
    await sell(shop, "A", 1)
    assert await shop.changes(await shop.publish()) == []
    assert (await shop.offers())["A"]["state"] == "published"
    assert await quantity_of(shop) == 3


@pytest.mark.parametrize(("stated", "shown"), [(4, 3), (9, 3), (2, 1), (0, 0)])
async def test_an_older_statement_is_reduced_and_never_raises_stock(
    shop: Shop, stated: int, shown: int
):
    await publish_all(shop, 4)
    before = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    await sell(shop, "A", 1)
    await publish_all(shop, stated, as_of=before)
    assert await quantity_of(shop) == shown


async def test_a_sale_that_is_known_late_is_subtracted_from_an_older_statement(
    shop: Shop,
):
    await publish_all(shop, 4)
    await buy(shop, "A", 1)
    before = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    await publish_all(shop, 6, as_of=before)
    await sync(shop)
    await shop.publish()
    assert await quantity_of(shop) == 5


async def test_open_orders_are_subtracted_where_the_merchant_does_not(shop: Shop):
    settings = f"/v1/stores/{shop.store_id}/settings"
    current = (await shop.api.get(settings)).json()
    known = {"token_set", "seller_account_id"}
    body = {k: v for k, v in current.items() if k not in known}
    answer = await shop.api.put(settings, json=body | {"open_orders": "subtract"})
    assert answer.status_code == 200, answer.text
    await publish_all(shop, 4)
    await sell(shop, "A", 1)
    await publish_all(shop, 4)
    assert await quantity_of(shop) == 3
