"""Conditions of rules as fields of a form, and back. Pure.

A condition of one comparison has fields; others (`all`, `any`, `not`) are JSON text.
"""

import json
from collections.abc import Mapping
from typing import Any

from app.console.core.api_client import Json

OPS = (
    *(("equals", "is"), ("in", "is one of"), ("contains", "contains")),
    *(("starts_with", "starts with"), ("ends_with", "ends with")),
    *(("matches", "matches the pattern"), ("empty", "is empty")),
    *(("less_than", "is less than"), ("at_most", "is at most")),
    *(("more_than", "is more than"), ("at_least", "is at least")),
    ("of_store", "is the store's (country or currency)"),
)
VALUE_OF = {"in": "values", "matches": "pattern", "of_store": "store", "empty": ""}
"""What an operator calls its value, if not `value`."""
SUBJECTS = ("column", "attribute")


class UnreadableRuleError(Exception):
    """A text that should be JSON is not; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def condition_fields(given: Json | None, prefix: str) -> dict[str, str]:
    """The fields of a condition; without one, `kind` is empty."""
    if given is None:
        return {f"{prefix}.kind": ""}
    kind = next((name for name in SUBJECTS if given.get(name)), None)
    known = {"op", "column", "attribute", VALUE_OF.get(given["op"], "value")}
    if kind is None or given["op"] not in dict(OPS) or _set(given) - known:
        text = json.dumps(given, ensure_ascii=False, indent=1)
        return {f"{prefix}.kind": "rule", f"{prefix}.rule": text}
    value = given.get(VALUE_OF.get(given["op"], "value"), "")
    return {
        f"{prefix}.kind": kind,
        f"{prefix}.name": given[kind],
        f"{prefix}.op": given["op"],
        f"{prefix}.value": "; ".join(value) if isinstance(value, list) else str(value),
    }


def _set(given: Json) -> set[str]:
    """The members that are not at their default."""
    return {name for name, value in given.items() if value not in (None, "auto")}


def condition_of(form: Mapping[str, str], prefix: str) -> Json | None:
    """The condition of the fields, None for `always`. Raises UnreadableRuleError."""
    kind = form.get(f"{prefix}.kind", "")
    if not kind:
        return None
    if kind == "rule":
        return read_json(form.get(f"{prefix}.rule", ""), f"{prefix}.rule")
    op = form.get(f"{prefix}.op") or "equals"
    value: Any = form.get(f"{prefix}.value", "").strip()
    named = VALUE_OF.get(op, "value")
    if op == "in":
        value = [each.strip() for each in value.split(";") if each.strip()]
    rule: Json = {kind: form.get(f"{prefix}.name", "").strip(), "op": op}
    return rule | ({named: value} if named else {})


def read_json(text: str, field: str) -> Json:
    """An object. Raises UnreadableRuleError."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UnreadableRuleError(field, f"This is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UnreadableRuleError(field, "A rule is a JSON object: { ... }.")
    return value


def condition_text(given: Json) -> str:
    """A condition in words: `price is less than 10`."""
    fields = condition_fields(given, "c")
    if fields["c.kind"] == "rule":
        return json.dumps(given, ensure_ascii=False)
    name, value = fields["c.name"], fields["c.value"]
    return f"{fields['c.kind']} {name} {dict(OPS)[fields['c.op']]} {value}".strip()
