"""Converts pydantic's errors to field errors: where, why, what is accepted. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.core.errors import FieldError
from app.core.json_pointers import place_in, pointer_to

_CODES = {"value_error": "invalid", "extra_forbidden": "unknown_field"}
_BOUNDS = (
    ("at least {}", "ge"),
    ("at most {}", "le"),
    ("more than {}", "gt"),
    ("less than {}", "lt"),
    ("at most {} decimals", "decimal_places"),
    ("at most {} digits", "max_digits"),
    ("text that matches {}", "pattern"),
)
_FORMATS = (
    ("uuid", "a UUID"),
    ("int", "a whole number"),
    ("float", "a number"),
    ("decimal_parsing", "a decimal number"),
    ("decimal_type", "a decimal number"),
    ("bool", "true or false"),
    ("datetime", "a time such as 2026-01-31T12:00:00Z"),
    ("timezone", "a time with its zone, such as 2026-01-31T12:00:00Z"),
    ("time_delta", "an ISO 8601 duration such as PT2H"),
    ("string_type", "text"),
    ("string_unicode", "text"),
    ("list", "a JSON array"),
    ("dict", "a JSON object"),
    ("model", "a JSON object"),
)
"""What is accepted, by the start of pydantic's error type."""
_MESSAGES = {
    "missing": "Required",
    "extra_forbidden": "Unknown field",
    "union_tag_invalid": "Unknown `op`",
    "union_tag_not_found": "`op` is required",
    "recursion_depth_exceeded": "Nested too deeply",
}


def field_error(problem: dict[str, Any], body: object, sent: object) -> FieldError:
    """One error of pydantic for the caller; `body`: the model of the body, or None.

    The sent value is not repeated: it may be a secret.
    """
    place = [str(part)[:100] for part in problem["loc"] if part != "[key]"]
    kind, context = str(problem["type"]), problem.get("ctx") or {}
    pointer = None
    if place[0] == "body" and isinstance(sent, dict):
        loc = [part for part in problem["loc"][1:] if part != "[key]"]
        found = place_in(sent, loc, kind)
        place, pointer = ["body", *found], pointer_to(found)
    if place[0] in {"body", "query", "path", "header"} and len(place) > 1:
        place = place[1:]
    message = _message(kind, context) or str(problem["msg"]).removeprefix(
        "Value error, "
    )
    if not message.endswith("."):
        message = f"{message[:1].upper()}{message[1:]}."
    accepted = _accepted(kind, context)
    if kind == "extra_forbidden":
        accepted = _names_at(body, place[:-1])
    code = _CODES.get(kind, kind)
    return FieldError(".".join(place), code, message, accepted, pointer)


def _inside(kind: object, part: str) -> object:
    """The type of a field of a model; None when unknown."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = _fields_of(kind).get(part)
        return field.annotation if field else None
    inner = [i for i in get_args(kind) if i is not type(None)]
    return inner[-1] if inner else None


def _names_at(kind: object, place: Sequence[str]) -> str | None:
    """The fields of the object at this path."""
    for part in place:
        kind = _inside(kind, part)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return ", ".join(_fields_of(kind))
    return None


def _fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by their names in JSON."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _message(kind: str, context: Mapping[str, Any]) -> str | None:
    """The message where pydantic's does not fit; None to use pydantic's."""
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    if kind.endswith(("too_short", "too_long")):
        return f"Must have {_length(context)}"
    if "accepted" not in context and (text := _format(kind)):
        return f"Must be {text}"
    return None


def _format(kind: str) -> str | None:
    return next((text for start, text in _FORMATS if kind.startswith(start)), None)


def _length(context: Mapping[str, Any]) -> str:
    bound = "at least" if "min_length" in context else "at most"
    number = context.get("min_length", context.get("max_length"))
    many = context.get("field_type") in {"List", "Dictionary", "Set", "Tuple"}
    unit = "item" if many else "character"
    return f"{bound} {number} {unit}{'' if number == 1 else 's'}"


def _accepted(kind: str, context: Mapping[str, Any]) -> str | None:
    if "accepted" in context:
        return str(context["accepted"])
    if "expected_tags" in context:
        return ", ".join(re.findall(r"'([^']*)'", str(context["expected_tags"])))
    if "expected" in context:
        return ", ".join(re.findall(r"'([^']*)'", str(context["expected"]))) or None
    if kind.endswith(("too_short", "too_long")):
        return _length(context)
    for name, key in _BOUNDS:
        if key in context:
            return name.format(context[key])
    return _format(kind)
