"""Where the value of a channel attribute comes from, and the steps that change it."""

from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.stores.mapping.conditions import Condition, columns_of
from app.stores.mapping.rule_steps import MAX_STEPS, AnyStep, NumberStep
from app.stores.mapping.rule_types import Country, Name, NewValue, Text

STORE_FIELDS = ("country", "country_lower", "currency", "currency_lower")
SOURCES = "exactly one of column, constant, template, column_for"
ALL_SOURCES = f"{SOURCES}, by_country, cases"


def _validate_template(template: str) -> str:
    try:
        template_parts(template)
    except ValueError as error:
        raise PydanticCustomError(
            "bad_template",
            "This is no template: {reason}.",
            {
                "reason": str(error),
                "accepted": "column names in braces, as in `{brand} {model}`; "
                "`{{` and `}}` for braces",
            },
        ) from None
    return template


def _validate_column_name(pattern: str) -> str:
    _validate_template(pattern)
    names = {name for _, name in template_parts(pattern) if name}
    if not names or not names <= set(STORE_FIELDS):
        raise PydanticCustomError(
            "bad_template",
            "The name does not depend on the store.",
            {"accepted": ", ".join(f"{{{name}}}" for name in STORE_FIELDS)},
        )
    return pattern


class PlainSource(BaseModel):
    """Where a text comes from: exactly one of the four sources."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    column: Name | None = Field(None, description="a catalog column")
    constant: Text | None = Field(None, description="the same value for every row")
    template: Annotated[Text, AfterValidator(_validate_template)] | None = Field(
        None, description="text with columns in braces, e.g. `{brand} {model}`"
    )
    column_for: Annotated[Text, AfterValidator(_validate_column_name)] | None = Field(
        None,
        description="a column whose name depends on the store, e.g. `price_{country}`; "
        "also `{country_lower}`, `{currency}`, `{currency_lower}`",
    )

    @model_validator(mode="after")
    def _one_source(self) -> "PlainSource":
        if len(self._given()) != 1:
            accepted = self._accepted()
            raise PydanticCustomError(
                "one_source", f"Set {accepted}.", {"accepted": accepted}
            )
        return self

    def _given(self) -> list[object]:
        named = (self.column, self.constant, self.template, self.column_for)
        return [source for source in named if source]

    def _accepted(self) -> str:
        return SOURCES

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that are read; `column_for` is not resolved here."""
        if self.column:
            return (self.column,)
        if self.template:
            return tuple(
                dict.fromkeys(n for _, n in template_parts(self.template) if n)
            )
        return ()


class Case(BaseModel):
    """The source of a value where a condition is true."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: Condition
    value: PlainSource


class FillDown(BaseModel):
    """Rows with the same text in `by` share a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Name = Field(description="a column, such as `Handle`")


class AttributeSource(PlainSource):
    """The source of one channel attribute and the steps that transform it."""

    by_country: dict[Country, PlainSource] | None = Field(
        None, min_length=1, description="by the country of the store, `*` for others"
    )
    cases: list[Case] | None = Field(
        None,
        min_length=1,
        max_length=50,
        description="the first case whose condition is true applies; else `else`",
    )
    else_: PlainSource | None = Field(
        None, alias="else", description="used with `cases`"
    )
    fill_down: FillDown | None = Field(
        None,
        description="an empty cell takes the value above it in its group",
    )
    values: dict[str, NewValue] = Field(
        {},
        max_length=5000,
        description="replaces whole values, ignoring case and outer spaces",
    )
    steps: list[AnyStep] = Field(
        [],
        max_length=MAX_STEPS,
        description="applied in this order, after `values`: text steps, then number "
        "steps",
    )
    default: Text | None = Field(
        None, description="used where the text is empty after the text steps"
    )
    decimal: Literal["auto", "comma", "point"] = Field(
        "auto",
        description="decimal separator of numbers; `auto` detects it from the catalog",
    )

    def _given(self) -> list[object]:
        return [*super()._given(), *(s for s in (self.by_country, self.cases) if s)]

    def _accepted(self) -> str:
        return ALL_SOURCES

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns from which the text of this attribute is built."""
        read = [self.fill_down.by] if self.fill_down else []
        for case in self.cases or ():
            read += columns_of(case.when)
        for step in self.steps:
            if not isinstance(step, NumberStep):
                read += columns_of(step.when)
        return tuple(dict.fromkeys([*self.text_columns, *read]))

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Those of its sources alone, without conditions."""
        sources: list[PlainSource] = [*(self.by_country or {}).values()]
        sources += [case.value for case in self.cases or ()]
        sources += [self.else_] if self.else_ else []
        read = [name for source in sources for name in source.columns]
        return tuple(dict.fromkeys([*super().columns, *read]))

    @property
    def number_steps(self) -> tuple[NumberStep, ...]:
        """The steps that change the parsed number."""
        return tuple(step for step in self.steps if isinstance(step, NumberStep))


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
