"""Renders responses of the API as terminal tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from app.demo.api import Json

MANY = 1000


def table(title: str, *columns: str) -> Table:
    """Make a table of columns `name` or `name:right`; long cells wrap."""
    made = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, header_style="bold"
    )
    for column in columns:
        name, _, side = column.partition(":")
        made.add_column(
            name, justify="right" if side == "right" else "left", overflow="fold"
        )
    return made


def attributes_table(found: Sequence[Json]) -> Table:
    """Render required attributes in full, optional ones by name."""
    made = table("Attributes that a mapping can set", "attribute", "type", "help")
    for one in found:
        if one["required"]:
            choices = f" Accepted: {', '.join(one['accepted'])}."
            text = one["help"] + (choices if one["accepted"] else "")
            made.add_row(one["name"], one["type"], escape(text))
    others = ", ".join(one["name"] for one in found if not one["required"])
    made.caption = f"Optional: {others}."
    made.caption_justify = "left"
    return made


def lights_line(lights: Json) -> str:
    """Markup: each light with its colour, red ones with reasons."""
    parts = []
    for name, light in lights.items():
        reasons = escape(" ".join(reason["message"] for reason in light["reasons"]))
        colour = light["state"]
        text = f" ({reasons})" if reasons else ""
        parts.append(f"{name} [{colour}]{colour}[/{colour}]{text}")
    return ", ".join(parts)


def problems_table(found: Sequence[tuple[int, Json]]) -> Table:
    made = table(
        "Rows with problems: they do not block valid rows",
        "rows:right",
        "code",
        "first example",
    )
    for number, one in found:
        where = f"line {one['line']}, {one['sku'] or 'no SKU'}, {one['field']}"
        text = f"{where}: {one['message']}; accepted: {one['accepted']}"
        made.add_row(str(number), one["code"], escape(text))
    return made


def counts_table(counts: Json) -> Table:
    made = table("Report", "", "changes:right")
    for name, number in counts["by_reason"].items():
        made.add_row(f"reason {name}", f"{number:,}")
    made.add_section()
    for name, number in counts["by_outcome"].items():
        made.add_row(f"outcome {name}", f"{number:,}")
    return made


def errors_table(groups: Sequence[Json]) -> Table:
    made = table("Not accepted, by cause", "changes:right", "code", "message")
    for group in groups:
        text = f"{group['message']} (for example {group['skus'][0]})"
        made.add_row(str(group["changes"]), group["code"], escape(text))
    return made


def submissions_line(submissions: Sequence[Json]) -> str:
    parts = []
    for method, action in dict.fromkeys(
        (one["method"], one["action"]) for one in submissions
    ):
        chosen = [
            c for c in submissions if (c["method"], c["action"]) == (method, action)
        ]
        lines = sum(one["lines"] for one in chosen)
        made = counted(len(chosen), f"{method} submission")
        parts.append(f"{made} to {action} {counted(lines, 'line')}")
    return ", ".join(parts) or "no submission"


def changes_table(examples: Sequence[tuple[str, str, Json | None]]) -> Table:
    """What changed in the catalog, for which SKU, and the resulting change."""
    made = table(
        "One example of each kind",
        "in the catalog",
        "reason",
        "before -> after",
        "method, outcome",
    )
    for label, sku, change in examples:
        row = f"{label}:\n{sku}"
        if change is None:
            made.add_row(escape(row), "-", "nothing is sent", "-")
            continue
        moved = before_after(change["before"], change["after"])
        end = f"{change['method'] or 'none'}, {change['outcome']}"
        made.add_row(escape(row), change["reason"], escape(moved), end)
    return made


def plan_table(changes: Sequence[Json]) -> Table:
    """What a plan would do with each SKU; of a new offer only price and quantity."""
    made = table("The plan", "SKU", "reason", "before -> after", "outcome")
    for one in changes:
        shown = one["after"]
        if one["reason"] == "new":
            shown = {name: shown[name] for name in ("price", "quantity")}
        text = f"{one['outcome']}: {one['message']}" if one["code"] else one["outcome"]
        moved = before_after(one["before"], shown)
        made.add_row(escape(one["sku"]), one["reason"], moved, escape(text))
    return made


def before_after(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Render field by field; fields without an old value show only the new one."""
    return ", ".join(
        f"{name} {before[name]} -> {value}" if name in before else f"{name} {value}"
        for name, value in after.items()
        if name != "comment" or name in before
    )


def orders_table(by_country: Mapping[str, Sequence[Json]]) -> Table:
    made = table("Orders by country", "country", "order", "SKU", "price:right", "state")
    for country, orders in by_country.items():
        for one in orders:
            skus = ", ".join(line["sku"] for line in one["lines"])
            price = f"{one['price']} {one['currency']}"
            number = str(one["marketplace_id"])
            made.add_row(country, number, escape(skus), price, one["state"])
    return made


def counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def speed(publication: Json) -> str:
    """Render the duration; for large runs also lines per second."""
    started, finished = publication["started_at"], publication["finished_at"]
    passed = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    seconds = max(passed.total_seconds(), 0.001)
    lines = publication["counts"]["changes"]
    duration = f"Finished in {seconds:.1f} s"
    if lines < MANY:
        return duration
    return f"{duration}, {lines / seconds:,.0f} lines a second"
