"""Finds values of a mapping that an attribute with a closed list never accepts."""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.backmarket.carriers import CARRIERS
from app.core.json_pointers import escaped
from app.stores.channel import AttributeType, attribute
from app.stores.mapping.attribute_source import AttributeSource, PlainSource
from app.stores.mapping.rule_steps import (
    AnyStep,
    Lookup,
    Lower,
    NumberStep,
    SetText,
    Squeeze,
    Upper,
)

_KEEPS_VALUE = (Lower, Upper, Squeeze, NumberStep)
"""Steps after which a value is still in the list, or still is not."""


def refused_values(
    name: str, source: AttributeSource, pointer: str
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Pointer, value and accepted values of each fixed value that is not accepted.

    Only values that no later step of the mapping changes; rows with others have a
    problem of their own.
    """
    accepted = _accepted(name)
    if not accepted:
        return
    fold = _words if accepted == CARRIERS else _folded
    known = {fold(value) for value in accepted}
    for place, value in _final_values(source):
        if value.strip() and fold(value) not in known:
            yield f"{pointer}{place}", value, accepted


def _accepted(name: str) -> tuple[str, ...]:
    try:
        found = attribute(name)
    except KeyError:  # of a leaf category: its list is checked with each product
        return ()
    closed = found.type in {AttributeType.CHOICE, AttributeType.BOOLEAN}
    return found.accepted if closed else ()


def _folded(value: str) -> str:
    """The form in which rows are compared: `very good` is VERY_GOOD."""
    return re.sub(r"[\s_-]+", "", value).upper()


def _words(value: str) -> str:
    """The form in which carriers are compared: hyphens belong to their names."""
    return " ".join(value.casefold().split())


def _final_values(source: AttributeSource) -> Iterator[tuple[str, str]]:
    """Fixed values that reach the offer unchanged, each with its pointer."""
    steps = list(source.steps)
    if _all_keep(steps):
        yield from _of_pairs(source.values, "/values")
        replaced = {_folded(value) for value in source.values}
        for place, value in _constants(source):
            if _folded(value) not in replaced:
                yield place, value
    for number, step in enumerate(steps):
        if _all_keep(steps[number + 1 :]):
            yield from _of_step(step, f"/steps/{number}")
    if source.default:
        yield "/default", source.default


def _all_keep(steps: Sequence[AnyStep]) -> bool:
    return all(isinstance(step, _KEEPS_VALUE) for step in steps)


def _of_step(step: AnyStep, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(step, Lookup):
        yield from _of_pairs(step.values, f"{place}/values")
    elif isinstance(step, SetText):
        yield f"{place}/value", step.value


def _of_pairs(values: Mapping[str, str], place: str) -> Iterator[tuple[str, str]]:
    for old, new in values.items():
        yield f"{place}/{escaped(old)}", new


def _constants(source: AttributeSource) -> Iterator[tuple[str, str]]:
    by_country = source.by_country or {}
    places: list[tuple[str, PlainSource | None]] = [
        ("", source),
        *((f"/by_country/{escaped(code)}", s) for code, s in by_country.items()),
        *(
            (f"/cases/{n}/value", case.value)
            for n, case in enumerate(source.cases or ())
        ),
        ("/else", source.else_),
    ]
    for place, plain in places:
        if plain is not None and plain.constant is not None:
            yield f"{place}/constant", plain.constant
