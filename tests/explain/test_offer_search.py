"""Searches of offers: by EAN, SKU and title, at a bounded cost."""

from typing import Any

import pytest

from app.offers import queries
from app.offers.queries import eans_of
from tests.support.shop import Shop, row
from tests.support.stack import query

EAN = "4006381333931"


@pytest.fixture
async def full(shop: Shop) -> Shop:
    await shop.upload([row("IP12-64"), row("ip12-128"), row("S21", ean=EAN), row("X")])
    return shop


@pytest.fixture
def title(full: Shop, database_url: str) -> None:
    statement = "UPDATE offer SET live_title = %s WHERE store_id = %s AND sku = %s"
    query(database_url, f"{statement} RETURNING 1", "Galaxy S20", full.store_id, "X")


async def page(shop: Shop, **asked: Any) -> dict[str, Any]:
    path = f"/v1/stores/{shop.store_id}/offers"
    answer = await shop.api.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("title")
@pytest.mark.parametrize(
    ("q", "skus"),
    [
        ("ip12", ["ip12-128", "IP12-64"]),
        (EAN, ["S21"]),
        ("0" + EAN, ["S21"]),
        ("gaLAXY s2", ["X"]),
        ("12-6", ["IP12-64"]),
        ("nothing", []),
        ("%", []),
    ],
    ids=["sku", "ean", "ean with zero", "title", "part", "nothing", "wildcard"],
)
async def test_offers_are_found(full: Shop, q: str, skus: list[str]):
    found = await page(full, q=q)

    assert [offer["sku"] for offer in found["items"]] == skus
    assert found["totals"] is None


async def test_a_search_is_paged_and_filtered(full: Shop):
    first = await page(full, q="ip12", limit=1)
    second = await page(full, q="ip12", limit=1, cursor=first["next"])
    none = await page(full, q="ip12", state="in_error")

    pages = [offer["sku"] for each in (first, second) for offer in each["items"]]
    assert pages == ["ip12-128", "IP12-64"]
    assert (second["next"], none["items"]) == (None, [])


async def test_a_page_reads_a_limited_number_of_offers(
    full: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "VISITS", 2)

    first = await page(full, q="21")
    second = await page(full, q="21", cursor=first["next"])

    assert first["items"] == []
    assert [offer["sku"] for offer in second["items"]] == ["S21"]
    assert second["next"] is None


async def test_a_search_has_no_list_of_skus(full: Shop):
    path = f"/v1/stores/{full.store_id}/offers"
    answer = await full.api.get(path, params={"q": "a", "sku": "b"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "not_both"


def test_an_ean_is_searched_with_and_without_zeros():
    assert eans_of("012345678905") == [
        *("0012345678905", "012345678905", "12345678905"),
    ]
    assert eans_of("1234") == eans_of("IP12") == []
