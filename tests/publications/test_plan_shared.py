"""The plan where stores of one seller account share their stock."""

import pytest
from sqlalchemy import text

from app.accounts.shared_stock import LOWEST, SharedQuantity
from app.publications.results.submissions import load_open, supersede_changed
from tests.publications.plan_table import (
    HELD,
    IDENTITY_MISMATCH,
    OTHER_EAN,
    Tables,
    absent,
    change,
    fresh,
    in_words,
    modified,
    new,
    online,
    retained,
    zeroed,
)

SHARED = [
    pytest.param(
        online(quantity=9),
        online(quantity=5),
        [],
        id="the other store wants less: the lowest quantity is live already",
    ),
    pytest.param(
        online(quantity=9, live_quantity=3),
        online(quantity=5, live_quantity=3),
        [modified("stock_up", {"quantity": 3}, {"quantity": 5})],
        id="more stock: up to the lowest quantity",
    ),
    pytest.param(
        online(quantity=2),
        online(quantity=5),
        [modified("stock_down", {"quantity": 5}, {"quantity": 2})],
        id="less stock here: the lowest quantity",
    ),
    pytest.param(
        online(quantity=9, price="90"),
        online(quantity=5),
        [modified("price", {"price": "100.00"}, {"price": "90.00"})],
        id="the price is each store's own",
    ),
    pytest.param(
        online(quantity=9),
        online(quantity=None, desired_state="retained"),
        [modified("stock_up", {"quantity": 5}, {"quantity": 9})],
        id="a row without a quantity does not count",
    ),
    pytest.param(
        online(quantity=9),
        retained(5),
        [],
        id="an invalid row still caps the stock",
    ),
    pytest.param(
        absent(),
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
        id="absent here, sold there: held",
    ),
    pytest.param(absent(), absent(), [zeroed()], id="absent here and there: zeroed"),
    pytest.param(
        absent(), fresh(), [zeroed()], id="absent here, not listed there yet: zeroed"
    ),
    pytest.param(
        absent(),
        online(quantity=0),
        [zeroed()],
        id="absent here, sold out there: zeroed",
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
                **IDENTITY_MISMATCH,
            )
        ],
        id="new here, listed there with another EAN: rejected",
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


async def test_an_inactive_store_does_not_count(tables: Tables):
    """Its catalog is not kept up to date: it neither caps stock nor holds a zero."""
    tables.offers(tables.store_id, [online("CAPPED", quantity=9), absent("HELD")])
    tables.offers(tables.sibling_id, [online("CAPPED", quantity=1), online("HELD")])
    tables.execute("UPDATE store SET active = false WHERE id = %s", tables.sibling_id)

    _, planned = await tables.plan(shared=True)

    assert [(row["sku"], row["after"]) for row in planned] == [
        ("HELD", {"quantity": 0}),
        ("CAPPED", {"quantity": 9}),
    ]


POLICIES = [
    pytest.param("max", 9, 5, 9, id="max: the most that a store wants"),
    pytest.param("max", 3, 5, 5, id="max: the other store wants more"),
    pytest.param("here", 9, 5, 9, id="this store leads: its own quantity"),
    pytest.param("there", 9, 5, 5, id="the other store leads: its quantity"),
    pytest.param("there", 9, None, 9, id="a leader that wants none: the least of all"),
    pytest.param("nowhere", 9, 5, 5, id="an unknown leader: the least"),
]


def policy_of(word: str, tables: Tables) -> SharedQuantity:
    leaders = {"here": tables.store_id, "there": tables.sibling_id}
    if word == "max":
        return SharedQuantity("max")
    return SharedQuantity("store", leaders.get(word, tables.publication_id))


@pytest.mark.parametrize(("policy", "here", "there", "target"), POLICIES)
async def test_the_shared_stock_follows_the_policy(
    tables: Tables, policy, here, there, target
):
    """Accepted is 7: whatever the target, one line moves it there."""
    tables.offers(tables.store_id, [online(quantity=here, live_quantity=7)])
    sibling = absent() if there is None else online(quantity=there, live_quantity=7)
    tables.offers(tables.sibling_id, [sibling])

    _, planned = await tables.plan(shared=True, policy=policy_of(policy, tables))

    assert [row["after"] for row in planned] == [{"quantity": target}]


LEFT = [
    pytest.param("max", 9, 5, id="max: down to what is still wanted"),
    pytest.param("min", 2, 5, id="min: up to what is still wanted"),
    pytest.param("here", 9, 5, id="the leader left: what is still wanted"),
]


@pytest.mark.parametrize(("policy", "accepted", "target"), LEFT)
async def test_a_store_that_drops_a_sku_sends_the_stock_of_its_siblings(
    tables: Tables, policy, accepted, target
):
    tables.offers(tables.store_id, [absent(live_quantity=accepted)])
    tables.offers(tables.sibling_id, [online(quantity=5, live_quantity=accepted)])
    rule = LOWEST if policy == "min" else policy_of(policy, tables)

    _, planned = await tables.plan(shared=True, policy=rule)

    assert [(row["reason"], row["outcome"], row["after"]) for row in planned] == [
        ("disappeared", "planned", {"quantity": target})
    ]


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        pytest.param(9, 1, id="as it was planned: it goes"),
        pytest.param(0, 0, id="moved meanwhile: it is dropped"),
    ],
)
async def test_a_submission_does_not_overwrite_stock_that_changed_since_the_plan(
    tables: Tables, accepted, left
):
    """A sibling's run has sent another quantity: the next plan looks at it anew."""
    tables.offers(tables.store_id, [online(quantity=12, live_quantity=9)])
    await tables.plan()
    (call,) = await load_open(tables.session, tables.publication_id)

    await tables.session.execute(
        text("UPDATE offer SET live_quantity = :now"), {"now": accepted}
    )

    assert await supersede_changed(tables.session, call, tables.store_id) == left
