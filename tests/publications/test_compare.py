"""How a listing that was read back is compared: what it shows, and the result.

One offer is online as accepted (price 100.00, quantity 5, grade GOOD) unless said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.backmarket.wire.listings import Listing
from app.offers.comparison import ListingComparison, add_seen, columns_of, open_tables
from app.publications.results.compare import Compared, compare
from tests.publications.plan_table import Row, Tables, absent, online, retained

EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
NOW = EARLIER + timedelta(hours=1)
MORE = {
    "min_price": "90.00",
    "live_min_price": "90.00",
    "warranty_delay": 24,
    "live_warranty_delay": 24,
    "comment": " Ours ",
    "live_comment": " Ours ",
}
SHOWN = {
    "id": "00000000-0000-0000-0000-000000007001",
    "listing_id": "7001",
    "sku": "A",
    "price": Decimal(100),
    "quantity": 5,
    "grade": "GOOD",
    "publication_state": 2,
    "min_price": Decimal(90),
    "warranty_delay": 24,
    "comment": "Ours",
}
SEEN_BEFORE = {"price": "100.00", "quantity": 5, "confirmed_at": EARLIER}
Differences = dict[str, tuple[str | None, str | None, str, str]]


def difference(ours: str | None, theirs: str | None, kind: str, action: str) -> Any:
    return (ours, theirs, kind, action)


def hand(ours: str, theirs: str | None, action: str = "sent_again") -> Any:
    return difference(ours, theirs, "by_hand", action)


def unapplied(ours: str, theirs: str | None, action: str = "sent_again") -> Any:
    return difference(ours, theirs, "not_applied", action)


async def judge(
    tables: Tables,
    seen: Mapping[str, object] | None,
    *,
    units: int = 0,
    awaited: str = "",
    overwrite: bool = True,
    orders_known: bool = True,
) -> Compared:
    listing = None if seen is None else Listing(**{**SHOWN, **seen})  # type: ignore[arg-type]
    await open_tables(tables.session)
    await add_seen(tables.session, columns_of([("a", listing)]), [awaited])
    connection = await tables.session.connection()
    if units:
        sold = f"INSERT INTO sold VALUES ('a', {units})"  # noqa: S608 - ours
        await connection.exec_driver_sql(sold)
    comparison = ListingComparison(
        store_id=tables.store_id,
        siblings=[tables.sibling_id],
        since=NOW,
        overwrite=overwrite,
        orders_known=orders_known,
    )
    compared = await compare(
        tables.session, tables.account_id, comparison, [tables.publication_id]
    )
    await tables.session.commit()
    return compared


async def one(tables: Tables, table: str, store: str = "store_id") -> dict[str, Any]:
    connection = await tables.session.connection()
    found = await connection.exec_driver_sql(
        f"SELECT * FROM {table} WHERE store_id = '{getattr(tables, store)}'"  # noqa: S608 - ours
    )
    row = found.mappings().one_or_none()
    return dict(row) if row else {}


async def drift_of(tables: Tables) -> Differences:
    found = (await one(tables, "offer_check")).get("drift") or {}
    return {
        field: (d["ours"], d["theirs"], d["kind"], d["action"])
        for field, d in found.items()
    }


LOWER = {"quantity": 2}
COMPARED = [
    pytest.param(online(**MORE), {}, {}, {}, id="as accepted"),
    pytest.param(
        online(),
        {"price": Decimal(80)},
        {},
        {"price": hand("100.00", "80.00")},
        id="another price",
    ),
    pytest.param(
        online(),
        {"price": None},
        {},
        {"price": hand("100.00", None)},
        id="no price in this market",
    ),
    pytest.param(
        online(price="120.00", live_price="120.00"),
        {},
        {},
        {"price": unapplied("120.00", "100.00")},
        id="a price that was never shown",
    ),
    pytest.param(
        online(),
        {"min_price": None, "comment": "x", "warranty_delay": 12},
        {},
        {},
        id="what the store does not manage is no drift",
    ),
    pytest.param(
        online(**MORE),
        {"warranty_delay": None},
        {},
        {},
        id="a warranty that is absent is no drift",
    ),
    pytest.param(
        online(**{**MORE, "comment": "", "live_comment": ""}),
        {"comment": None},
        {},
        {},
        id="an empty comment and none are the same",
    ),
    pytest.param(
        online(),
        {"quantity": 7},
        {},
        {"quantity": hand("5", "7")},
        id="more stock than ours",
    ),
    pytest.param(
        online(), LOWER, {}, {"quantity": hand("5", "2")}, id="less, and nothing sold"
    ),
    pytest.param(online(), LOWER, {"units": 3}, {}, id="less, all of it sold"),
    pytest.param(
        online(), LOWER, {"units": 4}, {}, id="less, and more sold than is missing"
    ),
    pytest.param(
        online(),
        LOWER,
        {"units": 1},
        {"quantity": hand("5", "2", "not_sent")},
        id="less, a part of it sold: reported, and not raised",
    ),
    pytest.param(
        online(), LOWER, {"orders_known": False}, {}, id="less, orders not known"
    ),
    pytest.param(
        online(),
        {"price": Decimal(80), "quantity": 7},
        {"overwrite": False},
        {
            "price": hand("100.00", "80.00", "not_sent"),
            "quantity": hand("5", "7", "not_sent"),
        },
        id="changed by hand, not overwritten",
    ),
    pytest.param(
        online(),
        {"price": Decimal(80), "quantity": 7},
        {"overwrite": False, "awaited": "quantity"},
        {
            "price": hand("100.00", "80.00", "not_sent"),
            "quantity": unapplied("5", "7"),
        },
        id="what was accepted just now is sent again all the same",
    ),
    pytest.param(
        online(),
        {"grade": "FAIR"},
        {},
        {"grade": hand("GOOD", "FAIR", "new_sku_needed")},
        id="another grade",
    ),
    pytest.param(online(), {"grade": None}, {}, {}, id="an absent grade"),
    pytest.param(
        absent(live_quantity=0),
        {"price": Decimal(1), "quantity": 3, "grade": "FAIR"},
        {},
        {"quantity": unapplied("0", "3")},
        id="of what is gone only the stock counts",
    ),
    pytest.param(
        retained(4),
        {"price": Decimal(1)},
        {},
        {},
        id="an invalid row has no price to be compared",
    ),
    pytest.param(
        online(), None, {}, {"listing": hand("7001", None)}, id="the listing is gone"
    ),
    pytest.param(
        online(listed=False), {"quantity": 9}, {}, {}, id="not ours: not compared"
    ),
    pytest.param(
        online(live_at=NOW + timedelta(minutes=1)),
        {"quantity": 9},
        {},
        {},
        id="accepted after reading began: not compared",
    ),
]


@pytest.mark.parametrize(("offer", "seen", "rules", "expected"), COMPARED)
async def test_a_listing_is_compared_by(
    tables: Tables,
    offer: Row,
    seen: Mapping[str, object] | None,
    rules: dict[str, Any],
    expected: Differences,
):
    tables.offers(tables.store_id, [offer])
    tables.insert(
        "offer_check",
        store_id=tables.store_id,
        sku_key="a",
        seen_at=EARLIER,
        **SEEN_BEFORE,
    )

    await judge(tables, seen, **rules)

    assert await drift_of(tables) == expected


async def test_the_live_state_becomes_what_was_read(
    tables: Tables,
):
    tables.offers(tables.store_id, [online(**MORE)])
    tables.offers(tables.sibling_id, [online()])

    compared = await judge(
        tables,
        {
            "price": Decimal(80),
            "quantity": 7,
            "min_price": None,
            "warranty_delay": 12,
            "comment": None,
            "publication_state": 3,
        },
    )

    offer = await one(tables, "offer")
    assert compared.counts == {
        "confirmed": 0,
        "drifted": 0,
        "unconfirmed": 1,
        "vanished": 0,
        "matched": 0,
        "unmatched": 0,
    }
    assert offer["dirty"]
    assert (offer["live_price"], offer["live_quantity"]) == (Decimal(80), 7)
    assert (offer["live_min_price"], offer["live_comment"]) == (None, "")
    assert (offer["live_warranty_delay"], offer["publication_state"]) == (12, 3)
    assert offer["live_quantity_at"] == NOW
    assert (await one(tables, "offer", "sibling_id"))["live_quantity"] == 7
    assert (await one(tables, "offer", "sibling_id"))["live_price"] == 100


async def test_comparing_the_same_listings_twice_changes_nothing(tables: Tables):
    tables.offers(tables.store_id, [online()])
    await judge(tables, {"price": Decimal(80)})
    first = await one(tables, "offer"), await drift_of(tables)

    again = await judge(tables, {"price": Decimal(80)})

    assert (await one(tables, "offer"), await drift_of(tables)) == first
    assert again.offers.confirmed == 1


async def test_a_vanished_listing_is_removed_from_all_stores(
    tables: Tables,
):
    tables.offers(tables.store_id, [online()])
    tables.offers(tables.sibling_id, [online()])
    await judge(tables, {})

    compared = await judge(tables, None)

    assert compared.offers.vanished == 1
    for store in ("store_id", "sibling_id"):
        offer = await one(tables, "offer", store)
        assert (offer["listed"], offer["listing_id"], offer["dirty"]) == (
            False,
            None,
            True,
        )
    check = await one(tables, "offer_check")
    assert (check["confirmed_at"], check["price"], check["quantity"]) == (
        None,
        None,
        None,
    )


async def test_a_listing_with_another_id_is_followed(tables: Tables):
    tables.offers(tables.store_id, [online()])

    await judge(tables, {"id": "another", "listing_id": "8002"})

    assert (await one(tables, "offer"))["listing_id"] == "another"


@pytest.mark.parametrize("state", ["sending", "uncertain", "sent"])
async def test_offers_in_flight_are_not_compared(tables: Tables, state: str):
    tables.offers(tables.store_id, [online()])
    tables.insert(
        "submission",
        publication_id=tables.publication_id,
        seq=1,
        account_id=tables.account_id,
        method="single",
        action="update",
        state=state,
        lines=1,
        polls=0,
        attempts=1,
    )
    tables.insert(
        "change",
        publication_id=tables.publication_id,
        seq=1,
        sku_key="a",
        sku="A",
        reason="modified",
        lane=0,
        submission=1,
        before="{}",
        after='{"quantity": 9}',
        outcome="planned",
    )

    compared = await judge(tables, {"quantity": 9})

    assert compared.counts == dict.fromkeys(compared.counts, 0)
    assert not (await one(tables, "offer"))["dirty"]


CHANGES = [
    pytest.param('{"quantity": 5}', {}, ("accepted", None), True, id="shown"),
    pytest.param(
        '{"quantity": 5}',
        {"quantity": 9},
        ("unconfirmed", "not_applied"),
        False,
        id="not shown",
    ),
    pytest.param(
        '{"price": "100.00"}',
        {"quantity": 9},
        ("accepted", None),
        True,
        id="another field drifted",
    ),
    pytest.param(
        '{"quantity": 3}',
        {"quantity": 9},
        ("accepted", None),
        False,
        id="a later change has replaced it",
    ),
]


@pytest.mark.parametrize(("after", "seen", "end", "confirmed"), CHANGES)
async def test_an_accepted_change_is_confirmed_or_not(
    tables: Tables,
    after: str,
    seen: dict[str, object],
    end: tuple[str, str | None],
    confirmed: bool,  # noqa: FBT001 - a column of the table
):
    tables.offers(tables.store_id, [online()])
    tables.insert(
        "change",
        publication_id=tables.publication_id,
        seq=1,
        sku_key="a",
        sku="A",
        reason="modified",
        lane=0,
        before="{}",
        after=after,
        outcome="accepted",
    )

    compared = await judge(tables, seen)

    (change,) = await tables.rows("change")
    assert (change["outcome"], change["code"]) == end
    assert (change["confirmed_at"] is not None) is confirmed
    marked = confirmed or end[0] == "unconfirmed"
    assert compared.publications == ((tables.publication_id,) if marked else ())
