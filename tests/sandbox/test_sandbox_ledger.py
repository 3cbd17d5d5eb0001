"""The ledger: every written line in order, with the listing before and after."""

import pytest


async def test_the_ledger_has_every_line_in_order(shop, phone):
    listing = await shop.one()
    await shop.update(listing["id"], "en-gb", price="9", currency="GBP")
    await shop.update(listing["id"], quantity=-1)
    await shop.update(listing["id"], quantity=4)

    entries = (await shop.control("GET", "/ledger"))["entries"]
    applied = (await shop.control("GET", "/ledger?applied=true&sku=a1&market=FR"))[
        "entries"
    ]
    summary = await shop.control("GET", "/ledger/summary")

    assert [
        (entry["number"], entry["method"], entry["market"], entry["result"])
        for entry in entries
    ] == [
        (1, "batch", "FR", "created"),
        (2, "single", "GB", "updated"),
        (3, "single", "FR", "rejected"),
        (4, "single", "FR", "updated"),
    ]
    assert entries[0]["task_id"] == 1_011_001
    assert entries[1]["fields"] == {"price": "9", "currency": "GBP"}
    assert entries[1]["changed"] == ["price"]
    assert [entry["number"] for entry in applied] == [1, 4]
    assert summary["lines"] == 4
    assert summary["updates_that_changed_nothing"] == 1
    assert summary["most_lines_for_one_sku"] == 3


async def test_a_bounded_ledger_still_counts_every_line(shop, phone):
    await shop.control("PATCH", "/options", ledger_limit=2)
    await shop.rows(*({**phone, "sku": f"A{number}"} for number in range(5)))

    summary = await shop.control("GET", "/ledger/summary")
    await shop.control("DELETE", "/ledger")
    cleared = await shop.control("GET", "/ledger/summary")

    assert (summary["lines"], summary["kept"], summary["applied"]) == (5, 2, 5)
    assert not summary["complete"]
    assert cleared["lines"] == 0


async def entries(shop, query=""):
    return (await shop.control("GET", f"/ledger?{query}"))["entries"]


async def test_a_line_shows_the_listing_before_and_after(shop):
    await shop.rows({"sku": "A1", "product_id": 77, "quantity": 4, "price": "249"})
    await shop.rows({"sku": "A1", "price": "239.50", "min_price": "220"})
    listing = (await shop.get("/ws/listings/detail", sku="A1")).json()
    await shop.update(listing["id"], quantity=0, comment="Fine", shipper_1="UPS")

    created, priced, zeroed = await entries(shop)

    first = {
        "quantity": 4,
        "price": "249.00",
        "min_price": None,
        "comment": None,
        "warranty_delay": 12,
        "publication_state": 2,
        "shippings": [],
    }
    assert (created["before"], created["after"]) == (None, first)
    assert priced["before"] == first
    assert priced["after"] == first | {"price": "239.50", "min_price": "220.00"}
    assert zeroed["before"] == priced["after"]
    assert zeroed["after"] == zeroed["before"] | {
        "quantity": 0,
        "comment": "Fine",
        "publication_state": 3,
        "shippings": zeroed["after"]["shippings"],
    }
    assert zeroed["after"]["shippings"][0]["shipper"] == "UPS"


@pytest.mark.parametrize("method", ["single", "batch"])
@pytest.mark.parametrize("kind", ["ignored", "rejected"])
async def test_a_line_without_effect_shows_the_same_twice(shop, method, kind):
    listing = await shop.one()
    await shop.fault(f"{kind}_row")

    if method == "single":
        await shop.update(listing["id"], quantity=9)
    else:
        await shop.rows({"sku": "A1", "quantity": 9})

    line = (await entries(shop))[-1]
    assert (line["method"], line["result"], line["changed"]) == (method, kind, [])
    assert line["before"] == line["after"]
    assert line["after"]["quantity"] == 4


async def test_lines_that_changed_nothing_are_found(shop):
    listing = await shop.one()
    await shop.update(listing["id"], quantity=4, price="249.00")
    await shop.update(listing["id"], quantity=5)
    await shop.rows({"sku": "A1", "quantity": 5, "price": "249"})

    redundant = await entries(shop, "applied=true&changed=false")
    useful = await entries(shop, "changed=true")

    assert [line["number"] for line in redundant] == [2, 4]
    assert all(line["before"] == line["after"] for line in redundant)
    assert [line["number"] for line in useful] == [1, 3]
