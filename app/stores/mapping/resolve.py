"""Resolves a mapping for one store: country, currency, numbers by country. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from app.stores.mapping.attribute_source import AttributeSource, PlainSource
from app.stores.mapping.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Equals,
    Not,
    OfStore,
)
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.mapping.rule_steps import CountryNumber, Step
from app.stores.mapping.rule_types import ANY_COUNTRY

Found = TypeVar("Found")


def resolve_for_store(
    mapping: CatalogMapping, country: str, currency: str
) -> CatalogMapping:
    """The mapping without anything that depends on the store.

    A source without an entry for the country is empty and a step without one is left
    out; `validate.find_violations` reports both.
    """
    store = _StoreResolver(country, currency)
    return CatalogMapping.model_construct(
        attributes={n: store.source(s) for n, s in mapping.attributes.items()},
        filters=[
            f.model_copy(update={"when": store.condition(f.when)})
            for f in mapping.filters
        ],
    )


def chosen(by_country: Mapping[str, Found], country: str) -> Found | None:
    """The entry of a country, else that of `*`."""
    return by_country.get(country, by_country.get(ANY_COUNTRY))


@dataclass(frozen=True, slots=True)
class _StoreResolver:
    country: str
    currency: str

    def source(self, source: AttributeSource) -> AttributeSource:
        found: PlainSource | None = source
        if source.by_country:
            found = chosen(source.by_country, self.country)
        plain = self.plain(found) if found else source
        cases = [
            case.model_copy(
                update={
                    "when": self.condition(case.when),
                    "value": self.plain(case.value),
                }
            )
            for case in source.cases or ()
        ]
        return source.model_copy(
            update={
                "column": plain.column,
                "constant": plain.constant,
                "template": plain.template,
                "column_for": None,
                "by_country": None,
                "cases": cases or None,
                "else_": source.else_ and self.plain(source.else_),
                "steps": [step for s in source.steps for step in self.step(s)],
            }
        )

    def plain(self, source: PlainSource) -> PlainSource:
        if not source.column_for:
            return source
        name = source.column_for.format(
            country=self.country,
            country_lower=self.country.lower(),
            currency=self.currency,
            currency_lower=self.currency.lower(),
        )
        return PlainSource(column=name)

    def step(self, step: Step) -> Iterator[Step]:
        update: dict[str, object] = {}
        if step.when:
            update["when"] = self.condition(step.when)
        if isinstance(step, CountryNumber):
            by = number_for(step, self.country)
            if by is None:
                return
            update |= {"by": by, "by_country": None}
        yield step.model_copy(update=update)

    def condition(self, condition: Condition) -> Condition:
        if isinstance(condition, OfStore):
            value = self.country if condition.store == "country" else self.currency
            return Equals(
                op="equals",
                column=condition.column,
                attribute=condition.attribute,
                value=value,
            )
        if isinstance(condition, AllOf | AnyOf):
            inner = [self.condition(c) for c in condition.of]
            return condition.model_copy(update={"of": inner})
        if isinstance(condition, Not):
            return condition.model_copy(update={"of": self.condition(condition.of)})
        return condition


def number_for(step: CountryNumber, country: str) -> Decimal | None:
    """The number of a step for a country; None without an entry."""
    by: Decimal | None = getattr(step, "by", None)
    by_country = getattr(step, "by_country", None)
    return by if by_country is None else chosen(by_country, country)
