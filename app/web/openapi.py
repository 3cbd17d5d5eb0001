"""The OpenAPI document: what the app says, with the words around it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.core.errors import Problem, problem_responses

DESCRIPTION = """
Keeps merchants' catalogs and the marketplace Back Market in step. Upload a catalog
per store (one target country); only what differs from what Back Market last accepted
is sent; a report says what became of every offer and why.

Every error is an RFC 9457 problem with a stable `code`. Lists are cursor pages
`{items, next}`. Times are UTC, RFC 3339. Money is a decimal string.
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """Build the document once; problems are `application/problem+json`."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION.strip(),
        routes=app.routes,
    )
    document["components"]["schemas"].pop("HTTPValidationError", None)
    document["components"]["schemas"].pop("ValidationError", None)
    for path in document["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            if "application/json" in operation.get("requestBody", {}).get(
                "content", {}
            ):
                for status, answer in problem_responses(400, 413, 415).items():
                    text = answer["description"]
                    answers.setdefault(str(status), _problem(text))
            for status, answer in answers.items():
                _as_problem(status, answer)
    app.openapi_schema = document
    return document


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _as_problem(status: str, answer: dict[str, Any]) -> None:
    content = answer.get("content", {})
    if status[0] in "45" and "application/json" in content:
        content["application/problem+json"] = content.pop("application/json")
