"""Listings that differ from what was accepted: reported, repaired or kept."""

import pytest

from tests.drift.drift_shop import (
    ALL,
    buy,
    drift,
    edit,
    full,
    put_settings,
    run_drift_check,
    sell_all_fields,
    stock,
    wait_for_drift_check,
)
from tests.publications.conftest import Sql
from tests.publications.watching import eventually, outcomes, run_of
from tests.support.shop import Shop, as_csv, open_shop, row

EDITS = {
    "A": ("price", {"FR": {"price": "150.00"}}, "199.90", "150.00"),
    "B": ("min_price", {"FR": {"min_price": "120.00"}}, "180.00", "120.00"),
    "C": ("warranty_delay", {"FR": {"warranty_delay": 12}}, "24", "12"),
    "D": ("comment", {"FR": {"comment": "Theirs"}}, "Ours", "Theirs"),
    "E": ("quantity", {"quantity": 9}, "5", "9"),
    "F": ("quantity", {"quantity": 2}, "5", "2"),
}


async def edit_all(shop: Shop) -> None:
    for sku, (_, fields, _, _) in EDITS.items():
        await edit(shop, sku, **fields)


def expected(action: str) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    return {
        (sku, field): (ours, theirs, "by_hand", action)
        for sku, (field, _, ours, theirs) in EDITS.items()
    }


async def test_a_manual_change_is_reported_and_sent_again(shop: Shop):
    await sell_all_fields(shop, *EDITS, "SAME")
    quiet = await run_drift_check(shop)
    await edit_all(shop)

    seen = await run_drift_check(shop)
    reported = await drift(shop)
    offer = (await shop.offers())["A"]
    repair = await shop.publish()
    repaired = await drift(shop)
    after = await run_drift_check(shop)

    assert quiet["counts"] == {
        "confirmed": 7,
        "drifted": 0,
        "unconfirmed": 0,
        "vanished": 0,
        "matched": 0,
        "unmatched": 0,
    }
    assert (seen["listings"], seen["counts"]["drifted"]) == (7, 6)
    assert reported == expected("sent_again")
    assert (offer["drift"][0]["field"], offer["state"]) == ("price", "pending")
    assert outcomes(await shop.changes(repair)) == dict.fromkeys(
        EDITS, ("accepted", None)
    )
    assert {c["sku"]: list(c["after"]) for c in await shop.changes(repair)} == {
        sku: [field] for sku, (field, *_) in EDITS.items()
    }
    assert repaired == {}
    assert repair["counts"]["confirmed"] == 6
    assert after["counts"]["confirmed"] == 7
    assert (await shop.offers())["A"]["confirmed_at"]


async def test_a_manual_change_can_be_kept_until_the_offer_changes(shop: Shop):
    await put_settings(shop, drift="leave")
    await sell_all_fields(shop, *EDITS)
    await run_drift_check(shop)
    await edit_all(shop)

    await run_drift_check(shop)
    first = await drift(shop)
    nothing = await shop.publish()
    await shop.upload_bytes(
        as_csv([full(sku) for sku in "BCDEF"] + [full("A", price="210.00")], ALL)
    )
    own = await shop.publish()
    await run_drift_check(shop)

    assert first == expected("not_sent")
    assert nothing["counts"]["changes"] == 0
    assert [(c["sku"], c["after"]) for c in await shop.changes(own)] == [
        ("A", {"price": "210.00"})
    ]
    assert await drift(shop) == {k: v for k, v in first.items() if k[0] != "A"}


async def test_drift_is_listed_in_pages(shop: Shop):
    await sell_all_fields(shop, "A", "B")
    for sku in "AB":
        await edit(shop, sku, FR={"price": "1.00", "comment": "x"})
    await run_drift_check(shop)
    path, keys = f"/v1/stores/{shop.store_id}/drift", []

    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = (await shop.api.get(path, params=query)).json()
        keys += [(d["sku"], d["field"]) for d in page["items"]]
        cursor = page["next"]

    assert keys == [("A", "comment"), ("A", "price"), ("B", "comment"), ("B", "price")]


async def test_an_order_explains_a_lower_stock_which_is_not_raised(shop: Shop):
    await shop.upload([row("SOLD"), row("BOTH"), row("SAME")])
    await shop.publish()
    await buy(shop, "SOLD", 2)
    await buy(shop, "BOTH", 1)
    await edit(shop, "BOTH", quantity=1)

    seen = await run_drift_check(shop)
    reported = await drift(shop)
    run = await shop.publish()

    assert seen["counts"]["confirmed"] == 2
    assert reported == {("BOTH", "quantity"): ("4", "1", "by_hand", "not_sent")}
    assert run["counts"]["changes"] == 0
    assert await stock(shop) == {"SOLD": 3, "BOTH": 1, "SAME": 5}


async def test_a_price_that_was_accepted_and_never_shown_is_unconfirmed(shop: Shop):
    await put_settings(shop, drift="leave")
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await shop.fault("ignored_row", sku="A", count=1)
    await shop.upload([row("A", price="150.00"), row("B", price="150.00")])
    run = await shop.publish()

    seen = await run_drift_check(shop)
    reported = await drift(shop)
    state = (await shop.offers(state="unconfirmed"))["A"]["state"]
    repair = await shop.publish()

    assert run["counts"]["by_outcome"] == {"accepted": 2}
    assert seen["counts"]["unconfirmed"] == 1
    assert reported == {
        ("A", "price"): ("150.00", "199.90", "not_applied", "sent_again")
    }
    assert state == "unconfirmed"
    later = await run_of(shop, run)
    assert later["counts"]["by_outcome"] == {"accepted": 1, "unconfirmed": 1}
    assert later["counts"]["confirmed"] == 1
    assert outcomes(await shop.changes(run))["A"] == ("unconfirmed", "not_applied")
    assert outcomes(await shop.changes(repair)) == {"A": ("accepted", None)}
    assert (await shop.listings())["A"]["price"] == "150.00"


async def test_a_comment_that_is_never_shown_is_sent_only_once_more(
    shop: Shop,
):
    await sell_all_fields(shop, "A")
    await shop.fault("ignored_row", sku="A")
    await shop.upload_bytes(as_csv([full("A", comment="New")], ALL))
    await shop.publish()
    await run_drift_check(shop)

    repeat = await shop.publish()
    after = await shop.publish()
    await run_drift_check(shop)

    assert repeat["counts"]["by_outcome"] == {"unconfirmed": 1}
    assert after["counts"]["changes"] == 0
    assert await drift(shop) == {
        ("A", "comment"): ("New", "Ours", "not_applied", "not_sent")
    }
    offer = (await shop.api.get(f"/v1/stores/{shop.store_id}/offers/A")).json()
    assert "Nothing is sent until the value changes" in offer["hint"]
    assert (await shop.publish())["counts"]["changes"] == 0


async def test_a_price_restored_to_ours_is_not_held_by_the_brake(shop: Shop):
    await put_settings(shop, brake={})
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    for sku in ("A", "B"):
        await edit(shop, sku, FR={"price": "9.99"})
    await run_drift_check(shop)
    await shop.upload([row("A"), row("B", price="600")])

    run = await shop.publish()

    assert outcomes(await shop.changes(run)) == {
        "A": ("accepted", None),
        "B": ("held", "brake_price"),
    }
    assert (await shop.listings())["A"]["price"] == "199.90"


async def test_stock_set_manually_on_an_absent_offer_is_zeroed_again(
    shop: Shop,
):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await shop.upload([row("B")])
    await shop.publish()
    await edit(shop, "A", quantity=4)

    await run_drift_check(shop)
    repair = await shop.publish()

    (change,) = await shop.changes(repair)
    assert (change["reason"], change["before"], change["after"]) == (
        "disappeared",
        {"quantity": 4},
        {"quantity": 0},
    )
    assert await stock(shop) == {"A": 0, "B": 5}


async def test_another_grade_is_reported_and_needs_a_new_sku(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    await edit(shop, "A", grade="FAIR")

    await run_drift_check(shop)
    run = await shop.publish()

    assert await drift(shop) == {
        ("A", "grade"): ("GOOD", "FAIR", "by_hand", "new_sku_needed")
    }
    assert outcomes(await shop.changes(run)) == {"A": ("rejected", "identity_mismatch")}


async def test_a_listing_that_vanished_is_created_again(shop: Shop):
    await shop.upload([row("Gone"), row("STAYS")])
    await shop.publish()
    await shop.sandbox("DELETE", f"/accounts/{shop.account}/listings/Gone")

    seen = await run_drift_check(shop)
    offer = (await shop.offers())["Gone"]
    run = await shop.publish()

    assert seen["counts"]["vanished"] == 1
    assert (offer["listing_id"], offer["live"]) == (None, None)
    (change,) = await shop.changes(run)
    assert (change["sku"], change["reason"], change["outcome"]) == (
        "Gone",
        "new",
        "accepted",
    )
    assert await drift(shop) == {}


async def test_each_market_is_compared_with_its_own_prices(shop: Shop):
    german = await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)
    for each in (shop, german):
        await each.upload([row("A")])
        await each.publish()
    await edit(german, "A", markets={"DE": {"price": "99.00"}})

    french_check, german_check = (
        await run_drift_check(shop),
        await run_drift_check(german),
    )

    assert french_check["counts"]["confirmed"] == 1
    assert german_check["counts"]["drifted"] == 1
    assert list(await drift(german)) == [("A", "price")]


async def test_a_drift_check_stores_the_maximum_price_of_a_listing(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    await edit(shop, "A", FR={"max_price": 350})

    await run_drift_check(shop)
    await shop.upload([row("A", price="350.01")])
    run = await shop.publish()

    assert (await shop.offers())["A"]["max_price"] == "350.00"
    (change,) = await shop.changes(run)
    assert [each["code"] for each in change["warnings"]] == ["above_max_price"]


async def test_a_large_creation_is_found_on_the_first_pages(shop: Shop):
    await shop.upload([row(f"S{n:03}") for n in range(70)])

    run = await shop.publish()

    assert run["counts"]["confirmed"] == 70
    known = await shop.api.get(f"/v1/stores/{shop.store_id}/drift-checks")
    assert known.status_code == 404


async def test_many_zeroings_are_verified_by_a_drift_check_after_the_run(shop: Shop):
    await shop.upload([row(f"S{n:03}") for n in range(121)])
    await shop.publish()
    await shop.fault("ignored_row", sku="S007", count=1)
    await shop.upload([row("S120")])

    run = await shop.publish()
    seen = await wait_for_drift_check(shop)

    assert run["counts"]["by_outcome"] == {"accepted": 120}
    assert seen["counts"]["confirmed"] + seen["counts"]["unconfirmed"] == 121
    later = (await run_of(shop, run))["counts"]
    assert later["by_outcome"] == {"accepted": 119, "unconfirmed": 1}
    assert later["confirmed"] == 119


async def test_a_listing_created_during_a_check_hides_no_other(shop: Shop):
    """The new listing moves the others down by one."""
    rows = [row(f"S{n:03}") for n in range(119)]
    await shop.upload([*rows, row("lower")])
    run = await shop.publish()
    await shop.hold_answer(method="GET", path="/ws/listings")

    await run_drift_check(shop, wait=False)
    await eventually(shop.answer_is_held)  # the first page is read
    listings = [{"sku": "NEWEST", "quantity": 1, "markets": {"FR": {"price": "9.00"}}}]
    await shop.sandbox(
        "POST", f"/accounts/{shop.account}/listings", json={"listings": listings}
    )
    await shop.clear_faults()
    seen = await wait_for_drift_check(shop)

    assert run["counts"]["confirmed"] == 120
    assert seen["listings"] == 121
    assert seen["counts"]["confirmed"] == 120
    assert (seen["counts"]["vanished"], seen["counts"]["unconfirmed"]) == (0, 0)


async def test_a_listing_that_moved_between_pages_is_not_missing(shop: Shop):
    await shop.upload([row(f"S{n:03}") for n in range(70)])
    await shop.publish()
    await shop.hold_answer(method="GET", path="/ws/listings")

    await run_drift_check(shop, wait=False)
    await eventually(shop.answer_is_held)  # the first page is read
    await shop.sandbox("DELETE", f"/accounts/{shop.account}/listings/S069")
    await shop.clear_faults()
    seen = await wait_for_drift_check(shop)

    assert seen["listings"] == 69
    assert (seen["counts"]["confirmed"], seen["counts"]["vanished"]) == (70, 0)


async def test_drift_checks_have_their_own_schedule(shop: Shop, sql: Sql):
    await shop.upload([row("A")])
    await shop.publish()

    await sql("UPDATE store SET next_drift_check_at = now() - interval '1 minute'")

    async def known() -> bool:
        answer = await shop.api.get(f"/v1/stores/{shop.store_id}/drift-checks")
        return answer.status_code == 200 and answer.json()["state"] == "done"

    await eventually(known)
    ((later,),) = await sql("SELECT next_drift_check_at > now() FROM store")
    assert later


async def test_a_store_without_a_token_has_no_drift_check(shop: Shop):
    made = await shop.api.post("/v1/stores", json={"name": "B", "country": "DE"})
    path = f"/v1/stores/{made.json()['id']}/drift-checks"

    asked, known = await shop.api.post(path), await shop.api.get(path)

    assert (asked.status_code, asked.json()["code"]) == (409, "no_seller_account")
    assert known.status_code == 404


@pytest.mark.parametrize("kind", ["by_hand", "not_applied"])
async def test_drift_is_filtered_by_kind(shop: Shop, kind: str):
    await shop.upload([row("A")])
    await shop.publish()
    await edit(shop, "A", FR={"price": "1.00"})
    await run_drift_check(shop)

    assert len(await drift(shop, kind=kind)) == (kind == "by_hand")
