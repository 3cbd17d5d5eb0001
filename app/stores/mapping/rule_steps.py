"""Steps of rules: how the text of an attribute is tidied, how its number is moved."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from app.stores.mapping.conditions import Condition
from app.stores.mapping.rule_types import (
    Amount,
    Country,
    Divisor,
    Factor,
    Pattern,
    Percent,
    Text,
)

MAX_STEPS = 20
_ONE_OF = "exactly one of by, by_country"
Piece = Annotated[str, Field(max_length=300)]


class Step(BaseModel):
    """Done to every row, or only to those of which `when` is so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: Condition | None = None


class TextStep(Step):
    """Works on the text, before it is read as an amount, a number or a grade."""


class NumberStep(Step):
    """Works on the amount or the quantity that was read."""


class Lower(TextStep):
    """In lower case."""

    op: Literal["lower"]


class Upper(TextStep):
    """In upper case."""

    op: Literal["upper"]


class Squeeze(TextStep):
    """Every run of white space becomes one space."""

    op: Literal["squeeze"]


class StripTags(TextStep):
    """Without `<tags>`; `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&nbsp;` are spelled."""

    op: Literal["strip_tags"]


class Replace(TextStep):
    """Every `find` becomes `to`, letter by letter."""

    op: Literal["replace"]
    find: Text
    to: Piece


class RegexReplace(TextStep):
    """Everything that the pattern fits becomes `to`; `$1` is its first group."""

    op: Literal["regex_replace"]
    pattern: Pattern
    to: Piece


class Extract(TextStep):
    """What the group of the pattern fits first; nothing where it does not fit."""

    op: Literal["extract"]
    pattern: Pattern
    group: int = Field(1, ge=0, le=99, description="0 is all that fits")


class Lookup(TextStep):
    """Whole values by others, ignoring case and outer spaces."""

    op: Literal["map"]
    values: dict[str, str] = Field(min_length=1, max_length=5000)
    otherwise: Literal["keep", "empty"] = "keep"


class Prepend(TextStep):
    """Puts this before a text that is not empty."""

    op: Literal["prepend"]
    text: Text


class Append(TextStep):
    """Puts this after a text that is not empty."""

    op: Literal["append"]
    text: Text


class Shorten(TextStep):
    """Only the first characters."""

    op: Literal["shorten"]
    length: int = Field(ge=1, le=100_000)


class TakePart(TextStep):
    """One part of a text that is a list; nothing where it has fewer."""

    op: Literal["part"]
    separator: Annotated[str, Field(min_length=1, max_length=10)]
    number: int = Field(ge=1, le=100, description="1 is the first")


class SetText(TextStep):
    """This text, whatever there was; an empty one takes it away."""

    op: Literal["set"]
    value: Piece


class ByCountry(NumberStep):
    """One number for all stores, or one by the country of the store."""

    @model_validator(mode="after")
    def _one_number(self) -> "ByCountry":
        given = self.model_dump(include={"by", "by_country"}, exclude_none=True)
        if len(given) != 1:
            raise PydanticCustomError(
                "one_number", f"It needs {_ONE_OF}.", {"accepted": _ONE_OF}
            )
        return self


class AddPercent(ByCountry):
    """More by so many percent, less with a minus."""

    op: Literal["percent"]
    by: Percent | None = None
    by_country: dict[Country, Percent] | None = Field(None, min_length=1)


class Multiply(ByCountry):
    """Times a number."""

    op: Literal["multiply"]
    by: Factor | None = None
    by_country: dict[Country, Factor] | None = Field(None, min_length=1)


class Divide(ByCountry):
    """Divided by a number."""

    op: Literal["divide"]
    by: Divisor | None = None
    by_country: dict[Country, Divisor] | None = Field(None, min_length=1)


class Add(ByCountry):
    """So much more, or less with a minus."""

    op: Literal["add"]
    by: Amount | None = None
    by_country: dict[Country, Amount] | None = Field(None, min_length=1)


class Round(NumberStep):
    """To a whole multiple of `to`; half goes up."""

    op: Literal["round"]
    to: Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=2)]
    mode: Literal["nearest", "up", "down"] = "nearest"


class Ending(NumberStep):
    """To a price that ends so: `at` 0.99 gives 19.99, with `per` 10 9.99 or 19.99."""

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
    """What is less becomes this."""

    op: Literal["at_least"]
    value: Amount


class AtMost(NumberStep):
    """What is more becomes this: the cap of a stock."""

    op: Literal["at_most"]
    value: Amount


class Buffer(NumberStep):
    """So many pieces are kept back; below 0 it is 0."""

    op: Literal["buffer"]
    keep: int = Field(ge=0, le=1_000_000)


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
