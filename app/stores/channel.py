"""Defines the channel attributes: the targets of a mapping and what each accepts."""

from dataclasses import dataclass
from enum import StrEnum

from app.backmarket.carriers import CARRIERS

GRADES = ("PREMIUM", "EXCELLENT", "VERY_GOOD", "GOOD", "FAIR", "STALLONE")
"""Aesthetic grades as Back Market writes them (listings, `grade`)."""

PARCEL_OPTIONS = (1, 2, 3)


class AttributeType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"
    GTIN = "gtin"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    URL = "url"


@dataclass(frozen=True, slots=True)
class ChannelAttribute:
    """A target of a mapping. `help` is text for people who set up the mapping."""

    name: str
    type: AttributeType
    required: bool
    label: str
    help: str
    accepted: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None


def _shipping(number: int) -> tuple[ChannelAttribute, ...]:
    return (
        ChannelAttribute(
            f"shipper_{number}",
            AttributeType.CHOICE,
            required=False,
            label=f"Carrier {number}",
            help="Name of the carrier, in any case; map your own names with `values`.",
            accepted=CARRIERS,
        ),
        ChannelAttribute(
            f"shipping_price_{number}",
            AttributeType.MONEY,
            required=False,
            label=f"Shipping price {number}",
            help="What the buyer pays for this carrier, in the store's currency.",
            minimum=0,
        ),
        ChannelAttribute(
            f"shipping_delay_{number}",
            AttributeType.INTEGER,
            required=False,
            label=f"Shipping delay {number}",
            help="Hours until delivery with this carrier.",
            minimum=1,
            maximum=2000,
        ),
    )


ATTRIBUTES: tuple[ChannelAttribute, ...] = (
    ChannelAttribute(
        "sku",
        AttributeType.TEXT,
        required=True,
        label="SKU",
        help="Your own key of the offer, unique in the catalog. Back Market ignores "
        "upper and lower case.",
        max_length=200,
    ),
    ChannelAttribute(
        "ean",
        AttributeType.GTIN,
        required=True,
        label="EAN",
        help="GTIN-8, GTIN-12 or GTIN-13 with a valid check digit; a GTIN-14 only "
        "when it is a GTIN-13 with a leading 0.",
        max_length=13,
    ),
    ChannelAttribute(
        "price",
        AttributeType.MONEY,
        required=True,
        label="Price",
        help="Price including VAT in the currency of the store's country, above 0. "
        "`1.299,00 EUR` and `€ 1,299.00` are accepted.",
    ),
    ChannelAttribute(
        "quantity",
        AttributeType.INTEGER,
        required=True,
        label="Quantity",
        help="Pieces for sale. 0 takes the offer offline.",
        minimum=0,
        maximum=1_000_000,
    ),
    ChannelAttribute(
        "grade",
        AttributeType.CHOICE,
        required=True,
        label="Grade",
        help="Aesthetic grade as Back Market names it; map your own names with "
        "`values`. It cannot be changed once the offer is listed.",
        accepted=GRADES,
    ),
    ChannelAttribute(
        "category",
        AttributeType.TEXT,
        required=True,
        label="Source category",
        help="Your own category; the category mapping assigns it to a category of "
        "Back Market. Rows of unmapped categories are not sold.",
        max_length=300,
    ),
    ChannelAttribute(
        "product_id",
        AttributeType.TEXT,
        required=False,
        label="Back Market product id",
        help="UUID or number of Back Market's product; takes precedence over the EAN "
        "when an offer is created.",
        max_length=36,
    ),
    ChannelAttribute(
        "currency",
        AttributeType.TEXT,
        required=False,
        label="Currency",
        help="ISO 4217 code of the price; a row in a currency other than the "
        "store's is rejected.",
        max_length=3,
    ),
    ChannelAttribute(
        "min_price",
        AttributeType.MONEY,
        required=False,
        label="Minimum price",
        help="Lowest price for Back Market's BackPricer, not above the price.",
    ),
    ChannelAttribute(
        "cost",
        AttributeType.MONEY,
        required=False,
        label="Cost",
        help="Your cost of one piece, in the currency of the store's country. Never "
        "sent to Back Market; a price below cost, commission and minimum margin is "
        "held.",
        minimum=0,
    ),
    ChannelAttribute(
        "warranty_delay",
        AttributeType.INTEGER,
        required=False,
        label="Warranty",
        help="Months of warranty, at least 12.",
        minimum=12,
        maximum=120,
    ),
    ChannelAttribute(
        "comment",
        AttributeType.TEXT,
        required=False,
        label="Comment",
        help="Text that buyers read next to the offer.",
        max_length=500,
    ),
    ChannelAttribute(
        "new_battery",
        AttributeType.BOOLEAN,
        required=False,
        label="New battery",
        help="true when the battery is new; only for eligible sellers.",
        accepted=("true", "false", "yes", "no", "1", "0"),
    ),
    *(entry for number in PARCEL_OPTIONS for entry in _shipping(number)),
)

ATTRIBUTE_NAMES = frozenset(attribute.name for attribute in ATTRIBUTES)
REQUIRED_NAMES = tuple(a.name for a in ATTRIBUTES if a.required)


def _image(number: int) -> ChannelAttribute:
    return ChannelAttribute(
        f"image{number}",
        AttributeType.URL,
        required=number == 1,
        label=f"Image {number}",
        help="Public http or https URL of an image.",
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
        help="Description of the product in the language of the store's country.",
    ),
    ChannelAttribute(
        "brand",
        AttributeType.TEXT,
        required=True,
        label="Brand",
        help="Manufacturer of the product.",
        max_length=100,
    ),
    ChannelAttribute(
        "price_new",
        AttributeType.MONEY,
        required=True,
        label="Price when new",
        help="Price of the product when new, in the currency of the store's country, "
        "above 0.",
    ),
    ChannelAttribute(
        "weight",
        AttributeType.INTEGER,
        required=True,
        label="Weight",
        help="Grams, a whole number above 1; `250 g` and `1.2 kg` are accepted.",
        minimum=2,
    ),
    *(_image(number) for number in range(1, 7)),
    *(_size(name) for name in ("width", "height", "depth")),
)
"""What Back Market needs for an unknown EAN (products, creation).

Optional in a mapping: offers of known EANs do not need them.
"""
PRODUCT_NAMES = frozenset(attribute.name for attribute in PRODUCT_ATTRIBUTES)
IMAGES = tuple(a.name for a in PRODUCT_ATTRIBUTES if a.type is AttributeType.URL)
LEAF_PREFIX = "attribute."
"""In a mapping, `attribute.color` fills the attribute `color` of the leaf category."""


def attribute(name: str) -> ChannelAttribute:
    """The attribute with this name. Raises KeyError for an unknown one."""
    return _BY_NAME[name]


_BY_NAME = {entry.name: entry for entry in (*ATTRIBUTES, *PRODUCT_ATTRIBUTES)}
