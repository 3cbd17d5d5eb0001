"""The OpenAPI document of the API."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from app.core.errors import ERROR_RESPONSES, Problem, problem_responses
from app.web.idempotent.header import PARAMETER, REPLAYED
from app.web.openapi_transforms import (
    SCHEMAS,
    Node,
    operations,
    share_parameters,
    share_security,
    simplify,
    simplify_parameters,
    with_plain_names,
)
from app.web.responses import HEADERS, header_references

DESCRIPTION = """
Synchronizes merchants' catalogs with the marketplace Back Market. Upload a catalog
per store (one target country). refeed sends only the differences to what Back Market
last accepted, and reports the outcome of every offer with its reason.

Every error is an RFC 9457 problem with a stable `code`. Lists are cursor pages
`{items, next}`. Times are UTC, RFC 3339. Money is a decimal string.

`webhooks` has the signed requests that your endpoints get, one per type of event.

The HTTP server can refuse any request before an operation sees it, and closes the
connection then: 400 `malformed_request`, 408 `request_timeout`, 431 `header_too_large`,
503 `too_many_connections`. These problems have no `request_id`, and no operation lists
408 and 431.
"""
TAGS = {
    "stores": "Stores, their settings, mappings, versions and activation.",
    "channel": "Attributes and categories of Back Market.",
    "seller accounts": "Back Market accounts, shared by the stores of one seller.",
    "catalogs": "Catalog uploads, their imports, and the URL a catalog is pulled from.",
    "offers": "The offers of a store, and updates of stock and prices.",
    "publications": "Plans, runs that send changes to Back Market, and their reports.",
    "drift": "Differences between listings on Back Market and what was accepted.",
    "webhooks in": "Signed webhooks that start a publication.",
    "events": "What happened, as pages and as a stream.",
    "webhooks out": "Endpoints that get signed events, and their deliveries.",
    "alerts": "Who gets messages about events of a store.",
    "orders": "Orders of Back Market and actions on them.",
    "access": "API keys.",
    "health": "Probes of the service.",
}
OF_ALL_STORES = (["access"], ["health"])
"""Tags of operations that not every key may read."""
HEADERS_OF_ERRORS = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("RateLimit", "RateLimit-Policy", "Retry-After"),
    503: ("Retry-After",),
    507: ("Retry-After",),
}


def operation_id(route: APIRoute) -> str:
    """The name of the route's function: `create_store`."""
    return route.name


def describe(app: FastAPI, webhooks: Callable[[], Sequence[BaseRoute]]) -> Node:
    """Build the document once per app; `webhooks`: requests that it makes."""
    if not app.openapi_schema:
        app.openapi_schema = _document(app, webhooks)
    return app.openapi_schema


def _document(app: FastAPI, webhooks: Callable[[], Sequence[BaseRoute]]) -> Node:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION.strip(),
        routes=app.routes,
        webhooks=webhooks(),
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(operation, is_read=method == "get")
            if method == "post":
                _with_idempotency_key(operation)
            simplify_parameters(operation)
    for webhook in document["webhooks"].values():
        del webhook["post"]["responses"]["204"]  # any 2xx will do
    _add_examples(document)
    document = with_plain_names(document)
    components = document["components"]
    components["schemas"] |= _problem_schemas()
    simplify(document["paths"])
    simplify(document["webhooks"])
    for name, schema in components["schemas"].items():
        simplify(schema)
        schema["title"] = name
    share_parameters(document)
    share_security(document)
    components["responses"] = _error_responses()
    components["headers"] = {
        name: {"description": text, "schema": schema}
        for name, (text, schema) in HEADERS.items()
    }
    return document


def _complete(operation: Node, *, is_read: bool) -> None:
    """Add the errors of a JSON body, and sort and shorten the responses."""
    body = operation.get("requestBody", {}).get("content", {})
    responses = operation["responses"]
    if "application/json" in body:
        for status, reference in problem_responses(400, 413, 415).items():
            responses.setdefault(str(status), reference)
    if is_read and operation.get("tags") not in OF_ALL_STORES:
        responses.pop("403", None)  # any key may read what it sees
    for status, response in responses.items():
        if "$ref" in response:
            responses[status] = {"$ref": response["$ref"]}
        elif response["description"] == "Successful Response":
            response["description"] = HTTPStatus(int(status)).phrase
    operation["responses"] = dict(sorted(responses.items()))


def _with_idempotency_key(operation: Node) -> None:
    """Add the header, its conflict, and the mark of a repeated response."""
    if {"webhook-id"} & {given["name"] for given in operation.get("parameters", ())}:
        return  # the id of the webhook is its idempotency key
    operation.setdefault("parameters", []).append(deepcopy(PARAMETER))
    responses = operation["responses"]
    responses.setdefault("409", problem_responses(409)[409])
    operation["responses"] = dict(sorted(responses.items()))
    success = responses[min(responses)]
    success.setdefault("headers", {}).update(header_references(REPLAYED))


def response_examples() -> dict[str, Any]:
    """Recorded responses by operation id, from a file per area."""
    folder = files("app.web") / "response_examples"
    found: dict[str, Any] = {}
    for entry in folder.iterdir():
        found |= json.loads(entry.read_text("utf-8"))
    return found


def _add_examples(document: Node) -> None:
    """Add the recorded responses of the main operations."""
    examples = response_examples()
    for operation in operations(document):
        if example := examples.get(operation["operationId"]):
            status = min(operation["responses"])
            content = operation["responses"][status]["content"]
            content["application/json"]["example"] = example


def _problem_schemas() -> Node:
    _, schemas = models_json_schema(
        [(Problem, "serialization")], ref_template=SCHEMAS + "{model}"
    )
    definitions: Node = schemas["$defs"]
    return definitions


def _error_responses() -> Node:
    problem = {"$ref": SCHEMAS + Problem.__name__}
    responses: Node = {
        name: {
            "description": text,
            "headers": header_references(*HEADERS_OF_ERRORS.get(status, ())),
            "content": {"application/problem+json": {"schema": problem}},
        }
        for status, (name, text) in ERROR_RESPONSES.items()
    }
    responses["NotReady"] = {
        "description": "PostgreSQL or storage is down.",
        "content": {"application/json": {"schema": {"$ref": SCHEMAS + "Ready"}}},
    }
    return responses
