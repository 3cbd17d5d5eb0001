"""Lists the attributes of a product: general ones and those of its category. Pure.

Back Market API, section 6: a row of a batch that creates a product has both.
"""

from collections.abc import Sequence

from app.backmarket.wire.categories import Attribute
from app.backmarket.wire.categories import CategoryAttributeType as TheirType
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
    """Convert Back Market's attribute of a category; its name is the batch column."""
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
    """All attributes of a product of this leaf, without duplicates."""
    return (
        *PRODUCT_ATTRIBUTES,
        *(attribute for attribute in leaf if attribute.name not in PRODUCT_NAMES),
    )
