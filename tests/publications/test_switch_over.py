"""Sellers with many live listings: the first run sends what differs, harms nothing."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tests.drift.live_seller import listing, put_on_sale, unmatched
from tests.support.shop import COLUMNS, EANS, MAPPING, Shop, as_csv, open_shop, row

EQUAL, REPRICED, FOREIGN, NEW = 4_850, 50, 100, 50


def many(prefix: str, number: int) -> list[str]:
    return [f"{prefix}-{place:04}" for place in range(number)]


async def test_of_5000_listings_only_what_differs_is_planned_and_sent(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False, brake={})
    equal, repriced, new = many("EQ", EQUAL), many("PR", REPRICED), many("NEW", NEW)
    online = [*equal, *repriced, *many("OLD", FOREIGN)]
    await put_on_sale(shop, [listing(sku) for sku in online])
    rows = [row(sku) for sku in equal]
    rows += [row(sku, price="189.90") for sku in repriced]
    rows += [row(sku, ean=EANS[place]) for place, sku in enumerate(new)]
    await shop.upload(rows)

    plan = await create_plan(shop)
    publication = await shop.publish()

    expected = {sku: ("modified", {"price": "189.90"}) for sku in repriced}
    planned = await changes_of(shop, plan)
    assert {c["sku"] for c in planned} == {*repriced, *new}
    assert {c["sku"]: (c["reason"], c["after"]) for c in planned}.items() >= (
        expected.items()
    )
    assert {c["reason"] for c in planned if c["sku"] in set(new)} == {"new"}
    assert publication["plan_hash"] == plan["content_hash"]
    sent = Counter((line["sku"], line["result"]) for line in await shop.ledger())
    assert sent == Counter(
        [(sku, "updated") for sku in repriced] + [(sku, "created") for sku in new]
    )
    assert (await unmatched(shop))["totals"]["undecided"] == FOREIGN


async def test_a_live_listing_whose_row_says_0_goes_out_first(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False)
    await put_on_sale(shop, [listing("ZZ-SOLD-OUT"), listing("PRICE")])
    rows = [row(sku, ean=EANS[n]) for n, sku in enumerate(many("A-NEW", 30))]
    rows += [row("PRICE", price="189.90"), row("ZZ-SOLD-OUT", quantity=0)]
    await shop.upload(rows)

    publication = await shop.publish()

    first, second, *others = await shop.changes(publication)
    assert (first["sku"], first["reason"]) == ("ZZ-SOLD-OUT", "modified")
    assert (first["before"], first["after"]) == ({"quantity": 5}, {"quantity": 0})
    assert second["sku"] == "PRICE"
    assert {change["reason"] for change in others} == {"new"}
    assert (await shop.ledger())[0]["sku"] == "ZZ-SOLD-OUT"


@pytest.mark.parametrize(
    ("online", "in_row", "code"),
    [
        ({}, {}, "brake_price"),
        ({"min_price": "250.00"}, {}, "below_floor"),
        ({"min_price": "250.00"}, {"min_price": "2.50"}, "brake_price"),
        ({}, {"min_price": "2.50"}, "brake_price"),
    ],
    ids=["prices", "min_price_online", "min_price_lowered", "min_price_new"],
)
async def test_prices_of_200_listings_that_lost_two_digits_are_held(
    api: Any,
    worker: Any,
    sandbox_url: str,
    online: Mapping[str, str],
    in_row: Mapping[str, str],
    code: str,
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False, brake={})
    skus = many("A", 200)
    await put_on_sale(shop, [listing(sku, price="300.00", **online) for sku in skus])
    await map_columns(shop, *COLUMNS, *in_row)
    rows = [row(sku, price="3.00", **in_row) for sku in skus]
    await shop.upload_bytes(as_csv(rows, (*COLUMNS, *in_row)))

    publication = await shop.publish()

    found = Counter((c["outcome"], c["code"]) for c in await shop.changes(publication))
    assert found == {("held", code): 200}
    assert await shop.ledger() == []
    assert {each["price"] for each in (await shop.listings()).values()} == {"300.00"}


async def map_columns(shop: Shop, *names: str) -> None:
    attributes = MAPPING["attributes"] | {name: {"column": name} for name in names}
    path = f"/v1/stores/{shop.store_id}/mapping"
    answer = await shop.api.put(path, json={"attributes": attributes})
    assert answer.status_code == 200, answer.text


async def create_plan(shop: Shop) -> dict[str, Any]:
    path = f"/v1/stores/{shop.store_id}/plans"
    answer = await shop.api.post(path, json={"kind": "offers"})
    return await shop.wait_for(answer.headers["Location"], ("ready", "failed"))


async def changes_of(shop: Shop, plan: Mapping[str, Any]) -> list[Any]:
    answer = await shop.api.get(f"/v1/plans/{plan['id']}/changes?limit=1000")
    return list(answer.json()["items"])
