"""Attributes of a product: general ones, then those of its leaf."""

from app.backmarket.wire.categories import Attribute, CategoryAttributeType
from app.stores.categories.product_attributes import of_category, product_attributes
from app.stores.channel import PRODUCT_ATTRIBUTES

MEMORY = Attribute(
    "memory", "Memory (GB)", CategoryAttributeType.INTEGER, (), required=True
)
KEYBOARD = Attribute(
    "keyboard", "Keyboard", CategoryAttributeType.CHOICE, ("AZERTY",), required=False
)
FREE = Attribute("colour", "Colour", CategoryAttributeType.CHOICE, (), required=False)
BRAND = Attribute("brand", "Make", CategoryAttributeType.TEXT, (), required=True)


def test_general_attributes_precede_those_of_the_category():
    asked = product_attributes([of_category(each) for each in (MEMORY, KEYBOARD)])

    assert asked[: len(PRODUCT_ATTRIBUTES)] == PRODUCT_ATTRIBUTES
    assert [(a.name, a.type, a.required, a.accepted) for a in asked[-2:]] == [
        ("memory", "integer", True, ()),
        ("keyboard", "choice", False, ("AZERTY",)),
    ]


def test_a_general_attribute_is_listed_once():
    assert product_attributes([of_category(BRAND)]) == PRODUCT_ATTRIBUTES


def test_a_choice_without_values_is_text():
    assert of_category(FREE).type == "text"
