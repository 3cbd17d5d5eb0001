"""Compares events with the webhooks of the API document."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.openapi import DOCUMENT

SCHEMAS = DOCUMENT["components"]["schemas"]


def described(body: dict[str, Any]) -> dict[str, Any]:
    """The payload, which is as its schema says, without any field more."""
    name = _schema_of(body["type"])
    _validator(name).validate(body)
    data = SCHEMAS[name]["properties"]["data"]["$ref"].rpartition("/")[2]
    assert body["data"].keys() <= SCHEMAS[data]["properties"].keys()
    return body


def _schema_of(kind: str) -> str:
    request = DOCUMENT["webhooks"][kind]["post"]["requestBody"]["content"]
    return str(request["application/json"]["schema"]["$ref"].rpartition("/")[2])


@cache
def _validator(name: str) -> Draft202012Validator:
    reference = f"#/components/schemas/{name}"
    schema = {"$ref": reference, "components": DOCUMENT["components"]}
    return Draft202012Validator(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
