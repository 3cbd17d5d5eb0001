"""Decisions of the guided flow."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.console.core.api_client import ApiClient
from app.console.first_steps.load import facts_of
from app.console.first_steps.view import (
    Facts,
    dangerous_first,
    mapping_rows,
    new_categories,
    new_mapping,
    steps_of,
    with_token,
)
from tests.access.issuing import issue
from tests.console.person import Person, person_at

GREEN, RED = {"state": "green"}, {"state": "red"}


def facts(**more: Any) -> Facts:
    usual: dict[str, Any] = {
        "store": {"active": False},
        "settings": {"token_set": True},
        "lights": {"mapping": GREEN, "categories": GREEN},
        "mapping": {"catalog_columns": ["sku"]},
        "categories": {},
        "listing_import": {"state": "finished"},
        "catalog": {"state": "ready"},
    }
    return Facts(**{**usual, **more})


@pytest.mark.parametrize(
    ("given", "current"),
    [
        (facts(settings={"token_set": False}), "token"),
        (facts(listing_import=None), "listings"),
        (facts(listing_import={"state": "failed"}), "listings"),
        (facts(catalog=None), "catalog"),
        (facts(catalog={"state": "rejected"}), "catalog"),
        (facts(mapping={"catalog_columns": None}), "catalog"),
        (facts(lights={"mapping": RED, "categories": RED}), "mapping"),
        (facts(lights={"mapping": GREEN, "categories": RED}), "categories"),
        (facts(), "plan"),
        (facts(store={"active": True}), None),
    ],
)
def test_the_first_step_that_is_not_done_is_the_current_one(
    given: Facts, current: str | None
):
    steps = steps_of(given)

    assert [step.name for step in steps if step.state == "current"] == [current][
        : current is not None
    ]


async def test_the_step_is_never_older_than_the_catalog_that_it_waits_for():
    """The catalog is read while the page is loaded: its columns are there with it."""
    is_read = False

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal is_read
        if request.url.path.endswith("/catalogs"):
            is_read = True
            return httpx.Response(200, json={"items": [{"state": "awaiting_mapping"}]})
        if request.url.path.endswith("/mapping"):
            columns = ["sku"] if is_read else None
            return httpx.Response(200, json={"catalog_columns": columns})
        return httpx.Response(200, json=ANYTHING)

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://refeed") as http:
        loaded = await facts_of(ApiClient(http), uuid4())

    assert [step.name for step in steps_of(loaded) if step.state == "current"] == [
        "mapping"
    ]


ANYTHING = {
    "active": False,
    "token_set": True,
    "mapping": RED,
    "categories": RED,
    "items": [{"state": "finished"}],
}


def test_a_token_keeps_all_other_settings():
    settings = {"environment": "production", "token_set": True, "drift": "leave"}

    assert with_token(settings | {"seller_account_id": "a"}, "sandbox", "t") == {
        "environment": "sandbox",
        "drift": "leave",
        "token": "t",
    }


PROPOSAL = {
    "items": [
        {"attribute": "sku", "column": "Id", "source": {"column": "Id"}, "reasons": []},
        {
            "attribute": "grade",
            "column": "State",
            "source": {"column": "State", "values": {"new": "EXCELLENT"}},
            "reasons": ["80% are grades"],
        },
    ]
}
RULES = {"column": "Price", "steps": [{"op": "percent", "by": "5"}]}


def test_rules_of_an_unchanged_column_are_kept():
    mapping = {
        "attributes": {
            "price": RULES,
            "ean": {"column": "Ean"},
            "cost": {"constant": "1"},
        },
        "filters": ["f"],
    }
    chosen = {"sku": "Id", "grade": "State", "price": "Price", "ean": "", "cost": ""}

    assert new_mapping(chosen, mapping, PROPOSAL) == {
        "attributes": {
            "sku": {"column": "Id"},
            "grade": PROPOSAL["items"][1]["source"],
            "price": RULES,
            "cost": {"constant": "1"},
        },
        "filters": ["f"],
    }


def test_another_column_loses_the_rules_of_the_first_one():
    mapping = {"attributes": {"price": RULES}, "filters": []}

    changed = new_mapping({"price": "Net"}, mapping, None)

    assert changed["attributes"] == {"price": {"column": "Net"}}


def test_proposals_are_filled_in_with_samples():
    attributes = [
        {"name": "comment", "required": False},
        {"name": "grade", "required": True},
    ]
    samples = [{"source": {"State": "new"}}, {"source": {"State": "new"}}]

    first, second = mapping_rows(attributes, {"attributes": {}}, PROPOSAL, samples)

    assert (first.column, first.hint, first.samples) == (
        "State",
        "80% are grades",
        ["new"],
    )
    assert (second.attribute["name"], second.column) == ("comment", "")


def test_categories_that_the_form_does_not_show_are_kept():
    known = {
        "items": [
            {"source": "A", "category_id": 1},
            {"source": "Old", "category_id": 2},
        ]
    }
    values = {"source:1": "A", "category:1": "", "source:2": "B", "category:2": "7"}

    assert new_categories(values | {"cpa:2": "9.5"}, known) == [
        {"source": "Old", "category_id": 2},
        {"source": "B", "category_id": 7, "cpa": "9.5"},
    ]


def test_dangerous_changes_come_first():
    changes = [
        {"outcome": "planned", "reason": "new"},
        {"outcome": "planned", "reason": "disappeared"},
        {"outcome": "rejected", "reason": "modified"},
        {"outcome": "held", "reason": "modified"},
    ]

    assert [(c["outcome"], c["reason"]) for c in dangerous_first(changes)] == [
        ("held", "modified"),
        ("rejected", "modified"),
        ("planned", "disappeared"),
        ("planned", "new"),
    ]


async def test_a_wrong_token_is_named_at_its_field(
    api: httpx.AsyncClient, admin: Person
):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    path = f"/console/stores/{store['id']}/first-steps"
    page = await admin.open(path)

    answer = await admin.submit(
        page, f"{path}/token", token="two words", environment="sandbox"
    )

    assert answer.status_code == 422
    assert 'id="token-error"' in answer.text
    assert "two words" not in answer.text


async def test_a_key_that_may_only_read_is_offered_no_change(
    api: httpx.AsyncClient,
):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    async with person_at(api) as reader:
        await reader.sign_in(await issue(api, scope="read"))
        flow = await reader.open(f"/console/stores/{store['id']}/first-steps")
        new = await reader.open("/console/first-steps")

    assert "This key may only read" in flow.text
    assert 'action="/console/stores' not in flow.text
    assert "created with an admin key" in new.text
