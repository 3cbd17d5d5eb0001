"""The plan of listings that are online in markets without a store of the account."""

import pytest

from app.publications.planning.request import Guard
from app.stores.settings.brake import Brake
from tests.publications.plan_table import (
    CREATED,
    EAN,
    IDENTITY_MISMATCH,
    Row,
    Tables,
    absent,
    change,
    fresh,
    in_words,
    modified,
    online,
    retained,
)

CODES = {None: "live_in_other_market", "protect": "other_market_protected"}


def elsewhere(tables: Tables, markets: str = "{DE}", sku_key: str = "a") -> None:
    """The listing is online in these markets; the stores are French."""
    tables.insert(
        "other_market_listing",
        account_id=tables.account_id,
        sku_key=sku_key,
        markets=markets,
    )


def decide(tables: Tables, decision: str | None) -> None:
    tables.execute("UPDATE seller_account SET other_markets = %s", decision)


def held(lane: str, before: Row, after: Row, reason: str = "modified") -> Row:
    return change(
        reason, lane, before, after, outcome="held", code="live_in_other_market"
    )


MOVES = {"quantity": 5}, {"quantity": 2}
LESS = held("stock_down", *MOVES)
PRICE = modified("price", {"price": "100.00"}, {"price": "90.00"})
UNDECIDED = [
    pytest.param(online(quantity=2), [LESS], id="less stock: held"),
    pytest.param(
        online(quantity=9),
        [held("stock_up", {"quantity": 5}, {"quantity": 9})],
        id="more stock: held",
    ),
    pytest.param(
        online(quantity=0),
        [held("stock_down", {"quantity": 5}, {"quantity": 0})],
        id="sold out: held",
    ),
    pytest.param(
        absent(),
        [held("stock_down", {"quantity": 5}, {"quantity": 0}, "disappeared")],
        id="no longer in the catalog: held",
    ),
    pytest.param(
        online(quantity=2, price="90"),
        [PRICE, LESS],
        id="another price too: the price is sent",
    ),
    pytest.param(
        online(quantity=2, comment="ok"),
        [modified("content", {}, {"comment": "ok"}), LESS],
        id="content too: it is sent",
    ),
    pytest.param(online(price="90"), [PRICE], id="the same quantity: nothing is held"),
    pytest.param(
        fresh(),
        [held("new", {}, CREATED, "new")],
        id="not yet listed in this market: a new listing would set the quantity",
    ),
    pytest.param(retained(2), [LESS], id="an invalid row with less stock: held"),
    pytest.param(
        online(quantity=2, grade="FAIR"),
        [
            modified(
                "content",
                {"ean": EAN, "grade": "GOOD"},
                {"ean": EAN, "grade": "FAIR"},
                **IDENTITY_MISMATCH,
            )
        ],
        id="another grade: rejected, nothing would be sent",
    ),
]


@pytest.mark.parametrize(("offer", "changes"), UNDECIDED)
async def test_quantities_are_held_until_the_account_decides(
    tables: Tables, offer, changes
):
    tables.offers(tables.store_id, [offer])
    elsewhere(tables)

    summary, planned = await tables.plan()

    assert [in_words(row) for row in planned] == changes
    number = sum(row["outcome"] == "held" for row in changes)
    counted = {k: n for k, n in summary.counts.items() if k.endswith(".held")}
    assert sum(counted.values()) == number


@pytest.mark.parametrize(
    ("decision", "markets", "sku_key", "outcomes"),
    [
        pytest.param("share", "{DE}", "a", ["planned"], id="share: sent"),
        pytest.param("protect", "{DE}", "a", ["held"], id="protect: held"),
        pytest.param(None, "{FR}", "a", ["planned"], id="a market with a store: sent"),
        pytest.param(None, "{DE,FR}", "a", ["held"], id="one of two: held"),
        pytest.param(None, "{DE}", "b", ["planned"], id="another listing: sent"),
    ],
)
async def test_the_decision_and_the_markets_count(
    tables: Tables, decision, markets, sku_key, outcomes
):
    tables.offers(tables.store_id, [online(quantity=2)])
    elsewhere(tables, markets, sku_key)
    decide(tables, decision)

    _, planned = await tables.plan()

    assert [row["outcome"] for row in planned] == outcomes
    codes = [CODES[decision] if each == "held" else None for each in outcomes]
    assert [row["code"] for row in planned] == codes


async def test_a_price_that_the_brake_holds_and_a_quantity_are_held_apart(
    tables: Tables,
):
    tables.offers(tables.store_id, [online(quantity=2, price="1", comment="ok")])
    elsewhere(tables)

    _, planned = await tables.plan(guard=Guard(Brake()))

    assert [(row["code"], row["after"]) for row in planned] == [
        (None, {"comment": "ok"}),
        ("brake_price", {"price": "1.00"}),
        ("live_in_other_market", {"quantity": 2}),
    ]


async def test_an_offer_that_a_sibling_still_sells_is_held_once(tables: Tables):
    tables.offers(tables.store_id, [absent()])
    tables.offers(tables.sibling_id, [online(quantity=3)])
    elsewhere(tables)

    _, planned = await tables.plan(shared=True)

    assert [(row["code"], row["after"]) for row in planned] == [
        ("live_in_other_market", {"quantity": 3})
    ]


async def test_first_changes_of_a_lane_are_found_by_key(tables: Tables):
    """A plan that lists a small part of a large lane reads it in the order of SKUs."""
    skus = [f"S{n:03}" for n in range(60)]
    tables.offers(tables.store_id, [online(sku, price="90") for sku in skus])
    elsewhere(tables, sku_key="s001")
    tables.execute("UPDATE offer SET quantity = 1 WHERE sku_key = 's001'")

    _, planned = await tables.plan(lines=3, detail=0)

    assert [(row["sku"], row["outcome"]) for row in planned] == [
        ("S000", "planned"),
        ("S001", "planned"),
        ("S002", "planned"),
        ("S001", "held"),
    ]
