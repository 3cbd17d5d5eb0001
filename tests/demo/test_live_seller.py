"""The seller of the first chapter: what is online, and how his catalog differs."""

from decimal import Decimal

import pytest

from app.demo.catalog.live_seller import (
    LiveSeller,
    as_csv,
    as_listing,
    live_seller,
    settings,
)
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.schemas import CategoriesIn


@pytest.fixture(scope="module")
def seller() -> LiveSeller:
    return live_seller()


def test_the_catalog_differs_from_the_listings_in_known_skus(seller):
    online = {one.sku: one for one in seller.online}
    rows = {one.sku: one for one in seller.rows}
    both = online.keys() & rows.keys()

    assert (len(online), len(rows)) == (66, 67)
    assert online.keys() - rows.keys() == {seller.foreign}
    assert rows.keys() - online.keys() == seller.added
    assert {sku for sku in both if online[sku] != rows[sku]} == {
        *seller.repriced,
        seller.mistyped,
        seller.regraded,
    }
    assert (len(seller.repriced), len(seller.added), seller.matched) == (3, 2, 65)


def test_only_the_mistyped_price_moves_far(seller):
    online = {one.sku: one.price for one in seller.online}
    moves = {
        one.sku: abs(one.price / online[one.sku] - 1)
        for one in seller.rows
        if one.sku in online and one.price != online[one.sku]
    }

    far = moves.pop(seller.mistyped)

    assert far > Decimal("0.89")
    assert moves.keys() == seller.repriced
    assert max(moves.values()) < Decimal("0.2")


def test_listings_and_rows_say_the_same(seller):
    first = seller.rows[0]
    text = as_csv(seller.rows).decode().splitlines()

    assert text[0] == "sku;ean;price;quantity;grade;category"
    assert text[1].split(";")[:3] == [first.sku, first.ean, str(first.price)]
    assert as_listing(first)["markets"] == {"FR": {"price": str(first.price)}}


def test_the_service_accepts_the_settings_of_the_switch_over(seller):
    found = settings()

    assert CatalogMapping.model_validate(found["mapping"]).missing == ()
    mapped = CategoriesIn.model_validate(found["categories"]).items
    sources = {each.source for each in mapped}
    assert {one.category for one in seller.rows} <= sources
