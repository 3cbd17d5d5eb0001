"""Conditions of rules: which rows a rule applies to."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from app.stores.channel import ATTRIBUTE_NAMES
from app.stores.mapping.rule_types import Name, Number, Pattern, Text

MAX_DEPTH = 5
"""How deeply `all`, `any` and `not` may be nested."""
OPERANDS = "exactly one of column, attribute"


class MappingNode(BaseModel):
    """Base of all conditions: immutable, no extra fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ValueCondition(MappingNode):
    """A condition on one value: a catalog column, or an attribute of the mapping."""

    column: Name | None = Field(None, description="a catalog column")
    attribute: str | None = Field(
        None, description="an attribute; in filters and number steps"
    )

    @model_validator(mode="after")
    def _one_operand(self) -> "ValueCondition":
        if (self.column is None) == (self.attribute is None):
            raise PydanticCustomError(
                "one_operand", f"Set {OPERANDS}.", {"accepted": OPERANDS}
            )
        if self.attribute is not None and self.attribute not in ATTRIBUTE_NAMES:
            raise PydanticCustomError(
                "unknown_attribute",
                "Offers have no attribute `{given}`.",
                {
                    "given": self.attribute[:100],
                    "accepted": ", ".join(sorted(ATTRIBUTE_NAMES)),
                },
            )
        return self


class Equals(ValueCondition):
    """The text is equal, ignoring case and outer spaces."""

    op: Literal["equals"]
    value: Text


class In(ValueCondition):
    """The text is one of these, ignoring case and outer spaces."""

    op: Literal["in"]
    values: list[Text] = Field(min_length=1, max_length=5000)


class Contains(ValueCondition):
    """The text contains this, ignoring case."""

    op: Literal["contains"]
    value: Text


class StartsWith(ValueCondition):
    """The text starts with this, ignoring case."""

    op: Literal["starts_with"]
    value: Text


class EndsWith(ValueCondition):
    """The text ends with this, ignoring case."""

    op: Literal["ends_with"]
    value: Text


class Matches(ValueCondition):
    """The pattern matches a part of the text; case-sensitive unless it has `(?i)`."""

    op: Literal["matches"]
    pattern: Pattern


class Empty(ValueCondition):
    """The value is empty."""

    op: Literal["empty"]


class Compare(ValueCondition):
    """The value is a number for which this is true; false for other texts."""

    op: Literal["less_than", "at_most", "more_than", "at_least"]
    value: Number
    decimal: Literal["auto", "comma", "point"] = Field(
        "auto",
        description="decimal separator of a column's numbers; `auto`: detected, where "
        "it is unambiguous",
    )


class OfStore(ValueCondition):
    """The text is the country (`FR`) or the currency (`EUR`) of the store."""

    op: Literal["of_store"]
    store: Literal["country", "currency"]


class Group(MappingNode):
    """A condition that combines conditions."""

    @property
    def inner(self) -> tuple["Condition", ...]:
        return ()

    @model_validator(mode="after")
    def _not_too_deep(self) -> "Group":
        if depth_of(self) > MAX_DEPTH:
            raise PydanticCustomError(
                "too_deep",
                "Nested too deeply.",
                {"accepted": f"at most {MAX_DEPTH} levels of all, any, not"},
            )
        return self


class AllOf(Group):
    """All of these are true."""

    op: Literal["all"]
    of: list["Condition"] = Field(min_length=1, max_length=50)

    @property
    def inner(self) -> tuple["Condition", ...]:
        return tuple(self.of)


class AnyOf(Group):
    """At least one of these is true."""

    op: Literal["any"]
    of: list["Condition"] = Field(min_length=1, max_length=50)

    @property
    def inner(self) -> tuple["Condition", ...]:
        return tuple(self.of)


class Not(Group):
    """This is not true."""

    op: Literal["not"]
    of: "Condition"

    @property
    def inner(self) -> tuple["Condition", ...]:
        return (self.of,)


Condition = TypeAliasType(
    "Condition",
    Annotated[
        Equals
        | In
        | Contains
        | StartsWith
        | EndsWith
        | Matches
        | Empty
        | Compare
        | OfStore
        | AllOf
        | AnyOf
        | Not,
        Field(discriminator="op"),
    ],
)
"""A named type: one schema in the API document."""


def depth_of(condition: MappingNode) -> int:
    """1 for a group that holds no other group."""
    if not isinstance(condition, Group):
        return 0
    return 1 + max(depth_of(inner) for inner in condition.inner)


def value_conditions_in(
    condition: MappingNode, pointer: str = ""
) -> Iterator[tuple[str, ValueCondition]]:
    """All conditions on a value, each with its JSON pointer."""
    if isinstance(condition, ValueCondition):
        yield pointer, condition
    elif isinstance(condition, Not):
        yield from value_conditions_in(condition.of, f"{pointer}/of")
    elif isinstance(condition, Group):
        for number, inner in enumerate(condition.inner):
            yield from value_conditions_in(inner, f"{pointer}/of/{number}")


def columns_of(condition: MappingNode | None) -> tuple[str, ...]:
    """The columns that a condition reads."""
    if condition is None:
        return ()
    return tuple(
        look.column for _, look in value_conditions_in(condition) if look.column
    )
