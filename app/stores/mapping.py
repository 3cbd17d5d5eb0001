"""What a mapping is: channel attributes from columns, constants or templates."""

import re
from decimal import Decimal
from string import Formatter
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.stores.channel import (
    ATTRIBUTE_NAMES,
    LEAF_PREFIX,
    PRODUCT_NAMES,
    REQUIRED_NAMES,
)

MAX_ID = 2_147_483_647
Text = Annotated[str, Field(min_length=1, max_length=300)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)
]
SOURCES = "exactly one of column, constant, template"


_LEAF_ATTRIBUTE = re.compile(re.escape(LEAF_PREFIX) + r"\w{1,100}")


def _known(name: str) -> str:
    known = ATTRIBUTE_NAMES | PRODUCT_NAMES
    if name not in known and not _LEAF_ATTRIBUTE.fullmatch(name):
        accepted = ", ".join([*sorted(known), f"{LEAF_PREFIX}<field>"])
        raise PydanticCustomError(
            "unknown_attribute",
            "Back Market has no attribute `{given}`.",
            {"given": name[:100], "accepted": accepted},
        )
    return name


def _sound_template(template: str) -> str:
    try:
        template_parts(template)
    except ValueError as error:
        raise PydanticCustomError(
            "bad_template",
            "This is no template: {why}.",
            {
                "why": str(error),
                "accepted": "column names in braces, as in `{brand} {model}`; "
                "`{{` and `}}` for braces",
            },
        ) from None
    return template


class AttributeSource(BaseModel):
    """Where one channel attribute comes from: exactly one of the three sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: Name | None = Field(None, description="a column of the catalog")
    constant: Text | None = Field(None, description="the same value for every row")
    template: Annotated[Text, AfterValidator(_sound_template)] | None = Field(
        None, description="text with columns in braces, e.g. `{brand} {model}`"
    )
    values: dict[str, str] = Field(
        {},
        max_length=5000,
        description="replaces whole values, ignoring case and outer spaces",
    )
    default: Text | None = Field(None, description="used where the result is empty")
    decimal: Literal["auto", "comma", "point"] = Field(
        "auto", description="decimal sign of numbers; `auto` looks at the catalog"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "AttributeSource":
        given = [s for s in (self.column, self.constant, self.template) if s]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_source", f"It needs {SOURCES}.", {"accepted": SOURCES}
            )
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that this attribute reads."""
        if self.column:
            return (self.column,)
        if self.template:
            return tuple(
                dict.fromkeys(n for _, n in template_parts(self.template) if n)
            )
        return ()


def template_parts(template: str) -> list[tuple[str, str | None]]:
    """Split `a {b} c` into (text, column) pairs; `{{` and `}}` are literal braces.

    Raises ValueError on stray braces, empty names, conversions and formats.
    """
    parts: list[tuple[str, str | None]] = []
    for text, name, spec, conversion in Formatter().parse(template):
        if name is not None and (not name or spec or conversion):
            raise ValueError("a template holds only column names in braces")
        parts.append((text, name))
    return parts


class Mapping(BaseModel):
    """Channel attribute <- source. All required attributes must have one."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "attributes": {
                        "sku": {"column": "sku"},
                        "ean": {"column": "ean"},
                        "price": {"column": "price", "decimal": "comma"},
                        "quantity": {"column": "stock", "default": "0"},
                        "grade": {
                            "column": "state",
                            "values": {"like new": "EXCELLENT"},
                        },
                        "category": {"template": "{type} {brand}"},
                        "warranty_delay": {"constant": "12"},
                    }
                }
            ]
        },
    )

    attributes: dict[Annotated[str, AfterValidator(_known)], AttributeSource]

    @property
    def missing(self) -> tuple[str, ...]:
        """Required attributes without a source."""
        return tuple(n for n in REQUIRED_NAMES if n not in self.attributes)

    @property
    def of_offers(self) -> "Mapping":
        """What an import reads: product texts are looked up when they are needed."""
        return Mapping(
            attributes={
                n: s for n, s in self.attributes.items() if n in ATTRIBUTE_NAMES
            }
        )

    @property
    def columns(self) -> frozenset[str]:
        """Every source column that the mapping reads."""
        return frozenset(c for s in self.attributes.values() for c in s.columns)


class CategoryTarget(BaseModel):
    """A source category, Back Market's leaf for it, and the commission there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Name
    category_id: int = Field(
        ge=1, le=MAX_ID, description="`marketplace_category_id` of the leaf"
    )
    cpa: Decimal = Field(
        ge=0, le=100, max_digits=5, decimal_places=2, description="percent of the price"
    )


def category_key(source: str) -> str:
    """How source categories are compared: outer spaces and case do not count."""
    return source.strip().lower()
