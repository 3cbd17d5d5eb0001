"""The plan where stores of one seller account share their stock."""

import pytest

from tests.publications.plan_table import (
    HELD,
    OTHER_EAN,
    OTHER_GOODS,
    Tables,
    change,
    fresh,
    gone,
    in_words,
    kept,
    modified,
    new,
    online,
    zeroed,
)

SHARED = [
    pytest.param(
        online(quantity=9),
        online(quantity=5),
        [],
        id="the other store wants less: the lowest wish is online already",
    ),
    pytest.param(
        online(quantity=9, accepted_quantity=3),
        online(quantity=5, accepted_quantity=3),
        [modified("stock_up", {"quantity": 3}, {"quantity": 5})],
        id="more stock: up to the lowest wish",
    ),
    pytest.param(
        online(quantity=2),
        online(quantity=5),
        [modified("stock_down", {"quantity": 5}, {"quantity": 2})],
        id="less stock here: the lowest wish",
    ),
    pytest.param(
        online(quantity=9, price="90"),
        online(quantity=5),
        [modified("price", {"price": "100.00"}, {"price": "90.00"})],
        id="the price is each store's own",
    ),
    pytest.param(
        online(quantity=9),
        online(quantity=None, standing="kept"),
        [modified("stock_up", {"quantity": 5}, {"quantity": 9})],
        id="a row without stock wishes nothing",
    ),
    pytest.param(
        online(quantity=9),
        kept(5),
        [],
        id="an invalid row still caps the stock",
    ),
    pytest.param(
        gone(),
        online(quantity=5),
        [
            change(
                "disappeared",
                "stock_down",
                {"quantity": 5},
                {"quantity": 0},
                **HELD,
            )
        ],
        id="gone here, sold there: held",
    ),
    pytest.param(gone(), gone(), [zeroed()], id="gone here and there: zeroed"),
    pytest.param(
        gone(), fresh(), [zeroed()], id="gone here, not listed there yet: zeroed"
    ),
    pytest.param(
        gone(),
        online(quantity=0),
        [zeroed()],
        id="gone here, sold out there: zeroed",
    ),
    pytest.param(
        fresh(),
        online(),
        [new()],
        id="new here, listed there: created for this country",
    ),
    pytest.param(
        fresh(quantity=9),
        online(quantity=5),
        [new()],
        id="new here: with the stock that both want",
    ),
    pytest.param(
        fresh(ean=OTHER_EAN),
        online(),
        [
            change(
                "new",
                "new",
                {},
                {"ean": OTHER_EAN, "grade": "GOOD", "quantity": 5},
                **OTHER_GOODS,
            )
        ],
        id="new here, listed there with another EAN: refused here",
    ),
    pytest.param(
        online("OTHER", quantity=9),
        online("A", quantity=1),
        [modified("stock_up", {"quantity": 5}, {"quantity": 9}, sku="OTHER")],
        id="another SKU there does not matter",
    ),
]


@pytest.mark.parametrize(("here", "there", "changes"), SHARED)
async def test_stores_of_one_account_share_their_stock(
    tables: Tables, here, there, changes
):
    tables.offers(tables.store_id, [here])
    tables.offers(tables.sibling_id, [there])

    _, planned = await tables.plan(shared=True)

    assert [in_words(row) for row in planned] == changes


async def test_a_store_that_is_switched_off_wishes_nothing(tables: Tables):
    """Its catalog is not kept up to date: it neither caps stock nor holds a zero."""
    tables.offers(tables.store_id, [online("CAPPED", quantity=9), gone("HELD")])
    tables.offers(tables.sibling_id, [online("CAPPED", quantity=1), online("HELD")])
    tables.execute("UPDATE store SET active = false WHERE id = %s", tables.sibling_id)

    _, planned = await tables.plan(shared=True)

    assert [(row["sku"], row["after"]) for row in planned] == [
        ("HELD", {"quantity": 0}),
        ("CAPPED", {"quantity": 9}),
    ]
