"""A carrier that Back Market does not know has a problem code of its own."""

from typing import Any

import pytest

from tests.support.shop import COLUMNS, MAPPING, Shop, as_csv, row

THIRD = ("shipper_3", "shipping_price_3", "shipping_delay_3")
ALL = (*COLUMNS, *THIRD)
FIELD, CODE = "shipper_3", "unknown_carrier"


def by(sku: str, carrier: str, **values: object) -> dict[str, object]:
    return row(sku, **dict(zip(THIRD, (carrier, "4.90", 24), strict=True)), **values)


@pytest.fixture
async def shipping(shop: Shop) -> Shop:
    attributes = MAPPING["attributes"] | {name: {"column": name} for name in THIRD}
    path = f"/v1/stores/{shop.store_id}/mapping"
    answer = await shop.api.put(path, json={"attributes": attributes})
    assert answer.status_code == 200, answer.text
    return shop


async def problems_of(shop: Shop) -> dict[str, list[tuple[str, str]]]:
    return {
        sku: [(p["field"], p["code"]) for p in offer["problems"]]
        for sku, offer in (await shop.offers()).items()
    }


async def reported(shop: Shop, catalog: dict[str, Any]) -> list[Any]:
    answer = await shop.api.get(f"/v1/catalogs/{catalog['id']}/rows")
    names = ("sku", "field", "code", "accepted")
    return [tuple(item[name] for name in names) for item in answer.json()["items"]]


async def test_an_unknown_carrier_has_its_own_code_in_report_and_offers(shipping: Shop):
    first = [by("A", "DHL"), by("B", "Colisimo"), by("C", "Hogwarts", ean="1")]
    await shipping.upload_bytes(as_csv(first, ALL))
    before = await problems_of(shipping)

    second = [by("A", "Colisimo"), by("B", "Colissimo"), by("C", "Hogwarts", ean="1")]
    catalog = await shipping.upload_bytes(as_csv(second, ALL))

    assert before == {
        "A": [],
        "B": [(FIELD, CODE)],
        "C": [("ean", "ean_format"), (FIELD, CODE)],
    }
    assert await problems_of(shipping) == before | {"A": [(FIELD, CODE)], "B": []}
    assert catalog["problem_counts"] == {CODE: 2, "ean_format": 1}
    rows = await reported(shipping, catalog)
    assert ("A", FIELD, CODE, "Colissimo, Socolissimo, ColisPrivé") in rows
    assert ("C", FIELD, CODE, "a name of GET /v1/channel/carriers") in rows
    assert len(rows) == 3


async def test_offers_with_an_unknown_carrier_are_invalid(shipping: Shop):
    await shipping.upload_bytes(as_csv([by("A", "Hogwarts")], ALL))

    assert set(await shipping.offers(state="invalid")) == {"A"}
