"""Offers in a list: by state, in pages, and one by its SKU."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.shop import EANS, Shop, open_shop, row
from tests.support.stack import query


async def test_offers_are_listed_by_state(shop: Shop):
    await shop.upload([row("LIVE"), row("GOES"), row("SICK"), row("BAD", ean="1")])
    await shop.fault("rejected_row", sku="SICK", message="no")
    await shop.publish()
    await shop.upload([row("LIVE"), row("SICK"), row("NEW"), row("BAD", ean="1")])

    states = {}
    for state in ("published", "pending", "in_error", "invalid", "withdrawn"):
        listed = await shop.offers(state=state)
        assert {offer["state"] for offer in listed.values()} <= {state}
        states[state] = set(listed)

    assert states == {
        "published": {"LIVE"},
        "pending": {"GOES", "NEW"},
        "in_error": {"SICK"},
        "invalid": {"BAD"},
        "withdrawn": set(),
    }
    assert set(await shop.offers()) == {"LIVE", "GOES", "SICK", "NEW", "BAD"}


async def test_offers_whose_change_is_held_are_listed_until_it_is_not(
    api: Any, worker: object, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, brake={})
    await shop.upload([row("A"), row("B"), row("C")])
    await shop.publish()
    await shop.upload([row("A", price="1.99"), row("B", quantity=3), row("C")])
    before = await shop.offers(state="held")
    await shop.publish()

    held = await shop.offers(state="held")
    pending = await shop.offers(state="pending")
    await shop.upload([row("A", price="189.90"), row("B", quantity=3), row("C")])
    await shop.publish()

    assert (set(before), set(held), set(pending)) == (set(), {"A"}, set())
    assert held["A"]["state"] == "held"
    assert await shop.offers(state="held") == {}


async def test_the_first_page_has_totals_by_state(shop: Shop):
    await shop.upload([row("LIVE"), row("GOES"), row("SICK"), row("BAD", ean="1")])
    await shop.fault("rejected_row", sku="SICK", message="no")
    await shop.publish()
    await shop.upload([row("LIVE"), row("SICK"), row("NEW"), row("BAD", ean="1")])
    path = f"/v1/stores/{shop.store_id}/offers"

    pages = [
        (await shop.api.get(path, params={"limit": 2, **more})).json()
        for more in ({}, {"state": "in_error"}, {"totals": "false"})
    ]
    later = await shop.api.get(path, params={"limit": 2, "cursor": pages[0]["next"]})

    counted = {"published": 1, "pending": 2, "in_error": 1, "invalid": 1}
    assert [page["totals"] for page in pages] == [counted, counted, None]
    assert later.json()["totals"] is None
    listed = [offer["state"] for offer in (await shop.offers()).values()]
    assert {state: listed.count(state) for state in counted} == counted


async def test_offers_are_paged_by_sku(shop: Shop):
    await shop.upload([row(f"S{n}") for n in range(5)])
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await shop.api.get(f"/v1/stores/{shop.store_id}/offers", params=query)
        seen += [offer["sku"] for offer in page.json()["items"]]
        cursor = page.json()["next"]

    assert seen == [f"S{n}" for n in range(5)]


SKUS = {
    "a slash": "A/1/b",
    "a slash first": "/x",
    "spaces": "iPhone 12 64 GB",
    "percent": "50%2F off",
    "a question mark": "A?b=c#d",
    "letters outside ASCII": "Größe-ÜBER-ž",
    "Greek": "ΟΔΟΣ",
    "Turkish": "İstanbul",
    "signs": "📱-12",
    "dots": "a..b",
    "a plus": "a+b",
}


@pytest.mark.parametrize("sku", SKUS.values(), ids=SKUS.keys())
async def test_an_offer_is_found_by_its_sku_in_any_case(shop: Shop, sku: str):
    body = json.dumps([{**row("x"), "sku": sku, "ean": EANS[0]}]).encode()
    await shop.upload_bytes(body, "application/json")
    path = f"/v1/stores/{shop.store_id}/offers/"

    exact = await shop.api.get(path + quote(sku, safe=""))
    lower = await shop.api.get(path + quote(sku.lower(), safe=""))
    spaced = await shop.api.get(path + quote(f" {sku} ", safe=""))

    found: list[Any] = [a.json().get("sku") for a in (exact, lower, spaced)]
    assert found == [sku] * 3


async def test_an_unknown_sku_is_404(shop: Shop):
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/offers/nothing")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param(["."], {"."}, id="a dot"),
        pytest.param(["..", "."], {".", ".."}, id="dots"),
        pytest.param([" abc "], {"aBc"}, id="another case, and spaces"),
        pytest.param(["e\u0301"], {"\u00e9"}, id="decomposed"),
        pytest.param(["."] * 3, {"."}, id="the same thrice"),
        pytest.param(["nothing", "aBc"], {"aBc"}, id="an unknown one"),
        pytest.param(["ab"], set(), id="a part of one"),
        pytest.param(["%"], set(), id="a pattern"),
        pytest.param([""], set(), id="nothing"),
    ],
)
async def test_offers_are_listed_by_exact_sku(
    shop: Shop, asked: list[str], found: set[str]
):
    skus = (".", "..", "aBc", "\u00e9", "OTHER")
    body = json.dumps([{**row(sku), "sku": sku} for sku in skus]).encode()
    await shop.upload_bytes(body, "application/json")
    path = f"/v1/stores/{shop.store_id}/offers"

    listed = (await shop.api.get(path, params={"sku": asked})).json()
    counted = (await shop.api.get(path, params={"sku": asked, "totals": True})).json()

    assert {offer["sku"] for offer in listed["items"]} == found
    assert listed["totals"] is None
    assert counted["totals"] == {"pending": 5}


async def test_offers_by_sku_are_in_a_state_and_in_pages(shop: Shop):
    await shop.upload([row("A"), row("B"), row("C", ean="1")])
    path = f"/v1/stores/{shop.store_id}/offers"
    asked = {"sku": ["c", "b", "a"]}

    invalid = (await shop.api.get(path, params={**asked, "state": "invalid"})).json()
    first = (await shop.api.get(path, params={**asked, "limit": 2})).json()
    rest = await shop.api.get(path, params={**asked, "cursor": first["next"]})
    too_many = await shop.api.get(path, params={"sku": ["A"] * 101})

    assert [offer["sku"] for offer in invalid["items"]] == ["C"]
    assert [offer["sku"] for offer in first["items"]] == ["A", "B"]
    assert [offer["sku"] for offer in rest.json()["items"]] == ["C"]
    assert too_many.status_code == 422


async def test_an_unmatched_listing_is_listed_by_its_sku(shop: Shop, database_url: str):
    await shop.upload([row("A"), row("B")])
    unmatch = "UPDATE offer SET desired_state = 'unmatched' WHERE sku = 'B'"
    await asyncio.to_thread(query, database_url, unmatch)
    path = f"/v1/stores/{shop.store_id}/offers"

    answers = [await shop.api.get(path, params=sku) for sku in ({}, {"sku": "b"})]

    listed = [[offer["sku"] for offer in a.json()["items"]] for a in answers]
    assert listed == [["A"], ["B"]]
