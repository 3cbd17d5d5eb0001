"""Refuses query parameters that a route does not know: a typing error is no filter."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant

from app.core.errors import FieldError, InvalidError

_MAX_NAMED = 20
_MAX_LENGTH = 60


def refuse_unknown_parameters(request: Request) -> None:
    """A dependency. Raises InvalidError: `unknown_parameter`, `repeated_parameter`."""
    if not request.scope["query_string"]:
        return
    names = [name for name, _ in request.query_params.multi_items()]
    errors = find_errors(names, _known_to(request.scope["route"]))
    if errors:
        raise InvalidError(errors[0].message, code=errors[0].code, errors=errors)


def _known_to(route: Any) -> Mapping[str, bool]:  # noqa: ANN401 - FastAPI's route
    return dict(_parameters(route.dependant))


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Query parameters of a route or dependency; True if one may be repeated."""
    for field in dependant.query_params:
        yield field.alias, _is_list(field.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def find_errors(names: Sequence[str], known: Mapping[str, bool]) -> list[FieldError]:
    """Unknown parameters, and repeated ones that have one value. Pure."""
    counts = Counter(names)
    unknown = [name for name in counts if name not in known][:_MAX_NAMED]
    repeated = [
        n for n, count in counts.items() if count > 1 and not known.get(n, True)
    ]
    return [
        *(_unknown(name, known) for name in unknown),
        *(_repeated(name) for name in repeated),
    ]


def _unknown(name: str, known: Mapping[str, bool]) -> FieldError:
    shown = "".join(c for c in name if c.isprintable())[:_MAX_LENGTH]
    near = get_close_matches(name[:_MAX_LENGTH], known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return FieldError(
        shown,
        "unknown_parameter",
        f"The query parameter `{shown}` is not known.{hint}",
        ", ".join(sorted(known)) or "no query parameters",
    )


def _repeated(name: str) -> FieldError:
    return FieldError(
        name,
        "repeated_parameter",
        f"The query parameter `{name}` is given more than once.",
        "one value",
    )


def _is_list(annotation: Any) -> bool:  # noqa: ANN401 - any type
    if get_origin(annotation) in {Union, UnionType}:
        return any(map(_is_list, get_args(annotation)))
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, list | tuple | set | frozenset)
