"""No price below the floor is sent; a price above the maximum has a warning."""

from decimal import Decimal

import pytest

from app.offers.price_floor import Margin
from app.publications.planning.request import Guard
from tests.publications.plan_table import (
    CREATED,
    Tables,
    change,
    fresh,
    in_words,
    modified,
    new,
    online,
)
from tests.support.shop import COLUMNS, MAPPING, Shop, as_csv, row

BELOW = {"outcome": "held", "code": "below_floor"}


@pytest.mark.parametrize(
    ("cost", "cpa", "margin", "floor"),
    [
        pytest.param("90", "10", Margin(), "100.00", id="cost and commission"),
        pytest.param("90", None, Margin(), "90.00", id="no commission known"),
        pytest.param("90", "0", Margin(Decimal(10)), "99.00", id="percent of the cost"),
        pytest.param(
            "80",
            "10",
            Margin(Decimal(1), Decimal(10)),
            "100.00",
            id="the larger counts",
        ),
        pytest.param("100", "7", Margin(), "107.53", id="rounded up to a cent"),
        pytest.param("0", "10", Margin(), "0.00", id="it costs nothing"),
        pytest.param("1", "100", Margin(), "9999999.99", id="all of it is commission"),
    ],
)
async def test_the_price_floor(tables: Tables, cost, cpa, margin, floor):
    low = Decimal(floor) - Decimal("0.01")
    exact = online("EXACT", cost=cost, cpa=cpa, price=floor)
    cheap = online("LOW", cost=cost, cpa=cpa, price=low)
    tables.offers(tables.store_id, [exact, cheap] if low > 0 else [exact])

    _, planned = await tables.plan(guard=Guard(margin=margin))

    codes = {change["sku"]: change["code"] for change in planned}
    assert codes.get("EXACT") is None
    assert codes.get("LOW") == ("below_floor" if low > 0 else None)


@pytest.mark.parametrize(
    ("offer", "changes"),
    [
        pytest.param(
            online(price="90", quantity=3, cost="95"),
            [
                modified("stock_down", {"quantity": 5}, {"quantity": 3}),
                modified(
                    "stock_down", {"price": "100.00"}, {"price": "90.00"}, **BELOW
                ),
            ],
            id="less stock is sent without the price",
        ),
        pytest.param(
            online(price="90", quantity=9, cost="95"),
            [
                modified(
                    "price",
                    {"price": "100.00", "quantity": 5},
                    {"price": "90.00", "quantity": 9},
                    **BELOW,
                )
            ],
            id="more stock does not",
        ),
        pytest.param(
            online(quantity=9, cost="101"),
            [modified("stock_up", {"quantity": 5}, {"quantity": 9}, **BELOW)],
            id="more stock at a price that loses already",
        ),
        pytest.param(
            online(quantity=3, cost="101"),
            [modified("stock_down", {"quantity": 5}, {"quantity": 3})],
            id="less stock at a price that loses already",
        ),
        pytest.param(fresh(cost="101"), [new(**BELOW)], id="a new offer"),
        pytest.param(fresh(cost="99"), [new()], id="a new offer that earns"),
        pytest.param(
            fresh(cost="101", in_error=True),
            [change("in_error", "repeat", {}, CREATED, **BELOW)],
            id="one that was refused",
        ),
        pytest.param(online(cost="101"), [], id="nothing differs"),
    ],
)
async def test_a_change_below_the_floor_sends_only_its_other_fields(
    tables: Tables, offer, changes
):
    tables.offers(tables.store_id, [offer])

    summary, planned = await tables.plan()

    assert [in_words(row) for row in planned] == changes
    held = sum(n for key, n in summary.counts.items() if key.endswith(".held"))
    assert held == sum(row["outcome"] == "held" for row in changes)


async def test_a_price_above_the_listings_maximum_is_flagged(tables: Tables):
    tables.offers(
        tables.store_id,
        [
            online("OVER", price="120.01", max_price="120"),
            online("FITS", price="120.00", max_price="120"),
            online("UNKNOWN", price="999"),
            online("STOCK", quantity=1, max_price="50"),
        ],
    )

    _, planned = await tables.plan()

    assert {row["sku"]: row["warnings"] for row in planned} == {
        "OVER": ["above_max_price"],
        **dict.fromkeys(("FITS", "UNKNOWN", "STOCK")),
    }


async def settings(shop: Shop, **more: object) -> None:
    body = {"environment": "sandbox", **more}
    path = f"/v1/stores/{shop.store_id}/settings"
    assert (await shop.api.put(path, json=body)).status_code == 200


async def test_cost_and_floor_are_shown_and_prices_below_are_not_published(shop: Shop):
    attributes = MAPPING["attributes"] | {"cost": {"column": "cost"}}
    path = f"/v1/stores/{shop.store_id}/mapping"
    await shop.api.put(path, json={"attributes": attributes})
    await settings(shop, minimum_margin={"amount": "18.00", "percent": "1"})
    rows = [row("A", cost="90"), row("B", price="119.99", cost="90,00 EUR"), row("C")]
    await shop.upload_bytes(as_csv(rows, (*COLUMNS, "cost")))

    run = await shop.publish()
    offers = await shop.offers()

    assert {o["sku"]: (o["cost"], o["floor"]) for o in offers.values()} == {
        "A": ("90.00", "120.00"),
        "B": ("90.00", "120.00"),
        "C": (None, None),
    }
    assert set(await shop.listings()) == {"A", "C"}
    (held,) = await shop.changes(run, outcome="held")
    assert (held["sku"], held["code"]) == ("B", "below_floor")
    assert not any("cost" in str(line) for line in await shop.ledger())


async def test_a_cost_that_is_no_longer_mapped_is_deleted(shop: Shop):
    path = f"/v1/stores/{shop.store_id}/mapping"
    with_cost = MAPPING["attributes"] | {"cost": {"constant": "250"}}
    await shop.api.put(path, json={"attributes": with_cost})
    await shop.upload([row("A")])
    held = await shop.publish()

    await shop.api.put(path, json=MAPPING)
    run = await shop.publish()

    assert held["counts"]["by_outcome"] == {"held": 1}
    assert run["counts"]["by_outcome"] == {"accepted": 1}
    assert (await shop.offers())["A"]["cost"] is None


async def test_the_maximum_is_read_from_the_listing_and_leads_to_a_warning(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    known = (await shop.offers())["A"]["max_price"]
    await shop.upload([row("A", price=str(Decimal(known) + 1))])

    made = await shop.api.post(f"/v1/stores/{shop.store_id}/plans", json={})
    plan = await shop.wait_for(made.headers["Location"], ("ready",))
    changes = await shop.api.get(f"/v1/plans/{plan['id']}/changes")

    (change,) = changes.json()["items"]
    assert [w["code"] for w in change["warnings"]] == ["above_max_price"]
