"""Sales lower the live quantity; a newer statement of the merchant is the truth."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.drift.drift_shop import buy
from tests.publications.conftest import Sql
from tests.publications.watching import eventually
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


async def test_a_cancellation_brings_the_drift_check_forward(shop: Shop, sql: Sql):
    """Back Market may put the pieces back into the listing, and no answer says so."""
    await publish_all(shop, 4)
    await sell(shop, "A", 1)
    later = "SELECT next_drift_check_at < now() + interval '31 minutes' FROM store"
    await sql("UPDATE store SET next_drift_check_at = now() + interval '20 hours'")
    await sync(shop)
    before = await sql(later)

    (order,) = (await shop.api.get("/v1/orders")).json()["items"]
    path = f"/orders/{order['marketplace_id']}/cancel"
    await shop.sandbox("POST", path, json={"restock": True})
    await sync(shop)

    assert (before, await sql(later)) == ([(False,)], [(True,)])
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


async def overwrite_a_sale(shop: Shop) -> None:
    """One of 4 is sold; then an older statement of 6 is sent: one piece too many."""
    await publish_all(shop, 4)
    await buy(shop, "A", 1)
    before = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    await publish_all(shop, 6, as_of=before)


async def test_a_sale_that_is_known_late_is_subtracted_from_an_older_statement(
    shop: Shop,
):
    await overwrite_a_sale(shop)
    await sync(shop)
    await shop.publish()
    assert await quantity_of(shop) == 5


async def test_a_sale_whose_listing_cannot_be_read_is_corrected_by_a_later_sync(
    shop: Shop,
):
    await overwrite_a_sale(shop)
    await shop.fault("answer", status=500, path="/ws/listings/detail")
    await sync(shop)
    await shop.publish()
    wrong = await quantity_of(shop)

    await shop.clear_faults()
    await sync(shop)
    await shop.publish()

    assert (wrong, await quantity_of(shop)) == (6, 5)


@pytest.mark.parametrize("stated_again", [False, True])
async def test_a_sale_known_before_the_response_to_a_quantity_lowers_it(
    shop: Shop, *, stated_again: bool
):
    await publish_all(shop, 4)
    await shop.upload([row("A", quantity=6)])
    await shop.hold_answer(method="POST", path="/ws/listings/*")
    run = await shop.publish(wait=False)
    await eventually(shop.answer_is_held)
    await sell(shop, "A", 1)
    await shop.clear_faults()
    await shop.wait_for(f"/v1/publications/{run['id']}", ("finished",))

    if stated_again:
        await shop.upload([row("A", quantity=6)])
    changes = await shop.changes(await shop.publish())

    assert len(changes) == stated_again
    assert await quantity_of(shop) == 5 + stated_again


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
