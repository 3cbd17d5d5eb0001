"""The catalog mapping: a source for each channel attribute; filters; categories."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.stores.channel import (
    ATTRIBUTE_NAMES,
    LEAF_PREFIX,
    PRODUCT_NAMES,
    REQUIRED_NAMES,
)
from app.stores.mapping.attribute_source import AttributeSource
from app.stores.mapping.conditions import Condition, columns_of
from app.stores.mapping.rule_types import Name, few_patterns

MAX_ID = 2_147_483_647
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


class Filter(BaseModel):
    """Excludes the rows for which `when` is true, and counts them under its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[Name, Field(max_length=100)]
    when: Condition


class CatalogMapping(BaseModel):
    """Channel attributes and their sources. Each required attribute needs a source.

    A row is counted for the first filter that excludes it.
    """

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
                    },
                    "filters": [
                        {
                            "name": "no spare parts",
                            "when": {"op": "equals", "column": "type", "value": "part"},
                        }
                    ],
                }
            ]
        },
    )

    attributes: dict[Annotated[str, AfterValidator(_known)], AttributeSource]
    filters: list[Filter] = Field(
        [], max_length=50, description="rows to exclude, in this order"
    )

    _few_patterns = model_validator(mode="before")(few_patterns)

    @property
    def missing(self) -> tuple[str, ...]:
        """Required attributes without a source."""
        return tuple(n for n in REQUIRED_NAMES if n not in self.attributes)

    @property
    def of_offers(self) -> "CatalogMapping":
        """The part that an import reads; product texts are read when needed."""
        return CatalogMapping(
            attributes={
                n: s for n, s in self.attributes.items() if n in ATTRIBUTE_NAMES
            },
            filters=self.filters,
        )

    @property
    def columns(self) -> frozenset[str]:
        """All source columns that the mapping and its rules read."""
        read = (c for s in self.attributes.values() for c in s.columns)
        return frozenset(read) | self.late_columns

    @property
    def late_columns(self) -> frozenset[str]:
        """Columns that filters and number steps read, after the attributes."""
        conditions = [filter_.when for filter_ in self.filters]
        conditions += [
            step.when
            for source in self.attributes.values()
            for step in source.number_steps
            if step.when
        ]
        return frozenset(c for condition in conditions for c in columns_of(condition))


class CategoryTarget(BaseModel):
    """A source category, its leaf at Back Market, and the commission (CPA)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Name
    category_id: StrictInt = Field(
        ge=1, le=MAX_ID, description="`marketplace_category_id` of the leaf"
    )
    cpa: Annotated[Decimal, WithJsonSchema({"type": "string", "format": "decimal"})] = (
        Field(
            ge=0,
            le=100,
            max_digits=5,
            decimal_places=2,
            description="percent of the price, from 0 to 100",
        )
    )


def category_key(source: str) -> str:
    """The key by which source categories are compared: trimmed, lower case."""
    return source.strip().lower()
