"""Phones that Back Market does not know, and a store that describes them."""

from typing import Any

from stdnum import ean

from tests.support.shop import MAPPING, Shop, as_csv, row

PRODUCT = ("title", "description", "brand", "price_new", "weight", "image1")
DETAILS = {
    "title": "Nimbus 9 64 GB black",
    "description": "A phone, refurbished",
    "brand": "Nimbus",
    "price_new": "499,00 EUR",
    "weight": "0,2 kg",
    "image1": "https://pictures.example/nimbus-9.jpg",
    "color": "black",
    "storage": "64",
}
COLUMNS = (*MAPPING["attributes"], *DETAILS)
LEAVES = {"items": [{"source": "Phones", "category_id": 1101, "cpa": "10.00"}]}
WITH_PRODUCTS: dict[str, Any] = {
    "attributes": MAPPING["attributes"]
    | {name: {"column": name} for name in PRODUCT}
    | {f"attribute.{name}": {"column": name} for name in ("color", "storage")}
}


def unknown(number: int) -> str:
    """An EAN that is not in the sandbox's catalogue."""
    body = f"99{number:010}"
    return body + ean.calc_check_digit(body)


def new_phone(sku: str, number: int, **values: object) -> dict[str, object]:
    return row(sku, ean=unknown(number)) | DETAILS | values


async def upload(shop: Shop, *rows: dict[str, object]) -> None:
    await shop.upload_bytes(as_csv(rows, COLUMNS))


async def reasons(shop: Shop, run: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["sku"]: (c["outcome"], c["code"]) for c in await shop.changes(run)}
