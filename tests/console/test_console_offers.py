"""Pages of offers: search, one offer, quick changes, unmatched listings."""

from typing import Any

import httpx
import pytest

from app.console.offers import view
from tests.access.issuing import issue
from tests.console.person import Person
from tests.idempotency.keyed import make_store
from tests.support.shop import Shop, row
from tests.support.stack import query

MARKUP = "<b>Galaxy</b> S21"
OFFER: dict[str, Any] = {
    "desired": {"quantity": 5, "price": "10.00"},
    "live": {"quantity": 4, "price": "10.00"},
}


@pytest.fixture
async def url(shop: Shop, database_url: str) -> str:
    """Two offers, and a listing that no row names."""
    await shop.upload([row("IP12-64"), row("S21/x"), row("OLD")])
    statement = "UPDATE offer SET live_title = %s WHERE sku = %s RETURNING 1"
    query(database_url, statement, MARKUP, "S21/x")
    unmatched = """
    UPDATE offer SET desired_state = 'unmatched', listed = true, live_quantity = 3,
           live_price = 10, live_title = 'Old phone', live_grade = 'GOOD',
           publication_state = 2, ean = NULL, price = NULL, quantity = NULL
     WHERE sku = 'OLD' RETURNING 1"""
    query(database_url, unmatched)
    return f"/console/stores/{shop.store_id}/offers"


async def test_offers_are_found_and_titles_are_text(admin: Person, url: str):
    found = await admin.open(f"{url}?q=galaxy")
    none = await admin.open(f"{url}?q=zzz")
    counts = await admin.open(f"{url}/counts")

    assert "S21/x" in found.text
    assert "IP12-64" not in found.text
    assert "&lt;b&gt;Galaxy&lt;/b&gt; S21" in found.text
    assert MARKUP not in found.text
    assert "No offer fits" in none.text
    assert "data-refresh" in found.text
    assert "data-refresh" not in counts.text
    assert '<span class="count">2</span>' in counts.text


@pytest.mark.parametrize("query_string", ["?state=x", "?cursor=x"])
async def test_a_wrong_filter_is_named(admin: Person, url: str, query_string: str):
    page = await admin.open(f"{url}{query_string}")

    assert page.status_code == 422
    assert "message-bad" in page.text


async def test_an_offer_says_why_it_is_as_it_is(admin: Person, url: str):
    page = await admin.open(f"{url}/one?sku=S21%2Fx")
    missing = await admin.open(f"{url}/one?sku=NO")

    assert "It is new and has not been sent yet." in page.text
    assert "Why it is like this" in page.text
    assert missing.status_code == 404


async def test_a_change_is_sent_after_a_confirmation(
    shop: Shop, admin: Person, url: str
):
    page = await admin.open(f"{url}/one?sku=S21%2Fx")
    given = {"sku": "S21/x", "quantity": "3", "price": "199.90"}

    confirm = await admin.submit(page, f"{url}/change", **given)
    before = (await shop.offers())["S21/x"]["desired"]["quantity"]
    sent = await admin.submit(confirm, f"{url}/change")
    same = await admin.submit(page, f"{url}/change", sku="S21/x", quantity="3")

    assert "Send 1 value" in confirm.text
    assert before == 5
    assert sent.headers["location"] == f"{url}/one?sku=S21%2Fx"
    assert (await shop.offers())["S21/x"]["desired"]["quantity"] == 3
    assert same.status_code == 303


async def test_a_wrong_price_is_named_at_its_field(admin: Person, url: str):
    page = await admin.open(f"{url}/one?sku=S21%2Fx")

    wrong = await admin.submit(
        page, f"{url}/change", step="send", sku="S21/x", price="cheap"
    )

    assert wrong.status_code == 422
    assert 'id="price-error"' in wrong.text


async def test_listings_are_decided_after_a_confirmation(
    shop: Shop, admin: Person, url: str
):
    page = await admin.open(f"{url}/unmatched")
    nothing = await admin.submit(page, f"{url}/unmatched", decision="zero")
    confirm = await admin.submit(page, f"{url}/unmatched", decision="zero", sku="OLD")
    every = await admin.submit(page, f"{url}/unmatched", decision="ignore", every="on")
    done = await admin.submit(every, f"{url}/unmatched")

    assert "Old phone" in page.text
    assert nothing.status_code == done.status_code == 303
    assert "Set 1 to 0?" in confirm.text
    assert "All unmatched listings of the store" in every.text
    path = f"/v1/stores/{shop.store_id}/unmatched-listings"
    (listing,) = (await shop.api.get(path)).json()["items"]
    assert listing["decision"] == "ignore"


async def test_a_reading_key_sees_no_forms(shop: Shop, person: Person, url: str):
    key = await issue(shop.api, scope="read", store_ids=[shop.store_id])
    await person.sign_in(key)

    for path in (url, f"{url}/one?sku=S21%2Fx", f"{url}/unmatched"):
        page = await person.open(path)
        assert page.status_code == 200
        assert page.text.count('method="post"') == 1


async def test_a_new_store_says_what_to_do(api: httpx.AsyncClient, admin: Person):
    url = f"/console/stores/{await make_store(api)}/offers"

    assert "No offer yet" in (await admin.open(url)).text
    assert "Every listing has its row" in (await admin.open(f"{url}/unmatched")).text
    assert url in (await admin.open("/console/offers")).text


@pytest.mark.parametrize(
    ("quantity", "price", "changes"),
    [
        ("5", "10.00", []),
        ("", "", []),
        ("0", "10.00", [("quantity", 5, "0")]),
        ("5", "9", [("price", "10.00", "9")]),
    ],
)
def test_only_what_differs_is_sent(quantity: str, price: str, changes: list[Any]):
    assert view.changes(OFFER, quantity, price) == changes


def test_differing_values_are_marked():
    assert view.differs(OFFER, "quantity")
    assert not view.differs(OFFER, "price")
    assert not view.differs({**OFFER, "live": None}, "price")


def test_the_ean_of_an_imported_listing_does_not_differ():
    offer = {"desired": {"ean": "1"}, "live": {"ean": None}}

    assert not view.differs(offer, "ean")
    assert view.differs({**offer, "live": {"ean": "2"}}, "ean")


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("Map it: PUT /v1/stores/{id}/categories.", "Map it."),
        ("Add it: POST /v1/stores/{id}/a-b/decide.", "Add it."),
        ("Wait. POST /v1/stores/{id}/publications starts one now.", None),
        ("No action needed.", "No action needed."),
    ],
)
def test_hints_for_people_name_no_requests(hint: str, shown: str | None):
    wanted = shown or "Wait. Publishing now sends it at once."

    assert view.hint_of({"hint": hint}) == wanted


def test_tabs_have_the_states_that_occur():
    totals = {"published": 3, "in_error": 1, "unmatched": 7}

    assert view.tabs(totals) == [
        ("", "All", 4),
        ("published", "Online", 3),
        ("in_error", "In error", 1),
    ]
    assert {count for _, _, count in view.tabs(None)} == {None}


@pytest.mark.parametrize(
    ("skus", "which", "body"),
    [
        (["A"], {"q": "x"}, {"skus": ["A"]}),
        ([], {"q": "x", "decision": ""}, {"filter": {"q": "x"}}),
        ([], {"q": ""}, {"all": True}),
    ],
    ids=["chosen", "filter", "all"],
)
def test_a_decision_names_its_listings(
    skus: list[str], which: dict[str, str], body: dict[str, Any]
):
    assert view.decision_body("zero", skus, which) == {"decision": "zero", **body}
