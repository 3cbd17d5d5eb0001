"""Validates the rules of a mapping for one store: what cannot be applied, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.errors import FieldError, InvalidError
from app.core.json_pointers import escaped
from app.stores.channel import AttributeType, attribute
from app.stores.mapping.attribute_source import AttributeSource
from app.stores.mapping.closed_lists import refused_values
from app.stores.mapping.conditions import MappingNode, value_conditions_in
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.mapping.resolve import chosen, number_for
from app.stores.mapping.rule_steps import (
    MONEY_STEPS,
    QUANTITY_STEPS,
    Add,
    AtLeast,
    AtMost,
    CountryNumber,
    Extract,
    NumberStep,
)
from app.stores.mapping.rule_types import groups_of

MAX_COMPARISONS = 1000
MAX_VIOLATIONS = 50
OWN_OF_EACH_ROW = frozenset({"sku", "ean", "product_id", "quantity"})
"""A variant with the EAN or the stock of another one would be sold by mistake."""


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """An invalid place of a mapping, why, and what would be accepted."""

    pointer: str
    code: str
    message: str
    accepted: str


def require_valid(found: Sequence[RuleViolation]) -> None:
    """Raises InvalidError that names each invalid place of a mapping."""
    if found:
        errors = [
            FieldError(
                flaw.pointer.strip("/").replace("/", ".") or "body",
                flaw.code,
                flaw.message,
                flaw.accepted,
                flaw.pointer,
            )
            for flaw in found[:MAX_VIOLATIONS]
        ]
        raise InvalidError(f"{errors[0].field}: {errors[0].message}", errors=errors)


def find_violations(
    mapping: CatalogMapping, country: str, root: str = ""
) -> list[RuleViolation]:
    """All rules that cannot be applied for a store of this country.

    `root` is the JSON pointer to the mapping in the request body.
    """
    return [
        *_of_attributes(mapping, country, root),
        *_of_filters(mapping, root),
        *_too_many(mapping, root),
        *_repeated_names(mapping, root),
    ]


def _of_attributes(
    mapping: CatalogMapping, country: str, root: str
) -> Iterator[RuleViolation]:
    mapped = frozenset(mapping.attributes)
    for name, source in mapping.attributes.items():
        pointer = f"{root}/attributes/{escaped(name)}"
        yield from _of_source(source, pointer, country)
        if source.fill_down and name in OWN_OF_EACH_ROW:
            message = f"`{name}` is never that of another row."
            accepted = "no fill_down for " + ", ".join(sorted(OWN_OF_EACH_ROW))
            at = f"{pointer}/fill_down"
            yield RuleViolation(at, "fill_down_not_allowed", message, accepted)
        yield from _of_steps(source, name, pointer, mapped, country)
        yield from _of_values(source, name, pointer)


def _of_filters(mapping: CatalogMapping, root: str) -> Iterator[RuleViolation]:
    mapped = frozenset(mapping.attributes)
    for number, filter_ in enumerate(mapping.filters):
        pointer = f"{root}/filters/{number}/when"
        yield from _of_condition(filter_.when, pointer, mapped, late=True)


def _too_many(mapping: CatalogMapping, root: str) -> Iterator[RuleViolation]:
    conditions = [
        when for s in mapping.attributes.values() for when, _, _ in _conditions(s)
    ]
    conditions += [filter_.when for filter_ in mapping.filters]
    comparisons = sum(1 for c in conditions for _ in value_conditions_in(c))
    if comparisons > MAX_COMPARISONS:
        accepted = f"at most {MAX_COMPARISONS} comparisons in total"
        yield RuleViolation(root, "too_many_rules", "Too many rules.", accepted)


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


def _of_values(
    source: AttributeSource, name: str, pointer: str
) -> Iterator[RuleViolation]:
    for place, value, accepted in refused_values(name, source, pointer):
        message = f"`{name}` does not accept `{value[:100]}`."
        yield RuleViolation(place, "value_not_accepted", message, ", ".join(accepted))


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
    if isinstance(step, CountryNumber) and number_for(step, country) is None:
        yield _no_country(f"{pointer}/by_country", country)
    if name == "quantity" and isinstance(step, Add | AtLeast | AtMost):
        field = "by" if isinstance(step, Add) else "value"
        number = number_for(step, country) if isinstance(step, Add) else step.value
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
