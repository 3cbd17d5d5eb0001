"""A SKU in composed and in decomposed characters is one SKU, everywhere."""

import unicodedata

import httpx
import polars as pl
import pytest

from app.catalogs.engine.validate.texts import sku_key as sku_keys
from app.offers.service import sku_key
from tests.support.shop import Shop, open_shop, row


def decomposed(sku: str) -> str:
    return unicodedata.normalize("NFD", sku)


@pytest.mark.parametrize(
    ("sku", "key"),
    [
        pytest.param("A-1", "a-1", id="ASCII"),
        pytest.param("Ecran-É", "ecran-é", id="composed"),
        pytest.param(decomposed("Ecran-É"), "ecran-é", id="decomposed"),
        pytest.param("\N{KELVIN SIGN}1", "k1", id="one of two code points"),
        pytest.param("한", "한", id="Hangul"),
        pytest.param(decomposed("한"), "한", id="Hangul, decomposed"),
    ],
)
def test_columns_and_texts_have_the_same_key(sku: str, key: str):
    column = pl.DataFrame({"sku": [sku, None, "B"]}).select(sku_keys(pl.col("sku")))

    assert column["sku"].to_list() == [key, None, "b"]
    assert sku_key(f" {sku} ") == key


@pytest.mark.usefixtures("worker")
async def test_an_imported_listing_is_changed_under_its_own_spelling(
    api: httpx.AsyncClient, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, imported=False)
    skus = [f"É-{number}" for number in range(25)]  # too many for single updates
    listed = [
        {"sku": decomposed(sku), "quantity": 5, "markets": {"FR": {"price": "100.00"}}}
        for sku in skus
    ]
    path = f"/accounts/{shop.account}/listings"
    await shop.sandbox("POST", path, json={"listings": listed})
    rows = [row(sku, price="150.00") for sku in skus]
    catalog = await shop.upload([*rows, row(decomposed("x-É")), row("x-É")])

    run = await shop.publish()

    shown = await shop.listings()
    assert catalog["counts"]["duplicates"] == 2
    assert run["state"] == "finished"
    assert sorted(shown) == sorted(each["sku"] for each in listed)
    assert {each["price"] for each in shown.values()} == {"150.00"}
    await _found_under_both_spellings(shop, skus[0])


async def _found_under_both_spellings(shop: Shop, sku: str) -> None:
    store = f"/v1/stores/{shop.store_id}"
    for spelled in (sku, decomposed(sku)):
        found = await shop.api.get(f"{store}/offer", params={"sku": spelled})
        update = {"items": [{"sku": spelled, "quantity": 3}]}
        updated = await shop.api.patch(f"{store}/offers", json=update)
        assert found.json()["live"]["price"] == "150.00"
        assert updated.status_code in {200, 202}, updated.text
