"""Success responses that routes declare for the API document, with their headers."""

from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]

HEADERS = {
    "Content-Disposition": ("Name of the file.", {"type": "string"}),
    "ETag": ("Version of the resource.", {"type": "string"}),
    "Idempotent-Replayed": (
        "`true`: the response to an earlier request with the same `Idempotency-Key`.",
        {"type": "string"},
    ),
    "Location": ("Path of the resource to read next.", {"type": "string"}),
    "RateLimit": ("Requests left, seconds until more.", {"type": "string"}),
    "RateLimit-Policy": ("Requests per window in seconds.", {"type": "string"}),
    "Retry-After": ("Seconds to wait before the next request.", {"type": "integer"}),
    "WWW-Authenticate": ("`Bearer`.", {"type": "string"}),
}
"""`components.headers` of the API document: description and schema."""


def header_references(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def with_headers(status: int, *names: str) -> Responses:
    return {status: {"headers": header_references(*names)}}


def csv_file(*headers: str) -> Responses:
    """A list that is also available as CSV."""
    return {
        200: {
            "headers": header_references("Content-Disposition", *headers),
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }


def accepted(content: BaseModel, location: str) -> Response:
    """202: the work goes on; poll `location`."""
    headers = {"Location": location, "Retry-After": "2"}
    body = content.model_dump_json()
    return Response(body, HTTPStatus.ACCEPTED, headers, "application/json")


CREATED = with_headers(201, "ETag", "Location")
ACCEPTED = with_headers(202, "Location", "Retry-After")
VERSIONED = with_headers(200, "ETag")
POLLED = with_headers(200, "Retry-After")
"""`Retry-After` is sent while the work is in progress."""
NOT_MODIFIED: Responses = {
    304: {
        "description": "The version in `If-None-Match` is current.",
        "headers": header_references("ETag", "Retry-After"),
    }
}
CONDITIONAL = with_headers(200, "ETag", "Retry-After") | NOT_MODIFIED
