"""The source of an attribute as fields of a form, and back. Pure."""

import json
from collections.abc import Mapping

from app.console.core.api_client import Json
from app.console.display.formats import plural
from app.console.settings.mapping.conditions import read_json
from app.console.settings.mapping.steps import (
    pairs_of,
    pairs_text,
    step_fields,
    steps_of,
)

PLAIN = ("column", "constant", "template", "column_for")
KINDS = (
    ("", "Nothing: the attribute is not mapped"),
    ("column", "A column of the catalog"),
    ("constant", "The same value for every row"),
    ("template", "A text with columns in braces: {brand} {model}"),
    ("column_for", "A column named by the store: price_{country}"),
    ("rule", "A rule as JSON: by country, or cases"),
)
RULES = ("by_country", "cases", "else")
PARTS = {"values", "steps", "default", "decimal", "fill_down"}


def source_fields(source: Json | None) -> dict[str, str]:
    """The fields of the editor; those of steps are named `steps.0.op`."""
    given = source or {}
    kind = next((name for name in PLAIN if given.get(name) is not None), "")
    rule = {name: given[name] for name in RULES if given.get(name) is not None}
    fill_down = given.get("fill_down") or {}
    return {
        "kind": "rule" if rule else kind,
        "text": str(given.get(kind) or "") if kind else "",
        "rule": json.dumps(rule, ensure_ascii=False, indent=1) if rule else "",
        "default": given.get("default") or "",
        "decimal": given.get("decimal") or "auto",
        "fill_down": fill_down.get("by") or "",
        "values": pairs_text(given.get("values") or {}),
        **step_fields(given.get("steps") or []),
    }


def source_of(form: Mapping[str, str]) -> Json | None:
    """The source of the fields, None for none. Raises UnreadableRuleError."""
    kind = form.get("kind", "")
    if not kind:
        return None
    source: Json = (
        read_json(form.get("rule", ""), "rule")
        if kind == "rule"
        else {kind: form.get("text", "").strip()}
    )
    if by := form.get("fill_down", "").strip():
        source["fill_down"] = {"by": by}
    if default := form.get("default", "").strip():
        source["default"] = default
    parts = {
        "values": pairs_of(form.get("values", "")),
        "steps": steps_of(form),
        "decimal": form.get("decimal", "auto"),
    }
    return source | {k: v for k, v in parts.items() if v and v != "auto"}


def source_text(source: Json | None) -> str:
    """One line for the table: `column price, 2 steps`."""
    if not source:
        return ""
    fields = source_fields(source)
    kind = fields["kind"]
    parts = [_from(source) if kind == "rule" else f"{kind} {fields['text']}"]
    counts = (("step", source.get("steps")), ("value", source.get("values")))
    parts += [f"{len(c)} {plural(len(c), name)}" for name, c in counts if c]
    if fields["default"]:
        parts.append(f"default {fields['default']}")
    return ", ".join(parts).replace("column_for", "column")


def _from(source: Json) -> str:
    cases = source.get("cases")
    return f"{len(cases)} {plural(len(cases), 'case')}" if cases else "by country"


def with_source(mapping: Json, name: str, source: Json | None) -> Json:
    """The mapping as a request has it, with another source of one attribute."""
    others = {n: s for n, s in mapping["attributes"].items() if n != name}
    attributes = others | ({name: source} if source else {})
    return {"attributes": attributes, "filters": mapping["filters"]}
