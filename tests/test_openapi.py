"""The OpenAPI document says what the app does, and is the one in the repository."""

import json
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.support.stack import ROOT

DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
WITH_BODY = {n: o for n, o in OPERATIONS.items() if "requestBody" in o}
UNDER_V1 = {n: o for n, o in OPERATIONS.items() if " /v1" in n}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


def test_the_committed_document_is_what_the_app_says():
    committed = json.loads((ROOT / "openapi.json").read_text())

    assert committed == json.loads(json.dumps(DOCUMENT)), "run `refeed openapi`"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_a_route_has_a_summary_and_a_tag(operation: dict[str, Any]):
    assert operation["summary"]
    assert operation["tags"]


@pytest.mark.parametrize("operation", WITH_BODY.values(), ids=WITH_BODY.keys())
def test_a_body_has_an_example(operation: dict[str, Any]):
    bodies = operation["requestBody"]["content"]

    assert any(
        "example" in body or resolved(body["schema"]).get("examples")
        for body in bodies.values()
    )


@pytest.mark.parametrize("operation", UNDER_V1.values(), ids=UNDER_V1.keys())
def test_every_refusal_is_declared_as_a_problem(operation: dict[str, Any]):
    refusals = {s: a for s, a in operation["responses"].items() if s[0] in "45"}

    needed = {"401", "403", "404", "422", "503"}
    if "requestBody" in operation:
        needed |= {"400", "413", "415"}
    assert needed <= set(refusals)
    for answer in refusals.values():
        (kind, content), *_ = answer["content"].items()
        assert kind == "application/problem+json"
        assert content["schema"]["$ref"].endswith("/Problem")


BY_TIME = "PATCH /v1/stores/{store_id}/offers"
"""Its items say by their time, not by a version, what they are newer than."""


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in UNDER_V1
        if "{store_id}" in n and n[:3] in {"PUT", "PAT", "DEL"} and n != BY_TIME
    ],
)
def test_a_change_of_a_store_declares_if_match(name: str):
    operation = OPERATIONS[name]

    assert "412" in operation["responses"]
    assert "if-match" in {p["name"] for p in operation["parameters"]}


async def test_the_docs_are_served(api: httpx.AsyncClient):
    docs = await api.get("/docs")
    document = await api.get("/openapi.json")

    assert docs.status_code == 200
    assert "swagger" in docs.text.lower()
    assert document.json()["info"]["title"] == "refeed"


def test_no_answer_has_a_field_that_could_be_a_secret():
    shown = {
        name
        for schema_name, schema in DOCUMENT["components"]["schemas"].items()
        if not schema_name.endswith(("In", "Patch"))
        for name in schema.get("properties", {})
    }

    secret = {n for n in shown if "token" in n or "key" in n or "digest" in n}
    assert secret == {"token_set", "key"}
