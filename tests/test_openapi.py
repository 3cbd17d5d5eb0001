"""The OpenAPI document matches the app and the committed file."""

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from app.core.errors import ProblemError
from app.events.enums import EventType
from app.http_server import answers
from app.http_server.limits import HttpLimits
from app.main import create_app
from app.settings import Settings
from app.web.openapi import response_examples
from tests.support.documented import undeclared
from tests.support.openapi import DOCUMENT, OPERATIONS
from tests.support.stack import ROOT

WITH_BODY = {n: o for n, o in OPERATIONS.items() if "requestBody" in o}
UNDER_V1 = {n: o for n, o in OPERATIONS.items() if " /v1" in n}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


def parameters_of(operation: dict[str, Any]) -> set[str]:
    shared = DOCUMENT["components"]["parameters"]
    return {
        (shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p)["name"]
        for p in operation.get("parameters", ())
    }


def test_the_committed_document_matches_the_app():
    document = create_app(Settings()).openapi()

    assert json.loads(json.dumps(document)) == DOCUMENT, "run `refeed openapi`"


@pytest.mark.parametrize(
    "refusal",
    [
        answers.malformed(),
        answers.header_too_slow(HttpLimits.of(Settings())),
        answers.header_too_large(HttpLimits.of(Settings())),
        answers.too_many_connections(),
    ],
    ids=lambda refusal: refusal.code,
)
def test_the_description_has_the_refusals_of_the_http_server(refusal: ProblemError):
    described = " ".join(DOCUMENT["info"]["description"].split())

    assert f"{int(refusal.status)} `{refusal.code}`" in described


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_a_route_has_a_summary_and_one_tag(operation: dict[str, Any]):
    assert operation["summary"]
    assert len(operation["tags"]) == 1


@pytest.mark.parametrize("operation", WITH_BODY.values(), ids=WITH_BODY.keys())
def test_a_body_has_an_example(operation: dict[str, Any]):
    bodies = operation["requestBody"]["content"]

    assert any(
        "example" in body or resolved(body["schema"]).get("examples")
        for body in bodies.values()
    )


@pytest.mark.parametrize(("name", "operation"), UNDER_V1.items(), ids=UNDER_V1.keys())
def test_a_route_declares_the_errors_that_can_happen_everywhere(
    name: str, operation: dict[str, Any]
):
    needed = {"401", "404", "422", "429", "503"}
    if not name.startswith("GET "):  # any key may read
        needed |= {"403"}
    if "requestBody" in operation:
        needed |= {"400", "413", "415"}
    assert needed <= set(operation["responses"])


def test_every_error_refers_to_a_shared_response():
    errors = [
        (name, status, response)
        for name, operation in OPERATIONS.items()
        for status, response in operation["responses"].items()
        if status[0] in "45"
    ]

    assert errors
    assert [e for e in errors if list(e[2]) != ["$ref"]] == []
    shared = {response["$ref"].rpartition("/")[2] for *_, response in errors}
    assert shared == set(DOCUMENT["components"]["responses"])


def test_a_shared_error_response_is_a_problem():
    responses = dict(DOCUMENT["components"]["responses"])
    ready = responses.pop("NotReady")

    assert list(ready["content"]) == ["application/json"]
    for response in responses.values():
        assert response["content"] == {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"}
            }
        }


def headers_of(response: dict[str, Any]) -> set[str]:
    return set(response.get("headers", {}))


def test_every_202_declares_location_and_retry_after():
    accepted = {
        name: headers_of(operation["responses"]["202"])
        for name, operation in OPERATIONS.items()
        if "202" in operation["responses"]
    }

    assert len(accepted) >= 13
    usual = {"Location", "Retry-After"}
    own = {n: h - {"Idempotent-Replayed"} for n, h in accepted.items()}
    assert {n for n, h in own.items() if h != usual} == set()


def test_every_post_with_a_key_takes_an_idempotency_key():
    posts = {n: o for n, o in UNDER_V1.items() if n.startswith("POST ")}
    with_key = {n: o for n, o in posts.items() if "Idempotency-Key" in parameters_of(o)}

    assert posts.keys() - with_key.keys() == {
        "POST /v1/hooks/stores/{store_id}/publish"
    }
    for operation in with_key.values():
        responses = operation["responses"]
        assert {"409", "422"} <= responses.keys()
        assert "Idempotent-Replayed" in headers_of(responses[min(responses)])


def test_every_header_refers_to_a_shared_one():
    responses = list(DOCUMENT["components"]["responses"].values())
    for operation in OPERATIONS.values():
        responses += operation["responses"].values()

    used = {
        (name, header["$ref"])
        for response in responses
        for name, header in response.get("headers", {}).items()
    }
    assert used == {
        (name, f"#/components/headers/{name}")
        for name in DOCUMENT["components"]["headers"]
    }


def test_a_conditional_read_declares_its_etag():
    conditional = [
        operation["responses"]
        for operation in OPERATIONS.values()
        if "if-none-match" in parameters_of(operation)
    ]

    assert len(conditional) >= 3
    for responses in conditional:
        assert "ETag" in headers_of(responses["200"])
        assert "ETag" in headers_of(responses["304"])


@pytest.mark.parametrize(
    ("status", "headers", "found"),
    [
        (200, ["etag", "x-request-id"], []),
        (200, ["etag", "location"], ["get_store: 200 location"]),
        (404, [], []),
        (409, [], ["get_store: 409"]),
        (503, ["retry-after"], []),
    ],
)
def test_responses_are_compared_with_the_document(
    status: int, headers: list[str], found: list[str]
):
    route = SimpleNamespace(path_format="/v1/stores/{store_id}")
    message = {"status": status, "headers": [(h.encode(), b"") for h in headers]}

    scope = {"method": "GET", "route": route}
    assert undeclared(DOCUMENT, scope, message) == found


EXAMPLES = response_examples()


def test_a_response_example_is_in_the_document():
    shown = {
        operation["operationId"]: content["example"]
        for operation in OPERATIONS.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        if "example" in content
    }

    assert shown == EXAMPLES


def fields_of(schema: dict[str, Any], value: object) -> tuple[object, object]:
    """The names that a schema and an example have, as far as both have names."""
    schema = resolved(schema)
    for kind in schema.get("anyOf", ()):
        if kind != {"type": "null"} and value is not None:
            return fields_of(kind, value)
    if isinstance(value, list) and "items" in schema:
        pairs = [fields_of(schema["items"], item) for item in value]
        return [named for named, _ in pairs], [found for _, found in pairs]
    if isinstance(value, dict) and "properties" in schema:
        named = schema["properties"]
        inner = {n: fields_of(named[n], v) for n, v in value.items() if n in named}
        return (
            {name: inner[name][0] if name in inner else () for name in named},
            {name: inner[name][1] if name in inner else () for name in value},
        )
    return (), ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_response_example_has_the_fields_of_its_schema(name: str):
    (operation,) = [o for o in OPERATIONS.values() if o["operationId"] == name]
    response = operation["responses"][min(operation["responses"])]

    schema = response["content"]["application/json"]["schema"]
    declared, shown = fields_of(schema, EXAMPLES[name])
    assert shown == declared


def test_parameters_of_many_operations_are_shared():
    inline = Counter(
        json.dumps(parameter)
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", ())
        if "$ref" not in parameter
    )

    assert {n for n, count in inline.items() if count >= 3} == set()


def test_the_document_is_small():
    size = (ROOT / "openapi.json").stat().st_size

    assert size / len(OPERATIONS) < 5_000


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
    assert "if-match" in parameters_of(operation)


def test_every_type_of_event_is_a_webhook_with_a_schema_of_its_own():
    webhooks = {kind: item["post"] for kind, item in DOCUMENT["webhooks"].items()}
    bodies = {
        kind: resolved(webhook["requestBody"]["content"]["application/json"]["schema"])
        for kind, webhook in webhooks.items()
    }

    assert webhooks.keys() == set(EventType)
    for kind, body in bodies.items():
        assert body["properties"]["type"]["const"] == kind
        assert resolved(body["properties"]["data"])["description"]
    assert {str(webhook["security"]) for webhook in webhooks.values()} == {"[]"}
    assert {tuple(webhook["responses"]) for webhook in webhooks.values()} == {
        ("2XX", "4XX", "5XX")
    }


async def test_the_document_is_served(api: httpx.AsyncClient):
    document = await api.get("/openapi.json")

    assert document.json()["info"]["title"] == "refeed"


def test_no_response_has_a_field_for_a_secret():
    shown = {
        name
        for schema_name, schema in DOCUMENT["components"]["schemas"].items()
        if not schema_name.endswith(("In", "Patch"))
        for name in schema.get("properties", {})
    }

    secret = {n for n in shown if "token" in n or "key" in n or "digest" in n}
    issued = {"key", "token"}  # shown once: an API key, a token for event streams
    assert secret == {"token_set"} | issued
