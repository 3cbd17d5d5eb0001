"""Listings that are live in markets without a store keep their quantity."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.backmarket.markets import MARKETS
from app.backmarket.wire.listings import Listing
from app.drift.other_markets.job import online_keys
from tests.publications.watching import account, eventually, outcomes
from tests.support.shop import Shop, open_shop, row

LIVE = {"price": "199.90"}
HELD = ("held", "live_in_other_market")


def listing(sku: str, *markets: str, **values: Any) -> dict[str, Any]:
    """A listing that is online in these markets, with the values of `row`."""
    usual = {"sku": sku, "quantity": 5, "grade": "GOOD"}
    return {**usual, "markets": dict.fromkeys(markets, LIVE), **values}


@pytest.fixture
async def seller(api: Any, worker: Any, sandbox_url: str) -> Shop:
    """A French store, connected just now; its account sells in Germany by hand."""
    shop = await open_shop(api, sandbox_url, imported=False)
    await put_on_sale(shop, [listing("A", "FR", "DE"), listing("B", "FR")])
    return shop


async def put_on_sale(shop: Shop, listings: list[dict[str, Any]]) -> None:
    path = f"/accounts/{shop.account}/listings"
    await shop.sandbox("POST", path, json={"listings": listings})


async def decide(shop: Shop, decision: str | None) -> httpx.Response:
    path = f"/v1/seller-accounts/{(await account(shop))['id']}"
    return await shop.api.patch(path, json={"other_markets": decision})


async def quantities(shop: Shop) -> dict[str, int]:
    return {sku: seen["quantity"] for sku, seen in (await shop.listings()).items()}


FEWER = [row("A", quantity=2, price="189.90"), row("B", quantity=2)]


async def test_the_first_run_holds_quantities_and_sends_prices(seller: Shop) -> None:
    await seller.upload(FEWER)
    publication = await seller.publish()

    changes = [
        (c["sku"], c["outcome"], c["code"], c["after"])
        for c in await seller.changes(publication)
    ]
    assert changes == [
        ("B", "accepted", None, {"quantity": 2}),
        ("A", "accepted", None, {"price": "189.90"}),
        ("A", *HELD, {"quantity": 2}),
    ]
    assert await quantities(seller) == {"A": 5, "B": 2}
    assert (await account(seller))["other_market_listings"] == [
        {"market": "DE", "listings": 1}
    ]


async def test_a_held_quantity_is_listed_and_explained(seller: Shop) -> None:
    await seller.upload(FEWER)
    publication = await seller.publish()

    path = f"/v1/stores/{seller.store_id}"
    (hold,) = (await seller.api.get(f"{path}/holds")).json()["items"]
    assert (hold["sku"], hold["kind"], hold["before"], hold["after"]) == (
        "A",
        "quantity",
        "5",
        "2",
    )
    assert (hold["code"], hold["state"], hold["expires_at"]) == (
        "live_in_other_market",
        "pending",
        None,
    )
    offer = (await seller.api.get(f"{path}/offers/A")).json()
    assert offer["state"] == "held"
    assert offer["explanation"].endswith("It is online in DE.")
    assert "other_markets" in offer["hint"]
    approved = await seller.api.post(
        f"/v1/publications/{publication['id']}/approve", json={"all": True}
    )
    assert (approved.json()["decided"], approved.json()["follow_up_id"]) == (0, None)


async def test_share_sends_what_was_held(seller: Shop) -> None:
    await seller.upload(FEWER)
    await seller.publish()

    decided = (await decide(seller, "share")).json()

    assert (decided["other_markets"], decided["other_markets_by"]) == (
        "share",
        "admin key",
    )
    assert decided["other_markets_at"]

    async def sent() -> bool:
        return await quantities(seller) == {"A": 2, "B": 2}

    await eventually(sent)
    path = f"/v1/stores/{seller.store_id}/holds"
    assert (await seller.api.get(path)).json()["items"] == []


async def test_protect_never_sends_the_quantity(seller: Shop) -> None:
    await decide(seller, "protect")
    await seller.upload(FEWER)
    for _ in range(2):
        publication = await seller.publish()
        held = [c for c in await seller.changes(publication) if c["sku"] == "A"][-1]
        assert (held["outcome"], held["code"]) == ("held", "other_market_protected")
    await seller.upload([row("B", quantity=2)])
    publication = await seller.publish()

    assert outcomes(await seller.changes(publication)) == {
        "A": ("held", "other_market_protected")
    }
    assert await quantities(seller) == {"A": 5, "B": 2}
    assert len(await seller.ledger()) == 2


async def test_markets_with_a_store_of_the_account_do_not_count(
    seller: Shop, sandbox_url: str
) -> None:
    german = await open_shop(
        seller.api, sandbox_url, country="DE", token=seller.token, imported=False
    )
    await german.upload([row("A")])
    await seller.upload(FEWER)
    publication = await seller.publish()

    assert set(outcomes(await seller.changes(publication)).values()) == {
        ("accepted", None)
    }
    assert (await account(seller))["other_market_listings"] == []


async def test_a_new_store_ends_the_hold(seller: Shop, sandbox_url: str) -> None:
    await seller.upload(FEWER)
    await seller.publish()
    await open_shop(seller.api, sandbox_url, country="DE", token=seller.token)

    await seller.publish()

    assert await quantities(seller) == {"A": 2, "B": 2}


async def test_a_plan_shows_what_would_be_held(seller: Shop) -> None:
    await seller.upload(FEWER)
    path = f"/v1/stores/{seller.store_id}/plans"
    answer = await seller.api.post(path, json={"kind": "offers"})
    plan = await seller.wait_for(answer.headers["Location"], ("ready", "failed"))

    changes = await seller.api.get(f"/v1/plans/{plan['id']}/changes")
    found = [(c["sku"], c["code"]) for c in changes.json()["items"]]
    assert ("A", "live_in_other_market") in found


@pytest.mark.parametrize("decision", [None, "protect", "share"])
async def test_a_store_that_leaves_does_not_end_the_sale_elsewhere(
    seller: Shop, decision: str | None
) -> None:
    await seller.upload([row("A"), row("B")])
    await seller.publish()
    await decide(seller, decision)

    path = f"/v1/stores/{seller.store_id}/activation"
    answer = await seller.api.delete(path, params={"offers": "zero"})
    left = await seller.wait_for(answer.headers["Location"], ("done", "failed"))

    shared = decision == "share"
    assert await quantities(seller) == {"A": 0 if shared else 5, "B": 0}
    assert left["counts"]["live_in_other_market"] == (0 if shared else 1)


async def test_one_check_of_an_account_serves_all_its_stores(
    seller: Shop, sandbox_url: str
) -> None:
    await seller.upload(FEWER)
    await seller.publish()
    read = await markets_read(seller)
    spanish = await open_shop(
        seller.api, sandbox_url, country="ES", token=seller.token, imported=False
    )
    await spanish.upload([row("C")])
    await spanish.publish()

    platform = {m.locale for m in MARKETS.values() if m.platform == "EU"}
    assert sorted(read) == sorted(platform - {"fr-fr"})
    assert await markets_read(seller) == read


async def markets_read(shop: Shop) -> list[str]:
    """Locales in which listings that are online were read, one for each request."""
    log = (await shop.sandbox("GET", "/requests"))["requests"]
    return [
        each["locale"]
        for each in log
        if each["account"] == shop.account and "publication_state=2" in each["query"]
    ]


async def test_the_check_is_repeated_with_the_drift_checks(seller: Shop, sql) -> None:
    await seller.upload(FEWER)
    await seller.publish()
    path = f"/accounts/{seller.account}/listings/A"
    await seller.sandbox("PATCH", path, json={"markets": {"DE": {"price": None}}})
    await put_on_sale(seller, [listing("B", "FR", "IT", "AT", quantity=2)])

    await sql("UPDATE other_market_check SET read_at = now() - interval '3000 days'")
    await sql("UPDATE store SET next_drift_check_at = now()")

    async def found() -> bool:
        listings = (await account(seller))["other_market_listings"]
        return [each["market"] for each in listings] == ["AT", "IT"]

    await eventually(found)


async def test_a_decision_needs_an_admin_key_and_a_known_word(seller: Shop) -> None:
    refused = await decide(seller, "both")

    assert refused.status_code == 422
    assert (await account(seller))["other_markets"] is None


SHOWN = {
    "sku": "A",
    "publication_state": 2,
    "quantity": 1,
    "currency": "EUR",
    "price": Decimal(10),
}


@pytest.mark.parametrize(
    ("values", "online"),
    [
        pytest.param({}, ["a"], id="online"),
        pytest.param({"sku": " a1 "}, ["a1"], id="keys are trimmed and in lower case"),
        pytest.param({"sku": "E\u0301"}, ["\u00e9"], id="keys are composed"),
        pytest.param({"currency": None}, ["a"], id="no currency"),
        pytest.param({"publication_state": 3}, [], id="offline"),
        pytest.param({"publication_state": None}, [], id="no state"),
        pytest.param({"quantity": 0}, [], id="sold out"),
        pytest.param({"quantity": None}, [], id="no quantity"),
        pytest.param({"currency": "GBP"}, [], id="of another market"),
        pytest.param({"price": None}, [], id="no price there"),
        pytest.param({"sku": None}, [], id="no SKU"),
    ],
)
def test_rows_are_checked_because_filters_may_be_ignored(values, online):
    seen = Listing(**{**SHOWN, **values})  # type: ignore[arg-type]

    assert list(online_keys([seen], MARKETS["DE"])) == online
