"""A product's values against its attributes: what is refused, and what is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backmarket.categories import Attribute, AttributeType
from app.stores.tree.products import (
    PRODUCT_ATTRIBUTES,
    of_category,
    product_attributes,
    validate,
)

LEAF = tuple(
    of_category(attribute)
    for attribute in (
        Attribute("memory", "Memory (GB)", AttributeType.INTEGER, (), required=True),
        Attribute("screen", "Screen", AttributeType.DECIMAL, (), required=False),
        Attribute(
            "keyboard",
            "Keyboard",
            AttributeType.CHOICE,
            ("AZERTY", "QWERTY"),
            required=False,
        ),
    )
)
ALL = product_attributes(LEAF)
SOUND = {
    "title": "MacBook Air 13",
    "description": "A light notebook.",
    "brand": "Apple",
    "price_new": "1199.00",
    "weight": "1290",
    "image1": "https://img.example.org/a.jpg?size=2",
    "memory": "8",
}


def test_a_sound_product_has_no_problems():
    assert validate(SOUND, ALL) == []


def test_what_a_category_asks_for_comes_after_what_all_products_say():
    names = [attribute.name for attribute in ALL]

    assert names[0] == "title"
    assert names[-3:] == ["memory", "screen", "keyboard"]


def test_a_general_column_is_not_asked_for_twice():
    brand = of_category(Attribute("brand", "Make", AttributeType.TEXT, (), True))  # noqa: FBT003

    assert product_attributes([brand]) == PRODUCT_ATTRIBUTES


CASES = {
    "no title": ({"title": ""}, "title", "missing"),
    "spaces are no title": ({"title": "  "}, "title", "missing"),
    "a long title": ({"title": "x" * 201}, "title", "too_long"),
    "a long brand": ({"brand": "x" * 101}, "brand", "too_long"),
    "no description": ({"description": ""}, "description", "missing"),
    "no price": ({"price_new": ""}, "price_new", "missing"),
    "a price of nothing": ({"price_new": "0.00"}, "price_new", "too_small"),
    "a price with a comma": ({"price_new": "9,90"}, "price_new", "not_an_amount"),
    "a price with three decimals": (
        {"price_new": "9.999"},
        "price_new",
        "not_an_amount",
    ),
    "a negative price": ({"price_new": "-5"}, "price_new", "not_an_amount"),
    "one gram": ({"weight": "1"}, "weight", "too_small"),
    "grams with decimals": ({"weight": "12.5"}, "weight", "not_an_integer"),
    "grams with a unit": ({"weight": "12 g"}, "weight", "not_an_integer"),
    "no picture": ({"image1": ""}, "image1", "missing"),
    "a file of one's own": ({"image2": "file:///a.jpg"}, "image2", "not_an_address"),
    "an address with a password": (
        {"image2": "https://me:pw@example.org/a.jpg"},
        "image2",
        "not_an_address",
    ),
    "an address without a host": ({"image6": "https:///a"}, "image6", "not_an_address"),
    "a long address": (
        {"image3": "https://example.org/" + "a" * 1000},
        "image3",
        "too_long",
    ),
    "a missing attribute": ({"memory": ""}, "memory", "missing"),
    "an attribute of another type": ({"memory": "eight"}, "memory", "not_an_integer"),
    "a decimal in words": ({"screen": "6.1 inch"}, "screen", "not_a_number"),
    "a choice that is none": ({"keyboard": "azerty"}, "keyboard", "not_accepted"),
}


@pytest.mark.parametrize(("values", "field", "code"), CASES.values(), ids=CASES.keys())
def test_a_value_that_is_not_accepted_is_told(
    values: dict[str, str], field: str, code: str
):
    (problem,) = validate({**SOUND, **values}, ALL)

    assert (problem.field, problem.code) == (field, code)
    assert problem.accepted


def test_a_choice_tells_what_may_be_chosen():
    (problem,) = validate({**SOUND, "keyboard": "Dvorak"}, ALL)

    assert problem.accepted == "AZERTY, QWERTY"
    assert "Dvorak" in problem.message


def test_a_choice_without_choices_is_text():
    free = of_category(
        Attribute("colour", "Colour", AttributeType.CHOICE, (), required=False)
    )

    assert free.type == "text"
    assert validate({"colour": "any"}, [free]) == []


def test_allowed_values_bind_whatever_the_type():
    attribute = of_category(
        Attribute("sim", "SIM cards", AttributeType.INTEGER, ("1", "2"), required=False)
    )

    assert validate({"sim": "2"}, [attribute]) == []
    assert [p.code for p in validate({"sim": "3"}, [attribute])] == ["not_accepted"]


@given(st.dictionaries(st.sampled_from([a.name for a in ALL]), st.text(max_size=30)))
def test_any_values_at_all_are_answered_with_known_fields(values: dict[str, str]):
    problems = validate(values, ALL)

    assert {p.field for p in problems} <= {a.name for a in ALL}
    assert all(p.message and p.accepted for p in problems)
