"""The steps of an attribute as fields of a form, and back. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.console.core.api_client import Json
from app.console.settings.mapping.conditions import condition_fields, condition_of
from app.console.settings.publishing.fields import integer, number

ParamKind = Literal["text", "number", "integer", "pairs", "choice"]


@dataclass(frozen=True, slots=True)
class Param:
    """One value of a step. A text may be empty; others are left out then."""

    name: str
    label: str
    kind: ParamKind = "text"
    options: tuple[tuple[str, str], ...] = ()


MODE = Param(
    *("mode", "Direction", "choice"),
    (("nearest", "nearest"), ("up", "up"), ("down", "down")),
)
BY = (
    Param("by", "By", "number"),
    Param("by_country", "Or by country, such as FR = 5", "pairs"),
)
TO = Param("to", "To")
PATTERN = Param("pattern", "Pattern")
STEPS: dict[str, tuple[str, tuple[Param, ...]]] = {
    "lower": ("Lower case", ()),
    "upper": ("Upper case", ()),
    "squeeze": ("Join white space", ()),
    "strip_tags": ("Remove HTML tags", ()),
    "replace": ("Replace a text", (Param("find", "Find"), TO)),
    "regex_replace": ("Replace a pattern", (PATTERN, TO)),
    "extract": ("Extract by a pattern", (PATTERN, Param("group", "Group", "integer"))),
    "map": (
        "Replace whole values",
        (
            Param("values", "Values, such as A = GOOD", "pairs"),
            Param(
                *("else", "Other values", "choice"),
                (("keep", "stay"), ("empty", "become empty")),
            ),
        ),
    ),
    "prepend": ("Add before", (Param("text", "Text"),)),
    "append": ("Add after", (Param("text", "Text"),)),
    "shorten": ("Shorten", (Param("length", "Characters", "integer"),)),
    "part": (
        "Take a part",
        (Param("separator", "Separator"), Param("number", "Part", "integer")),
    ),
    "set": ("Set a text", (Param("value", "Text, empty removes the value"),)),
    "percent": ("Add a percentage", BY),
    "multiply": ("Multiply", BY),
    "divide": ("Divide", BY),
    "add": ("Add a number", BY),
    "round": ("Round", (Param("to", "To a multiple of", "number"), MODE)),
    "ending": (
        "Round to a price ending",
        (
            Param("at", "Ending, such as 0.99", "number"),
            Param("per", "Per", "number"),
            MODE,
        ),
    ),
    "at_least": ("At least", (Param("value", "Value", "number"),)),
    "at_most": ("At most", (Param("value", "Value", "number"),)),
    "buffer": ("Hold back pieces", (Param("keep", "Pieces", "integer"),)),
}


def step_fields(steps: list[Json]) -> dict[str, str]:
    """Named by their position: `steps.0.op`, `steps.0.find`, `steps.0.when.kind`."""
    shown: dict[str, str] = {}
    for index, step in enumerate(steps):
        prefix = f"steps.{index}"
        shown |= {f"{prefix}.op": step["op"]}
        shown |= {
            f"{prefix}.{name}": pairs_text(value)
            if isinstance(value, dict)
            else str(value)
            for name, value in step.items()
            if name not in {"op", "when"} and value is not None
        }
        shown |= condition_fields(step.get("when"), f"{prefix}.when")
    return shown


def count_steps(form: Mapping[str, str]) -> int:
    count = 0
    while f"steps.{count}.op" in form:
        count += 1
    return count


def steps_of(form: Mapping[str, str]) -> list[Json]:
    """Raises UnreadableRuleError."""
    return [_step(form, f"steps.{index}") for index in range(count_steps(form))]


def _step(form: Mapping[str, str], prefix: str) -> Json:
    op = form[f"{prefix}.op"]
    _, params = STEPS.get(op, ("", ()))
    step = {"op": op, **dict(_values(form, prefix, params))}
    when = condition_of(form, f"{prefix}.when")
    return step | ({"when": when} if when else {})


def _values(
    form: Mapping[str, str], prefix: str, params: tuple[Param, ...]
) -> Iterator[tuple[str, Any]]:
    for param in params:
        text = form.get(f"{prefix}.{param.name}", "")
        if param.kind == "text":
            yield param.name, text
        elif text.strip():
            yield param.name, _value(param.kind, text.strip())


def _value(kind: ParamKind, text: str) -> object:
    if kind == "integer":
        return integer(text)
    if kind == "pairs":
        return pairs_of(text)
    return number(text) if kind == "number" else text


def arranged(form: Mapping[str, str], action: str) -> dict[str, str]:
    """The form after `add:op`, `remove:2` or `up:2`. Other actions change nothing."""
    verb, _, which = action.partition(":")
    groups = [_group(form, index) for index in range(count_steps(form))]
    if verb == "add" and which in STEPS:
        groups.append({"op": which, "when.kind": ""})
    index = int(which) if which.isdigit() else -1
    if 0 <= index < len(groups):
        if verb == "remove":
            del groups[index]
        elif verb == "up" and index:
            groups[index - 1], groups[index] = groups[index], groups[index - 1]
    rest = {name: v for name, v in form.items() if not name.startswith("steps.")}
    return rest | {
        f"steps.{number}.{name}": value
        for number, group in enumerate(groups)
        for name, value in group.items()
    }


def _group(form: Mapping[str, str], index: int) -> dict[str, str]:
    prefix = f"steps.{index}."
    return {n.removeprefix(prefix): v for n, v in form.items() if n.startswith(prefix)}


def pairs_text(values: Mapping[str, object]) -> str:
    """One `from = to` in each line."""
    return "\n".join(f"{key} = {value}" for key, value in values.items())


def pairs_of(text: str) -> dict[str, str]:
    """The pairs of the lines. The last ` = ` divides, so that keys may have one."""
    pairs = {}
    for line in filter(str.strip, text.splitlines()):
        left, sign, right = line.rpartition("=")
        key, value = (left, right) if sign else (line, "")
        pairs[key.strip()] = value.strip()
    return pairs
