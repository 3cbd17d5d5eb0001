"""A value of another JSON type is refused: it is never taken for something else."""

from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.main import create_app
from app.settings import Settings
from tests.support.shop import open_shop

DOCUMENT = create_app(Settings()).openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
VALUES = (True, False, 0, 1, 30, 7200, 1.0, 0.0, "5", "20261129", "yes", "true")


def referred(part: Any, found: set[str]) -> set[str]:
    """Names of all schemas that a part of the document refers to."""
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/schemas/")[2]
        if name and name not in found:
            found.add(name)
            referred(SCHEMAS[name], found)
    for inner in part.values() if isinstance(part, dict) else part:
        if isinstance(inner, dict | list):
            referred(inner, found)
    return found


def models() -> Iterator[type[BaseModel]]:
    """The models of request bodies, and the models in them."""
    names: set[str] = set()
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            referred(operation.get("requestBody", {}), names)
    left, seen = list(BaseModel.__subclasses__()), set()
    while left:
        model = left.pop()
        if model in seen:  # of several bases
            continue
        seen.add(model)
        left += model.__subclasses__()
        if model.__name__ in names and model.__module__.startswith("app."):
            yield model


def kinds(schema: Any) -> set[str]:
    """JSON types that a schema accepts; `any` where it does not say."""
    if "anyOf" in schema:
        return set().union(*map(kinds, schema["anyOf"]))
    if schema.get("format") in {"decimal", "date-time", "duration"}:
        return {schema["format"]}
    return {schema["type"]} if "enum" not in schema and "type" in schema else {"any"}


def fields() -> Iterator[Any]:
    for model in models():
        schemas = model.model_json_schema(by_alias=True).get("properties", {})
        for name, field in model.model_fields.items():
            accepted = kinds(schemas.get(field.alias or name, {}))
            if "any" not in accepted:
                yield pytest.param(field, accepted, id=f"{model.__name__}.{name}")


def fits(value: Any, accepted: set[str]) -> bool:
    own = JSON_TYPES[type(value)]
    is_number = own in {"integer", "number"}
    if "decimal" in accepted and own != "boolean":
        return True  # a price of 5 is no mistake
    return own in accepted or (is_number and "number" in accepted)


@pytest.mark.parametrize(("field", "accepted"), [*fields()])
def test_values_of_other_types_are_refused(field: Any, accepted: set[str]):
    kind = field.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[(kind, *field.metadata)] if field.metadata else kind
    )

    taken = []
    for value in VALUES:
        try:
            taken.append((value, adapter.validate_python(value)))
        except ValidationError:
            continue

    wrong = [pair for pair in taken if not fits(pair[0], accepted)]
    assert [pair for pair in wrong if pair[0] != 1.0 and pair[0] != 0.0] == []


async def test_a_number_is_no_time_and_no_span(
    api: httpx.AsyncClient, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, active=False)
    path = f"/v1/stores/{shop.store_id}"
    item = {"sku": "A", "quantity": 1}

    answers = [
        await api.patch(f"{path}/offers", json={"items": [item], "as_of": 1764400000}),
        await api.patch(f"{path}/offers", json={"items": [item], "as_of": "20261129"}),
        await api.get("/v1/orders", params={"created_from": "20261129"}),
        await api.put(
            f"{path}/settings", json={"environment": "sandbox", "offers_interval": 7200}
        ),
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    found = [answer.json()["errors"][0] for answer in answers]
    assert [(each["field"], each["code"]) for each in found] == [
        ("as_of", "datetime_parsing"),
        ("as_of", "datetime_parsing"),
        ("created_from", "datetime_parsing"),
        ("offers_interval", "time_delta_parsing"),
    ]
    assert all("such as" in each["accepted"] for each in found)
