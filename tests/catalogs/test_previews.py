"""Previews of a mapping on a stored catalog change nothing."""

from typing import Any

import httpx
import pytest

from tests.catalogs.previewing import preview, store_with
from tests.support.shop import CATEGORIES, COLUMNS, MAPPING, Shop, as_csv, row

WITH_MARKET = (*COLUMNS, "market")
ROWS = [
    row("A1", market="FR", price="1.299,00 EUR", quantity=7),
    row("A1", market="DE"),
    row("B2", market="FR", price="20,00"),
    row("C3", market="FR", category="TV"),
    row("D4", market="FR", price="free", ean="1"),
]
TRIED: dict[str, Any] = {
    "attributes": {
        **MAPPING["attributes"],
        "price": {
            "column": "price",
            "steps": [{"op": "percent", "by": "5"}, {"op": "ending", "at": "0.99"}],
        },
        "quantity": {"column": "quantity", "steps": [{"op": "buffer", "keep": 2}]},
        "comment": {"template": "{category} {sku}", "steps": [{"op": "lower"}]},
    },
    "filters": [
        {
            "name": "other countries",
            "when": {
                "op": "not",
                "of": {"op": "of_store", "column": "market", "store": "country"},
            },
        },
        {
            "name": "too cheap",
            "when": {"op": "less_than", "attribute": "price", "value": "50"},
        },
    ],
}


async def test_a_preview_has_counts_and_a_row_of_each_kind(
    api: httpx.AsyncClient,
):
    path = await store_with(api, as_csv(ROWS, WITH_MARKET))

    found = await preview(api, path, mapping=TRIED, categories=CATEGORIES["items"])

    assert found["funnel"] == {
        "rows": 5,
        "excluded": 2,
        "excluded_by": {"other countries": 1, "too cheap": 1},
        "uncategorized": 1,
        "invalid": 1,
        "invalid_by": {"ean_format": 1, "price_format": 1},
        "noted_by": {},
        "valid": 1,
    }
    assert found["whole"]
    assert [(r["line"], r["outcome"], r["excluded_by"]) for r in found["rows"]] == [
        (2, "valid", None),
        (3, "excluded", "other countries"),
        (4, "excluded", "too cheap"),
        (5, "uncategorized", None),
        (6, "invalid", None),
    ]
    first, *_, last = found["rows"]
    assert first["source"]["price"] == "1.299,00 EUR"
    assert first["texts"]["comment"] == "phones a1"
    assert first["values"]["price"] == "1363.99"
    assert first["values"]["quantity"] == 5
    assert [(p["field"], p["code"]) for p in last["problems"]] == [
        ("ean", "ean_format"),
        ("price", "price_format"),
    ]
    assert last["problems"][1]["message"] == "“free” is not an amount"


async def test_a_preview_matches_the_import(shop: Shop):
    path = f"/v1/stores/{shop.store_id}"
    await shop.upload_bytes(as_csv(ROWS, WITH_MARKET))
    before = await shop.offers()
    catalogs = (await shop.api.get(f"{path}/catalogs")).json()

    funnel = (await preview(shop.api, path, mapping=TRIED))["funnel"]
    after = await shop.offers()
    unchanged = (await shop.api.get(f"{path}/catalogs")).json()
    await shop.api.put(f"{path}/mapping", json=TRIED)
    catalog = await shop.wait_for(
        f"/v1/catalogs/{catalogs['items'][0]['id']}", ("ready",)
    )

    assert (after, unchanged) == (before, catalogs)
    assert catalog["excluded_by"] == funnel["excluded_by"]
    counts = catalog["counts"]
    assert counts["excluded"] == funnel["excluded"] == 2
    assert counts["uncategorized"] == funnel["uncategorized"] == 1
    assert counts["created"] + counts["changed"] + counts["unchanged"] == 1
    assert set(await shop.offers(state="pending")) == {"A1"}
    rows = (await shop.api.get(f"/v1/catalogs/{catalog['id']}/rows")).json()["items"]
    assert [(r["code"], r["value"]) for r in rows][:1] == [
        ("excluded", "other countries")
    ]
    assert rows[0]["message"] == "the filter “other countries” excludes the row"


async def test_the_default_mapping_is_that_of_the_store(
    api: httpx.AsyncClient,
):
    path = await store_with(api, as_csv([row("A1"), row("A1"), row("B1")]))
    nothing = await preview(api, path)
    await api.put(f"{path}/mapping", json=MAPPING)
    await api.put(f"{path}/categories", json=CATEGORIES)

    found = await preview(api, path, sample=1)

    assert nothing["missing"] == list(COLUMNS)
    assert (found["missing"], len(found["rows"])) == ([], 1)
    assert found["funnel"]["invalid_by"] == {"duplicate_sku": 2}
    assert (found["funnel"]["invalid"], found["funnel"]["valid"]) == (2, 1)


UNSOUND = {
    "a column that is not there": (
        {"attributes": {**MAPPING["attributes"], "comment": {"column": "note"}}},
        "/mapping/attributes/comment",
        "unknown_column",
    ),
    "a column of a filter": (
        {
            **MAPPING,
            "filters": [{"name": "f", "when": {"op": "empty", "column": "note"}}],
        },
        "/mapping/filters/0/when/column",
        "unknown_column",
    ),
    "a column of a step": (
        {
            "attributes": {
                "price": {
                    "column": "price",
                    "steps": [
                        {
                            "op": "add",
                            "by": 1,
                            "when": {"op": "empty", "column": "note"},
                        }
                    ],
                }
            }
        },
        "/mapping/attributes/price/steps/0/when/column",
        "unknown_column",
    ),
    "a wrong number": (
        {
            "attributes": {
                "price": {"column": "price", "steps": [{"op": "percent", "by": "x"}]}
            }
        },
        "/mapping/attributes/price/steps/0/by",
        "decimal_parsing",
    ),
    "a step that the attribute cannot have": (
        {
            "attributes": {
                "sku": {"column": "sku", "steps": [{"op": "buffer", "keep": 1}]}
            }
        },
        "/mapping/attributes/sku/steps/0/op",
        "step_not_allowed",
    ),
}


@pytest.mark.parametrize(
    ("mapping", "pointer", "code"), UNSOUND.values(), ids=UNSOUND.keys()
)
async def test_an_invalid_mapping_is_refused_with_its_pointer(
    api: httpx.AsyncClient, mapping: Any, pointer: str, code: str
):
    path = await store_with(api, as_csv(ROWS))

    answer = await api.post(f"{path}/mapping/preview", json={"mapping": mapping})

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


async def test_a_preview_needs_a_readable_catalog(api: httpx.AsyncClient):
    none = await store_with(api, None)
    bad = await store_with(api, b"%PDF-1.7 and so on")
    other = await store_with(api, as_csv(ROWS))
    (catalog,) = (await api.get(f"{other}/catalogs")).json()["items"]

    answers = [
        await api.post(f"{none}/mapping/preview", json={}),
        await api.post(f"{bad}/mapping/preview", json={"mapping": MAPPING}),
        await api.post(f"{none}/mapping/preview", json={"catalog_id": catalog["id"]}),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [
        (409, "no_catalog"),
        (409, "unknown_format"),
        (404, "not_found"),
    ]
