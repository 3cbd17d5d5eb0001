"""Every refusal is a problem with a reason and accepted values."""

from typing import Any

import httpx
import pytest

from tests.support.problems import assert_problem

MARKETS = "AT, AU, BE, DE, ES, FI, FR, GB, GR, IE, IT, JP, NL, PT, SE, SK, US"


@pytest.fixture
async def store(api: httpx.AsyncClient) -> str:
    answer = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    return f"/v1/stores/{answer.json()['id']}"


async def test_an_unknown_path_is_404(api: httpx.AsyncClient):
    assert_problem(await api.get("/v2/nothing"), 404, "not_found")


METHODS = {
    "several routes": ("DELETE", "/v1/stores", "GET, POST"),
    "one of a store": ("POST", "/v1/stores/x/settings", "GET, PUT"),
    "a SKU with slashes": ("PUT", "/v1/stores/x/offers/a/b", "GET"),
    "a probe": ("POST", "/health/live", "GET"),
    "without CORS": ("OPTIONS", "/v1/stores/x", "GET, PATCH, DELETE"),
    "the document": ("POST", "/openapi.json", "GET, HEAD"),
}


@pytest.mark.parametrize(
    ("method", "path", "allowed"), METHODS.values(), ids=METHODS.keys()
)
async def test_an_unsupported_method_is_405_with_all_methods_of_the_path(
    api: httpx.AsyncClient, method: str, path: str, allowed: str
):
    answer = await api.request(method, path)

    assert answer.headers["Allow"] == allowed
    body = assert_problem(answer, 405, "method_not_allowed")
    assert body["errors"][0]["accepted"] == allowed


CASES: dict[str, tuple[str, str, dict[str, Any], str, str, str | None]] = {
    "an unknown country": (
        "POST",
        "/v1/stores",
        {"name": "A", "country": "XX"},
        "country",
        "Back Market has no market `XX`.",
        MARKETS,
    ),
    "an empty name": (
        "POST",
        "/v1/stores",
        {"name": "", "country": "FR"},
        "name",
        "Must have at least 1 character.",
        "at least 1 character",
    ),
    "an unknown field": (
        "POST",
        "/v1/stores",
        {"name": "A", "country": "FR", "town": "Lyon"},
        "town",
        "Unknown field.",
        "name, country",
    ),
    "a missing field": (
        "POST",
        "/v1/stores",
        {"name": "A"},
        "country",
        "Required.",
        None,
    ),
    "a short token counts characters": (
        "PUT",
        "{store}/settings",
        {"environment": "sandbox", "token": "abc"},
        "token",
        "Must have at least 4 characters.",
        "at least 4 characters",
    ),
    "a token of two words": (
        "PUT",
        "{store}/settings",
        {"environment": "sandbox", "token": "hunter2 hunter2"},
        "token",
        "The value is not a token.",
        (
            "one word of 4 or more printable ASCII characters, as copied from the back "
            "office"
        ),
    ),
    "a token of spaces": (
        "PUT",
        "{store}/settings",
        {"environment": "sandbox", "token": " " * 12},
        "token",
        "The value is not a token.",
        (
            "one word of 4 or more printable ASCII characters, as copied from the back "
            "office"
        ),
    ),
    "an unknown environment": (
        "PUT",
        "{store}/settings",
        {"environment": "moon"},
        "environment",
        "Input should be 'production', 'preprod' or 'sandbox'.",
        "production, preprod, sandbox",
    ),
    "an interval too short": (
        "PUT",
        "{store}/settings",
        {"environment": "sandbox", "offers_interval": "PT1S"},
        "offers_interval",
        "Input should be greater than or equal to 1 minute.",
        "at least 1 minute",
    ),
    "an interval that is none": (
        "PUT",
        "{store}/settings",
        {"environment": "sandbox", "offers_interval": "often"},
        "offers_interval",
        "Must be an ISO 8601 duration such as PT2H.",
        "an ISO 8601 duration such as PT2H",
    ),
    "an unknown attribute": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"colour": {"column": "c"}}},
        "attributes.colour",
        "Back Market has no attribute `colour`.",
        (
            "brand, category, comment, cost, currency, depth, description, ean, grade, "
            "height, image1, image2, image3, image4, image5, image6, min_price, "
            "new_battery, price, price_new, product_id, quantity, shipper_1, "
            "shipper_2, shipper_3, shipping_delay_1, shipping_delay_2, "
            "shipping_delay_3, shipping_price_1, shipping_price_2, shipping_price_3, "
            "sku, title, warranty_delay, weight, width, attribute.<field>"
        ),
    ),
    "two sources of one attribute": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"price": {"column": "p", "constant": "1"}}},
        "attributes.price",
        (
            "Set exactly one of column, constant, template, "
            "column_for, by_country, cases."
        ),
        "exactly one of column, constant, template, column_for, by_country, cases",
    ),
    "no source of an attribute": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"price": {}}},
        "attributes.price",
        (
            "Set exactly one of column, constant, template, "
            "column_for, by_country, cases."
        ),
        "exactly one of column, constant, template, column_for, by_country, cases",
    ),
    "an unknown field deep inside": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"price": {"col": "p"}}},
        "attributes.price.col",
        "Unknown field.",
        (
            "column, constant, template, column_for, by_country, cases, else, "
            "fill_down, values, steps, default, decimal"
        ),
    ),
    "a template with a stray brace": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"category": {"template": "{type"}}},
        "attributes.category.template",
        "This is no template: expected '}' before end of string.",
        "column names in braces, as in `{brand} {model}`; `{{` and `}}` for braces",
    ),
    "a template with a format": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"category": {"template": "{type!r}"}}},
        "attributes.category.template",
        "This is no template: a template holds only column names in braces.",
        "column names in braces, as in `{brand} {model}`; `{{` and `}}` for braces",
    ),
    "a decimal sign that is none": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"price": {"column": "p", "decimal": ";"}}},
        "attributes.price.decimal",
        "Input should be 'auto', 'comma' or 'point'.",
        "auto, comma, point",
    ),
    "a commission above 100": (
        "PUT",
        "{store}/categories",
        {"items": [{"source": "P", "category_id": 2, "cpa": "100.01"}]},
        "items.0.cpa",
        "Input should be less than or equal to 100.",
        "at most 100",
    ),
    "a commission below 0": (
        "PUT",
        "{store}/categories",
        {"items": [{"source": "P", "category_id": 2, "cpa": "-1"}]},
        "items.0.cpa",
        "Input should be greater than or equal to 0.",
        "at least 0",
    ),
    "a commission with 3 decimals": (
        "PUT",
        "{store}/categories",
        {"items": [{"source": "P", "category_id": 2, "cpa": "1.234"}]},
        "items.0.cpa",
        "Decimal input should have no more than 2 decimal places.",
        "at most 2 decimals",
    ),
    "a category that cannot be": (
        "PUT",
        "{store}/categories",
        {"items": [{"source": "P", "category_id": 0, "cpa": "1"}]},
        "items.0.category_id",
        "Input should be greater than or equal to 1.",
        "at least 1",
    ),
    "a source category of spaces": (
        "PUT",
        "{store}/categories",
        {"items": [{"source": "  ", "category_id": 1, "cpa": "1"}]},
        "items.0.source",
        "Must have at least 1 character.",
        "at least 1 character",
    ),
}


@pytest.mark.parametrize(
    ("method", "path", "sent", "field", "message", "accepted"),
    CASES.values(),
    ids=CASES.keys(),
)
async def test_an_invalid_field_is_reported_with_accepted_values(
    api: httpx.AsyncClient,
    store: str,
    method: str,
    path: str,
    sent: dict[str, Any],
    field: str,
    message: str,
    accepted: str | None,
):
    answer = await api.request(method, path.replace("{store}", store), json=sent)

    body = assert_problem(answer, 422, "invalid")
    (error,) = body["errors"]
    assert (error["field"], error["message"]) == (field, message)
    assert error["accepted"] == accepted
    assert body["detail"] == f"{field}: {message}"


NULS = {
    "a name": ("POST", "/v1/stores", {"name": "a\0b", "country": "FR"}),
    "a constant": (
        "PUT",
        "{store}/mapping",
        {"attributes": {"comment": {"constant": "\0"}}},
    ),
    "a category": (
        "PUT",
        "{store}/categories",
        {"items": [{"source": "a\0", "category_id": 1, "cpa": "1"}]},
    ),
    "a SKU": ("GET", "{store}/offers/a%00b", None),
    "a filter by SKU": ("GET", "{store}/offers?sku=a%00b", None),
}


@pytest.mark.parametrize(("method", "path", "sent"), NULS.values(), ids=NULS.keys())
async def test_a_text_that_postgresql_cannot_store_is_422(
    api: httpx.AsyncClient, store: str, method: str, path: str, sent: Any
):
    answer = await api.request(method, path.replace("{store}", store), json=sent)

    assert_problem(answer, 422, "not_storable")


async def test_listed_errors_are_limited(api: httpx.AsyncClient, store: str):
    items = [{"source": "", "category_id": 0, "cpa": "x"}] * 1000
    answer = await api.put(f"{store}/categories", json={"items": items})

    assert len(assert_problem(answer, 422, "invalid")["errors"]) == 50
