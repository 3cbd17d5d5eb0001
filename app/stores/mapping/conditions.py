"""Conditions of rules: what a row must say so that a rule applies to it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from app.stores.channel import ATTRIBUTE_NAMES
from app.stores.mapping.rule_types import Name, Number, Pattern, Text

MAX_DEPTH = 5
"""How deep `all`, `any` and `not` may hold each other."""
OPERANDS = "exactly one of column, attribute"


class Node(BaseModel):
    """What all conditions are: closed, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Look(Node):
    """A look at one value: a column of the catalog, or an attribute of the mapping."""

    column: Name | None = Field(None, description="a column of the catalog")
    attribute: str | None = Field(
        None, description="an attribute of the mapping: in `filters` and number steps"
    )

    @model_validator(mode="after")
    def _one_operand(self) -> "Look":
        if (self.column is None) == (self.attribute is None):
            raise PydanticCustomError(
                "one_operand", f"It needs {OPERANDS}.", {"accepted": OPERANDS}
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


class Equals(Look):
    """Says exactly this, ignoring case and outer spaces."""

    op: Literal["equals"]
    value: Text


class In(Look):
    """Says one of these, ignoring case and outer spaces."""

    op: Literal["in"]
    values: list[Text] = Field(min_length=1, max_length=5000)


class Contains(Look):
    """Has this in it, ignoring case."""

    op: Literal["contains"]
    value: Text


class StartsWith(Look):
    """Starts with this, ignoring case."""

    op: Literal["starts_with"]
    value: Text


class EndsWith(Look):
    """Ends with this, ignoring case."""

    op: Literal["ends_with"]
    value: Text


class Matches(Look):
    """Has something that the pattern fits, minding case unless it says `(?i)`."""

    op: Literal["matches"]
    pattern: Pattern


class Empty(Look):
    """Says nothing."""

    op: Literal["empty"]


class Compare(Look):
    """Is a number that is so; a text that is no number is never so."""

    op: Literal["less_than", "at_most", "more_than", "at_least"]
    value: Number
    decimal: Literal["auto", "comma", "point"] = Field(
        "auto", description="decimal sign of a column's numbers; `auto`: not in doubt"
    )


class OfStore(Look):
    """Says the country (`FR`) or the currency (`EUR`) of the store that reads it."""

    op: Literal["of_store"]
    store: Literal["country", "currency"]


class Group(Node):
    """Conditions that hold conditions."""

    @property
    def inner(self) -> tuple["Condition", ...]:
        return ()

    @model_validator(mode="after")
    def _not_too_deep(self) -> "Group":
        if depth_of(self) > MAX_DEPTH:
            raise PydanticCustomError(
                "too_deep",
                "Conditions hold each other too deep.",
                {"accepted": f"at most {MAX_DEPTH} levels of all, any, not"},
            )
        return self


class AllOf(Group):
    """Every one of these is so."""

    op: Literal["all"]
    of: list["Condition"] = Field(min_length=1, max_length=50)

    @property
    def inner(self) -> tuple["Condition", ...]:
        return tuple(self.of)


class AnyOf(Group):
    """At least one of these is so."""

    op: Literal["any"]
    of: list["Condition"] = Field(min_length=1, max_length=50)

    @property
    def inner(self) -> tuple["Condition", ...]:
        return tuple(self.of)


class NotSo(Group):
    """This is not so."""

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
        | NotSo,
        Field(discriminator="op"),
    ],
)
"""A named type, so that the API's description says it once."""


def depth_of(condition: Node) -> int:
    """1 for a group that holds no other group."""
    if not isinstance(condition, Group):
        return 0
    return 1 + max(depth_of(inner) for inner in condition.inner)


def looks_in(condition: Node, pointer: str = "") -> Iterator[tuple[str, Look]]:
    """Every look at a value with its place, as a JSON pointer."""
    if isinstance(condition, Look):
        yield pointer, condition
    elif isinstance(condition, NotSo):
        yield from looks_in(condition.of, f"{pointer}/of")
    elif isinstance(condition, Group):
        for number, inner in enumerate(condition.inner):
            yield from looks_in(inner, f"{pointer}/of/{number}")


def columns_of(condition: Node | None) -> tuple[str, ...]:
    """The columns that a condition looks at."""
    if condition is None:
        return ()
    return tuple(look.column for _, look in looks_in(condition) if look.column)
