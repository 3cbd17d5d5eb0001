"""What a product says about itself: the general columns, and those of its leaf. Pure.

Back Market API, section 6: a product is created by a row of a batch that has these
columns and those of its category.
"""

from collections.abc import Sequence

from app.backmarket.wire.categories import Attribute
from app.backmarket.wire.categories import AttributeType as TheirType
from app.stores.channel import (
    PRODUCT_ATTRIBUTES,
    PRODUCT_NAMES,
    AttributeType,
    ChannelAttribute,
)

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
    return (
        *PRODUCT_ATTRIBUTES,
        *(attribute for attribute in leaf if attribute.name not in PRODUCT_NAMES),
    )
