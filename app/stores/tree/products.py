"""What a product says about itself, and whether its values are accepted. Pure.

Back Market API, section 6: a product is created by a row of a batch that has these
columns and those of its category.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.backmarket.categories import Attribute
from app.backmarket.categories import AttributeType as TheirType
from app.stores.channel import AttributeType, ChannelAttribute

IMAGES = 6
LONGEST_NUMBER = 20
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?", re.IGNORECASE)


def _image(number: int) -> ChannelAttribute:
    return ChannelAttribute(
        f"image{number}",
        AttributeType.URL,
        required=number == 1,
        label=f"Image {number}",
        help="Address of a picture that everybody can open, with http or https.",
        max_length=1000,
    )


def _size(name: str) -> ChannelAttribute:
    return ChannelAttribute(
        name,
        AttributeType.TEXT,
        required=False,
        label=name.capitalize(),
        help=f"{name.capitalize()} of the product with its unit, as text.",
    )


PRODUCT_ATTRIBUTES: tuple[ChannelAttribute, ...] = (
    ChannelAttribute(
        "title",
        AttributeType.TEXT,
        required=True,
        label="Title",
        help="Name of the product in the language of the store's country.",
        max_length=200,
    ),
    ChannelAttribute(
        "description",
        AttributeType.TEXT,
        required=True,
        label="Description",
        help="Describes the product in the language of the store's country.",
    ),
    ChannelAttribute(
        "brand",
        AttributeType.TEXT,
        required=True,
        label="Brand",
        help="Who made the product.",
        max_length=100,
    ),
    ChannelAttribute(
        "price_new",
        AttributeType.MONEY,
        required=True,
        label="Price when new",
        help="What the product costs new in the store's country, in its currency, "
        "above 0.",
    ),
    ChannelAttribute(
        "weight",
        AttributeType.INTEGER,
        required=True,
        label="Weight",
        help="Grams, a whole number above 1.",
        minimum=2,
    ),
    *(_image(number) for number in range(1, IMAGES + 1)),
    *(_size(name) for name in ("width", "height", "depth")),
)
"""The columns that every product has, whatever its category."""

_TYPES = {
    TheirType.DECIMAL: (AttributeType.DECIMAL, "A number such as 6.1."),
    TheirType.INTEGER: (AttributeType.INTEGER, "A whole number."),
    TheirType.TEXT: (AttributeType.TEXT, "Text."),
    TheirType.CHOICE: (AttributeType.CHOICE, "One of the accepted values."),
}


def of_category(attribute: Attribute) -> ChannelAttribute:
    """Back Market's attribute of a category in our words; its name is the column."""
    kind, help_text = _TYPES[attribute.type]
    if kind is AttributeType.CHOICE and not attribute.allowed_values:
        kind, help_text = _TYPES[TheirType.TEXT]
    return ChannelAttribute(
        attribute.field,
        kind,
        required=attribute.required,
        label=attribute.label,
        help=help_text,
        accepted=attribute.allowed_values,
    )


def product_attributes(
    leaf: Sequence[ChannelAttribute],
) -> tuple[ChannelAttribute, ...]:
    """All that a product of this leaf says; a general column is not said twice."""
    general = {attribute.name for attribute in PRODUCT_ATTRIBUTES}
    return (
        *PRODUCT_ATTRIBUTES,
        *(attribute for attribute in leaf if attribute.name not in general),
    )


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """What is wrong with one value of a product, and what would be accepted."""

    field: str
    code: str
    message: str
    accepted: str


def validate(
    values: Mapping[str, str], attributes: Sequence[ChannelAttribute]
) -> list[ValueProblem]:
    """Check a product's values; the problems stand in the order of the attributes.

    Values are as they go to Back Market: decimals with a point, choices as Back Market
    writes them. Values of other columns are not looked at.
    """
    return [
        problem
        for attribute in attributes
        for problem in _problems(values.get(attribute.name, "").strip(), attribute)
    ]


def _problems(value: str, attribute: ChannelAttribute) -> Iterator[ValueProblem]:
    if not value:
        if attribute.required:
            yield ValueProblem(
                attribute.name,
                "missing",
                f"{attribute.label} has no value.",
                accepts(attribute),
            )
        return
    if code := _refusal(value, attribute):
        yield ValueProblem(
            attribute.name,
            code,
            f"{attribute.label}: {value[:60]!r} {_SAYS[code]}.",
            accepts(attribute),
        )


def _refusal(value: str, attribute: ChannelAttribute) -> str | None:
    """The code of what is wrong with a value that is there."""
    check = _CHECKS.get(attribute.type)
    if check and (code := check(value, attribute)):
        return code
    if attribute.accepted and value not in attribute.accepted:
        return "not_accepted"
    if attribute.max_length and len(value) > attribute.max_length:
        return "too_long"
    return None


_SAYS = {
    "not_a_number": "is no number",
    "not_an_amount": "is no amount",
    "not_an_integer": "is no whole number",
    "not_accepted": "is not one of the accepted values",
    "not_an_address": "is no web address",
    "too_long": "is too long",
    "too_small": "is too small",
    "too_large": "is too large",
}


def accepts(attribute: ChannelAttribute) -> str:
    """What a value of this attribute may be, in words."""
    if attribute.accepted:
        return ", ".join(attribute.accepted)
    words = {
        AttributeType.DECIMAL: "a number such as 6.1",
        AttributeType.INTEGER: "a whole number",
        AttributeType.MONEY: "an amount above 0 with 2 decimals such as 799.00",
        AttributeType.URL: "an address with http or https",
    }.get(attribute.type, "text")
    if attribute.minimum is not None:
        words += f", at least {attribute.minimum}"
    if attribute.maximum is not None:
        words += f", at most {attribute.maximum}"
    if attribute.max_length:
        words += f", at most {attribute.max_length} characters"
    return words


def _whole(value: str, attribute: ChannelAttribute) -> str | None:
    if not _WHOLE.fullmatch(value):
        return "not_an_integer"
    if attribute.minimum is not None and int(value) < attribute.minimum:
        return "too_small"
    if attribute.maximum is not None and int(value) > attribute.maximum:
        return "too_large"
    return None


def _number(value: str, _attribute: ChannelAttribute) -> str | None:
    fits = len(value) <= LONGEST_NUMBER and _DECIMAL.fullmatch(value)
    return None if fits else "not_a_number"


def _amount(value: str, _attribute: ChannelAttribute) -> str | None:
    if len(value) > LONGEST_NUMBER or not _AMOUNT.fullmatch(value):
        return "not_an_amount"
    return None if Decimal(value) > 0 else "too_small"


def _address(value: str, _attribute: ChannelAttribute) -> str | None:
    return None if _ADDRESS.fullmatch(value) else "not_an_address"


_CHECKS: Mapping[AttributeType, Callable[[str, ChannelAttribute], str | None]] = {
    AttributeType.INTEGER: _whole,
    AttributeType.DECIMAL: _number,
    AttributeType.MONEY: _amount,
    AttributeType.URL: _address,
}
