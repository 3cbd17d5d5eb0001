"""Steps of a mapping: text steps, and number steps for amounts and quantities."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from app.stores.mapping.conditions import Condition
from app.stores.mapping.rule_types import (
    Amount,
    Country,
    Divisor,
    Factor,
    NewValue,
    Pattern,
    Percent,
    Text,
)

MAX_STEPS = 20
_ONE_OF = "exactly one of by, by_country"
OptionalText = Annotated[str, Field(max_length=300)]


class Step(BaseModel):
    """Applied to every row, or only to the rows for which `when` is true."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    when: Condition | None = None


class TextStep(Step):
    """Transforms the text before it is parsed as an amount, a number or a grade."""


class NumberStep(Step):
    """Changes the parsed amount or quantity."""


class Lower(TextStep):
    """Converts to lower case."""

    op: Literal["lower"]


class Upper(TextStep):
    """Converts to upper case."""

    op: Literal["upper"]


class Squeeze(TextStep):
    """Replaces each run of white space by one space."""

    op: Literal["squeeze"]


class StripTags(TextStep):
    """Removes `<tags>`; decodes `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&nbsp;`."""

    op: Literal["strip_tags"]


class Replace(TextStep):
    """Replaces each `find` by `to`; case-sensitive, no pattern."""

    op: Literal["replace"]
    find: Text
    to: OptionalText


class RegexReplace(TextStep):
    """Replaces each match of the pattern by `to`; `$1` is its first group."""

    op: Literal["regex_replace"]
    pattern: Pattern
    to: OptionalText


class Extract(TextStep):
    """Takes a group of the first match; empty without a match."""

    op: Literal["extract"]
    pattern: Pattern
    group: StrictInt = Field(1, ge=0, le=99, description="0 is the whole match")


class Lookup(TextStep):
    """Replaces whole values, ignoring case and outer spaces."""

    op: Literal["map"]
    values: dict[str, NewValue] = Field(min_length=1, max_length=5000)
    else_: Literal["keep", "empty"] = Field("keep", alias="else")


class Prepend(TextStep):
    """Adds this before a text that is not empty."""

    op: Literal["prepend"]
    text: Text


class Append(TextStep):
    """Adds this after a text that is not empty."""

    op: Literal["append"]
    text: Text


class Shorten(TextStep):
    """Keeps only the first characters."""

    op: Literal["shorten"]
    length: StrictInt = Field(ge=1, le=100_000)


class TakePart(TextStep):
    """Takes one part of a delimited text; empty where it has fewer parts."""

    op: Literal["part"]
    separator: Annotated[str, Field(min_length=1, max_length=10)]
    number: StrictInt = Field(ge=1, le=100, description="1 is the first")


class SetText(TextStep):
    """Sets this text; an empty one removes the value."""

    op: Literal["set"]
    value: OptionalText


class CountryNumber(NumberStep):
    """One number for all stores, or one for each country."""

    @model_validator(mode="after")
    def _one_number(self) -> "CountryNumber":
        given = self.model_dump(include={"by", "by_country"}, exclude_none=True)
        if len(given) != 1:
            raise PydanticCustomError(
                "one_number", f"Set {_ONE_OF}.", {"accepted": _ONE_OF}
            )
        return self


class AddPercent(CountryNumber):
    """Adds a percentage; a negative one subtracts."""

    op: Literal["percent"]
    by: Percent | None = None
    by_country: dict[Country, Percent] | None = Field(None, min_length=1)


class Multiply(CountryNumber):
    """Multiplies by a number."""

    op: Literal["multiply"]
    by: Factor | None = None
    by_country: dict[Country, Factor] | None = Field(None, min_length=1)


class Divide(CountryNumber):
    """Divides by a number."""

    op: Literal["divide"]
    by: Divisor | None = None
    by_country: dict[Country, Divisor] | None = Field(None, min_length=1)


class Add(CountryNumber):
    """Adds a number; a negative one subtracts."""

    op: Literal["add"]
    by: Amount | None = None
    by_country: dict[Country, Amount] | None = Field(None, min_length=1)


class Round(NumberStep):
    """Rounds to a multiple of `to`; half rounds up."""

    op: Literal["round"]
    to: Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=2)]
    mode: Literal["nearest", "up", "down"] = "nearest"


class Ending(NumberStep):
    """Rounds to a price ending: `at` 0.99 gives 19.99; 9.99 `per` 10 gives 29.99."""

    op: Literal["ending"]
    at: Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)]
    per: Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=2)] = Decimal(1)
    mode: Literal["nearest", "up", "down"] = "nearest"

    @model_validator(mode="after")
    def _within(self) -> "Ending":
        if self.at >= self.per:
            raise PydanticCustomError(
                "ending_too_large",
                "`at` must be less than `per`.",
                {"accepted": f"less than {self.per}"},
            )
        return self


class AtLeast(NumberStep):
    """Raises lower values to this one."""

    op: Literal["at_least"]
    value: Amount


class AtMost(NumberStep):
    """Caps higher values at this one, for example a stock."""

    op: Literal["at_most"]
    value: Amount


class Buffer(NumberStep):
    """Holds back this many pieces; the result is at least 0."""

    op: Literal["buffer"]
    keep: StrictInt = Field(ge=0, le=1_000_000)


AnyStep = TypeAliasType(
    "AnyStep",
    Annotated[
        Lower
        | Upper
        | Squeeze
        | StripTags
        | Replace
        | RegexReplace
        | Extract
        | Lookup
        | Prepend
        | Append
        | Shorten
        | TakePart
        | SetText
        | AddPercent
        | Multiply
        | Divide
        | Add
        | Round
        | Ending
        | AtLeast
        | AtMost
        | Buffer,
        Field(discriminator="op"),
    ],
)

MONEY_STEPS = (AddPercent, Multiply, Divide, Add, Round, Ending, AtLeast, AtMost)
QUANTITY_STEPS = (AddPercent, Multiply, Divide, Add, Buffer, AtMost)
