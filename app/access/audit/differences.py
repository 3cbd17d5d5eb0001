"""Compares two versions of a JSON document. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_LISTED = 200
"""How many differences are listed; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The values at a path (JSON Pointer, RFC 6901); None where there is no value."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any) -> list[Difference]:  # noqa: ANN401 - JSON
    """The differences in path order; a list counts as one value."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if path not in old or path not in new or old[path] != new[path]
    ]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict) or not value:
        yield path, value
        return
    for name, inner in value.items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield from _leaves(inner, f"{path}/{escaped}")
