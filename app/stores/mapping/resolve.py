"""Resolves a mapping for one store, and validates its rules for that store. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from app.core.json_pointers import escaped
from app.stores.channel import AttributeType, attribute
from app.stores.mapping.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Equals,
    MappingNode,
    Not,
    OfStore,
    value_conditions_in,
)
from app.stores.mapping.mapping_model import (
    AttributeSource,
    CatalogMapping,
    PlainSource,
)
from app.stores.mapping.rule_steps import (
    MONEY_STEPS,
    QUANTITY_STEPS,
    Add,
    AtLeast,
    AtMost,
    CountryNumber,
    Extract,
    NumberStep,
    Step,
)
from app.stores.mapping.rule_types import ANY_COUNTRY, groups_of

MAX_COMPARISONS = 1000
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """An invalid place of a mapping, why, and what would be accepted."""

    pointer: str
    code: str
    message: str
    accepted: str


def resolve_for_store(
    mapping: CatalogMapping, country: str, currency: str
) -> CatalogMapping:
    """The mapping without anything that depends on the store.

    A source without an entry for the country is empty and a step without one is left
    out; `find_violations` reports both.
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
            by = _number(step, self.country)
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


def _number(step: CountryNumber, country: str) -> Decimal | None:
    by: Decimal | None = getattr(step, "by", None)
    by_country = getattr(step, "by_country", None)
    return by if by_country is None else chosen(by_country, country)


def find_violations(
    mapping: CatalogMapping, country: str, root: str = ""
) -> list[RuleViolation]:
    """All rules that cannot be applied for a store of this country.

    `root` is the JSON pointer to the mapping in the request body.
    """
    found: list[RuleViolation] = []
    mapped = frozenset(mapping.attributes)
    looks = 0
    for name, source in mapping.attributes.items():
        pointer = f"{root}/attributes/{escaped(name)}"
        found += _of_source(source, pointer, country)
        found += _of_steps(source, name, pointer, mapped, country)
        looks += sum(
            1 for when, _, _ in _conditions(source) for _ in value_conditions_in(when)
        )
    for number, filter_ in enumerate(mapping.filters):
        found += _of_condition(
            filter_.when, f"{root}/filters/{number}/when", mapped, late=True
        )
        looks += sum(1 for _ in value_conditions_in(filter_.when))
    if looks > MAX_COMPARISONS:
        accepted = f"at most {MAX_COMPARISONS} comparisons in total"
        found.append(RuleViolation(root, "too_many_rules", "Too many rules.", accepted))
    return [*found, *_repeated_names(mapping, root)]


def _repeated_names(mapping: CatalogMapping, root: str) -> Iterator[RuleViolation]:
    seen: set[str] = set()
    for number, filter_ in enumerate(mapping.filters):
        key = filter_.name.lower()
        if key in seen:
            message = f"Two filters are named `{filter_.name}`."
            yield RuleViolation(
                f"{root}/filters/{number}/name", "duplicate", message, "another name"
            )
        seen.add(key)


def _of_source(
    source: AttributeSource, pointer: str, country: str
) -> Iterator[RuleViolation]:
    if source.by_country and chosen(source.by_country, country) is None:
        yield _no_country(f"{pointer}/by_country", country)
    if source.else_ and not source.cases:
        message = "`else` needs `cases`."
        yield RuleViolation(f"{pointer}/else", "no_cases", message, "cases, or no else")


def _no_country(pointer: str, country: str) -> RuleViolation:
    message = f"There is no entry for {country}, the country of the store."
    return RuleViolation(
        pointer, "country_missing", message, f"an entry {country} or *"
    )


def _conditions(source: AttributeSource) -> Iterator[tuple[MappingNode, str, bool]]:
    """Each condition, its pointer, and whether it is evaluated after parsing."""
    for number, case in enumerate(source.cases or ()):
        yield case.when, f"/cases/{number}/when", False
    for number, step in enumerate(source.steps):
        if step.when:
            yield step.when, f"/steps/{number}/when", isinstance(step, NumberStep)


def _of_steps(
    source: AttributeSource,
    name: str,
    pointer: str,
    mapped: frozenset[str],
    country: str,
) -> Iterator[RuleViolation]:
    for when, place, late in _conditions(source):
        yield from _of_condition(when, f"{pointer}{place}", mapped, late=late)
    read = False
    for number, step in enumerate(source.steps):
        at = f"{pointer}/steps/{number}"
        if isinstance(step, NumberStep):
            read = True
            yield from _of_number_step(step, name, at, country)
        elif read:
            message = "A text step cannot follow a number step."
            yield RuleViolation(
                at, "step_order", message, "text steps before number steps"
            )
        if isinstance(step, Extract) and step.group > groups_of(step.pattern):
            message = f"The pattern has no group {step.group}."
            most = groups_of(step.pattern)
            yield RuleViolation(f"{at}/group", "no_such_group", message, f"0 to {most}")


def _of_number_step(
    step: NumberStep, name: str, pointer: str, country: str
) -> Iterator[RuleViolation]:
    op = getattr(step, "op", "")
    allowed = number_steps_of(name)
    if not isinstance(step, allowed):
        message = f"`{name}` has no number step `{op}`."
        yield RuleViolation(f"{pointer}/op", "step_not_allowed", message, _ops(allowed))
    if isinstance(step, CountryNumber) and _number(step, country) is None:
        yield _no_country(f"{pointer}/by_country", country)
    if name == "quantity" and isinstance(step, Add | AtLeast | AtMost):
        field = "by" if isinstance(step, Add) else "value"
        number = _number(step, country) if isinstance(step, Add) else step.value
        if number is not None and number % 1:
            message = "A quantity is a whole number."
            yield RuleViolation(
                f"{pointer}/{field}", "not_whole", message, "a whole number"
            )


def number_steps_of(name: str) -> tuple[type[NumberStep], ...]:
    """The number steps that an attribute allows."""
    if name == "quantity":
        return QUANTITY_STEPS
    try:
        is_money = attribute(name).type is AttributeType.MONEY
    except KeyError:
        is_money = False
    return MONEY_STEPS if is_money and name != "price_new" else ()


def _ops(steps: tuple[type[NumberStep], ...]) -> str:
    ops = [step.model_fields["op"].annotation.__args__[0] for step in steps]  # type: ignore[union-attr]
    return ", ".join(ops) or "text steps"


def _of_condition(
    when: MappingNode, pointer: str, mapped: frozenset[str], *, late: bool
) -> Iterator[RuleViolation]:
    for place, look in value_conditions_in(when, pointer):
        if look.attribute and not late:
            message = "Only columns are available before parsing."
            yield RuleViolation(
                f"{place}/attribute", "attribute_too_early", message, "column"
            )
        elif look.attribute and look.attribute not in mapped:
            message = f"`{look.attribute}` is not mapped."
            accepted = ", ".join(sorted(mapped))
            yield RuleViolation(
                f"{place}/attribute", "attribute_unmapped", message, accepted
            )


def absent_columns(
    mapping: CatalogMapping, columns: frozenset[str], root: str = ""
) -> Iterator[RuleViolation]:
    """Where a resolved mapping reads columns that a catalog does not have."""
    accepted = ", ".join(sorted(columns)[:100])
    for place, column in _read_at(mapping, root):
        if column not in columns:
            message = f"The catalog has no column `{column[:100]}`."
            yield RuleViolation(place, "unknown_column", message, accepted)


def _read_at(mapping: CatalogMapping, root: str) -> Iterator[tuple[str, str]]:
    for name, source in mapping.attributes.items():
        at = f"{root}/attributes/{escaped(name)}"
        asked = [
            (f"{place}/column", look.column)
            for when, tail, _ in _conditions(source)
            for place, look in value_conditions_in(when, f"{at}{tail}")
            if look.column
        ]
        yield from asked
        others = set(source.columns) - {column for _, column in asked}
        yield from ((at, column) for column in sorted(others))
    for number, filter_ in enumerate(mapping.filters):
        for place, look in value_conditions_in(
            filter_.when, f"{root}/filters/{number}/when"
        ):
            if look.column:
                yield f"{place}/column", look.column
