"""Invalid rules are refused with their JSON pointer."""

from typing import Any

import httpx
import pytest

from tests.support.shop import MAPPING

EQUALS = {"op": "equals", "column": "a", "value": "b"}


def price(**source: Any) -> dict[str, Any]:
    return {"attributes": {"price": {"column": "price", **source}}}


def step(**step: Any) -> dict[str, Any]:
    return price(steps=[{"op": "lower"}, step])


def filtered(when: object, *more: object, name: str = "f") -> dict[str, Any]:
    return {"attributes": {}, "filters": [{"name": name, "when": when}, *more]}


def nested(condition: dict[str, Any], levels: int) -> dict[str, Any]:
    for _ in range(levels):
        condition = {"op": "not", "of": condition}
    return condition


def grade(**source: Any) -> dict[str, Any]:
    return {"attributes": {"grade": {"column": "state", **source}}}


def only(**source: Any) -> dict[str, Any]:
    return {"attributes": {"grade": source}}


GRADE = "/attributes/grade"
STEP = "/attributes/price/steps/1"
FILTER = "/filters/0/when"
REFUSED = {
    "an EAN of another row": (
        {"attributes": {"ean": {"column": "ean", "fill_down": {"by": "group"}}}},
        "/attributes/ean/fill_down",
        "no fill_down for ean",
    ),
    "a constant that is no grade": (
        only(constant="SUPER"),
        f"{GRADE}/constant",
        "PREMIUM, EXCELLENT, VERY_GOOD, GOOD, FAIR, STALLONE",
    ),
    "a value that is no grade": (
        grade(values={"a": "VERY GOOD", "b/c": "SUPER"}),
        f"{GRADE}/values/b~1c",
        "EXCELLENT",
    ),
    "a mapped value that is no grade": (
        grade(steps=[{"op": "map", "values": {"a": "SUPER"}}, {"op": "lower"}]),
        f"{GRADE}/steps/0/values/a",
        "EXCELLENT",
    ),
    "a set value that is no grade": (
        grade(steps=[{"op": "set", "value": "SUPER"}]),
        f"{GRADE}/steps/0/value",
        "EXCELLENT",
    ),
    "a default that is no grade": (
        grade(default="SUPER"),
        f"{GRADE}/default",
        "EXCELLENT",
    ),
    "a case that is no grade": (
        only(
            cases=[{"when": EQUALS, "value": {"constant": "SUPER"}}],
            **{"else": {"constant": "GOOD"}},
        ),
        f"{GRADE}/cases/0/value/constant",
        "EXCELLENT",
    ),
    "a country's constant that is no grade": (
        only(by_country={"FR": {"constant": "SUPER"}}),
        f"{GRADE}/by_country/FR/constant",
        "EXCELLENT",
    ),
    "neither yes nor no": (
        {"attributes": {"new_battery": {"constant": "perhaps"}}},
        "/attributes/new_battery/constant",
        "true, false",
    ),
    "unknown step": (step(op="percentage", by=5), f"{STEP}/op", "percent"),
    "no step": (step(by=5), f"{STEP}/op", None),
    "no number": (step(op="percent", by="five"), f"{STEP}/by", "a decimal number"),
    "too many decimals": (
        step(op="percent", by="1.00001"),
        f"{STEP}/by",
        "at most 4 decimals",
    ),
    "less than nothing": (step(op="percent", by=-100), f"{STEP}/by", "more than -100"),
    "division by zero": (step(op="divide", by=0), f"{STEP}/by", "a number above 0"),
    "neither number": (step(op="multiply"), STEP, "exactly one of by, by_country"),
    "unknown market": (
        step(op="multiply", by_country={"XX": 1}),
        f"{STEP}/by_country/XX",
        "FR",
    ),
    "not of this country": (
        step(op="multiply", by_country={"DE": 1}),
        f"{STEP}/by_country",
        "an entry FR or *",
    ),
    "an unknown field": (step(op="lower", x=1), f"{STEP}/x", None),
    "a field is missing": (step(op="extract"), f"{STEP}/pattern", None),
    "no pattern": (
        step(op="extract", pattern="(a"),
        f"{STEP}/pattern",
        "a regular expression",
    ),
    "a look-ahead": (
        step(op="extract", pattern="(?=a)"),
        f"{STEP}/pattern",
        "without look-around",
    ),
    "a huge pattern": (
        step(op="extract", pattern="(?:a{100}){100}"),
        f"{STEP}/pattern",
        "a regular expression",
    ),
    "a long pattern": (
        step(op="extract", pattern="a" * 301),
        f"{STEP}/pattern",
        "at most 300 characters",
    ),
    "no such group": (
        step(op="extract", pattern="(a)", group=2),
        f"{STEP}/group",
        "0 to 1",
    ),
    "text after number": (
        price(steps=[{"op": "percent", "by": 5}, {"op": "lower"}]),
        STEP,
        "text steps before number steps",
    ),
    "stock step on a price": (step(op="buffer", keep=2), f"{STEP}/op", "percent"),
    "a number step on a text": (
        {"attributes": {"sku": {"column": "s", "steps": [{"op": "add", "by": 1}]}}},
        "/attributes/sku/steps/0/op",
        "text steps",
    ),
    "half a piece": (
        {
            "attributes": {
                "quantity": {"column": "q", "steps": [{"op": "add", "by": "1.5"}]}
            }
        },
        "/attributes/quantity/steps/0/by",
        "a whole number",
    ),
    "an ending that is none": (
        step(op="ending", at="1.99", per="1"),
        STEP,
        "less than 1",
    ),
    "too many steps": (
        price(steps=[{"op": "lower"}] * 21),
        "/attributes/price/steps",
        "at most 20 items",
    ),
    "two sources": (
        price(template="{a}"),
        "/attributes/price",
        "exactly one of column, constant, template, column_for, by_country, cases",
    ),
    "no source for the country": (
        {"attributes": {"price": {"by_country": {"DE": {"column": "p"}}}}},
        "/attributes/price/by_country",
        "an entry FR or *",
    ),
    "else without cases": (
        price(**{"else": {"column": "b"}}),
        "/attributes/price/else",
        "cases",
    ),
    "an unknown place": (
        {"attributes": {"price": {"column_for": "price_{language}"}}},
        "/attributes/price/column_for",
        "{country}",
    ),
    "unknown condition": (filtered({"op": "like"}), f"{FILTER}/op", "equals"),
    "no operand": (
        filtered({"op": "empty"}),
        FILTER,
        "exactly one of column, attribute",
    ),
    "a text for a number": (
        filtered({"op": "less_than", "column": "a", "value": "x"}),
        f"{FILTER}/value",
        "a decimal number",
    ),
    "unknown attribute": (
        filtered({"op": "empty", "attribute": "colour"}),
        FILTER,
        "category",
    ),
    "an attribute that is not mapped": (
        filtered({"op": "empty", "attribute": "comment"}),
        f"{FILTER}/attribute",
        "",
    ),
    "an attribute before the reading": (
        step(op="lower", when={"op": "empty", "attribute": "price"}),
        f"{STEP}/when/attribute",
        "column",
    ),
    "too deep": (
        filtered(nested(EQUALS, 6)),
        FILTER,
        "at most 5 levels of all, any, not",
    ),
    "far too deep": (filtered(nested(EQUALS, 200)), None, None),
    "inside a group": (
        filtered({"op": "any", "of": [EQUALS, {"op": "equals", "column": "a"}]}),
        f"{FILTER}/of/1/value",
        None,
    ),
    "too many patterns": (
        price(
            cases=[
                {
                    "when": {"op": "matches", "column": "a", "pattern": f"{number}"},
                    "value": {"column": "a"},
                }
                for number in range(31)
            ],
            column=None,
        ),
        "",
        "at most 30 patterns",
    ),
    "the same name twice": (
        filtered(EQUALS, {"name": "F", "when": EQUALS}),
        "/filters/1/name",
        "another name",
    ),
}


@pytest.mark.parametrize(
    ("mapping", "pointer", "accepted"), REFUSED.values(), ids=REFUSED.keys()
)
async def test_an_invalid_rule_is_refused_with_its_pointer(
    api: httpx.AsyncClient, mapping: Any, pointer: str | None, accepted: str | None
):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()

    answer = await api.put(f"/v1/stores/{store['id']}/mapping", json=mapping)

    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert len(errors) == 1
    if pointer is not None:
        assert errors[0]["pointer"] == pointer
    assert accepted is None or accepted in errors[0]["accepted"]


async def test_rules_are_returned_unchanged(api: httpx.AsyncClient):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    path = f"/v1/stores/{store['id']}/mapping"
    body = {
        "attributes": {
            **MAPPING["attributes"],
            "price": {
                "by_country": {"FR": {"column": "price_fr"}, "*": {"column": "price"}},
                "steps": [
                    {"op": "percent", "by": "5"},
                    {"op": "ending", "at": "0.99", "when": EQUALS},
                ],
            },
        },
        "filters": [{"name": "f", "when": {"op": "not", "of": EQUALS}}],
    }

    put = await api.put(path, json=body)
    read = (await api.get(path)).json()

    assert put.status_code == 200, put.text
    assert (read["attributes"], read["filters"]) == (
        body["attributes"],
        body["filters"],
    )
