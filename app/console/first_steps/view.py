"""Which step of the flow is done, which is next, and what its form means. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
State = Literal["done", "current", "later"]
NOT_SETTABLE = frozenset({"token_set", "seller_account_id"})
COLUMN = "column:"
CATEGORY, CPA, SOURCE = "category:", "cpa:", "source:"
OPEN_IMPORT = frozenset({"requested", "running", "waiting"})
OPEN_CATALOG = frozenset({"received", "importing"})
DANGER = {"held": 0, "rejected": 1}
REASON_ORDER = {"disappeared": 0, "in_error": 1, "modified": 2, "new": 3}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the API says about a store that is being set up."""

    store: Json
    settings: Json
    lights: Json
    mapping: Json
    categories: Json
    listing_import: Json | None
    catalog: Json | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the flow."""

    name: str
    title: str
    state: State


def steps_of(facts: Facts) -> list[Step]:
    """All steps: those that are done, then the current one."""
    catalog, listings = facts.catalog, facts.listing_import
    unusable = {"rejected", "superseded"}
    has_file = catalog is not None and catalog["state"] not in unusable
    done = {
        "token": bool(facts.settings["token_set"]),
        "listings": listings is not None and listings["state"] == "finished",
        "catalog": has_file and facts.mapping["catalog_columns"] is not None,
        "mapping": facts.lights["mapping"]["state"] == "green",
        "categories": facts.lights["categories"]["state"] == "green",
        "plan": bool(facts.store["active"]),
    }
    current = next((name for name, is_done in done.items() if not is_done), None)
    return [
        Step(
            name,
            TITLES[name],
            "done" if is_done else "current" if name == current else "later",
        )
        for name, is_done in done.items()
    ]


TITLES = {
    "token": "Token",
    "listings": "What is online",
    "catalog": "Catalog",
    "mapping": "Mapping",
    "categories": "Categories",
    "plan": "Plan and activation",
}


def with_token(settings: Mapping[str, Any], environment: str, token: str) -> Json:
    """All settings as they are, with this token: a PUT replaces them."""
    kept = {k: v for k, v in settings.items() if k not in NOT_SETTABLE}
    return kept | {"environment": environment, "token": token or None}


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One attribute: its help, the chosen column, samples of that column."""

    attribute: Mapping[str, Any]
    column: str
    hint: str
    samples: Sequence[str]


def mapping_rows(
    attributes: Sequence[Mapping[str, Any]],
    mapping: Mapping[str, Any],
    proposal: Mapping[str, Any] | None,
    samples: Sequence[Mapping[str, Any]],
) -> list[MappingRow]:
    """Required attributes first; a column of the mapping, else the proposed one."""
    proposed = {item["attribute"]: item for item in (proposal or {}).get("items", ())}
    rows = []
    for attribute in sorted(attributes, key=lambda each: not each["required"]):
        name = attribute["name"]
        source = mapping["attributes"].get(name) or {}
        guess = proposed.get(name)
        column = source.get("column") or (guess["column"] if guess else "")
        hint = "; ".join(guess["reasons"]) if guess and not source else ""
        cells = [str(row["source"].get(column) or "") for row in samples]
        shown = [cell for cell in dict.fromkeys(cells) if cell][:3]
        rows.append(MappingRow(attribute, column, hint, shown))
    return rows


def new_mapping(
    chosen: Mapping[str, str],
    mapping: Mapping[str, Any],
    proposal: Mapping[str, Any] | None,
) -> Json:
    """The mapping with the chosen columns; rules of an unchanged column are kept."""
    proposed = {i["attribute"]: i["source"] for i in (proposal or {}).get("items", ())}
    attributes: Json = dict(mapping["attributes"])
    for name, column in chosen.items():
        known = attributes.get(name) or {}
        if known.get("column") == column or (not column and "column" not in known):
            continue
        attributes.pop(name, None)
        if column:
            guess = proposed.get(name, {})
            attributes[name] = (
                guess if guess.get("column") == column else {"column": column}
            )
    return {
        "attributes": {n: s for n, s in attributes.items() if s},
        "filters": mapping["filters"],
    }


def new_categories(
    values: Mapping[str, str], categories: Mapping[str, Any]
) -> list[Json]:
    """Targets of the form; those of categories that it does not show are kept."""
    shown = {
        source: name.removeprefix(SOURCE)
        for name, source in values.items()
        if name.startswith(SOURCE) and source
    }
    kept = [item for item in categories["items"] if item["source"] not in shown]
    chosen = [
        {
            "source": source,
            "category_id": int(values[f"{CATEGORY}{number}"]),
            "cpa": values.get(f"{CPA}{number}") or "0",
        }
        for source, number in shown.items()
        if values.get(f"{CATEGORY}{number}", "").isdigit()
    ]
    return kept + chosen


def dangerous_first(changes: Sequence[Json]) -> list[Json]:
    """Held and rejected changes, then those that take offers offline."""
    return sorted(
        changes,
        key=lambda change: (
            DANGER.get(change["outcome"], 2),
            REASON_ORDER.get(change["reason"], 4),
        ),
    )
