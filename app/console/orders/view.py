"""What the list of orders asks for, and what it shows. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
STATES = (
    *("to_accept", "to_ship", "new", "pending_payment", "processed"),
    "payment_failed",
)
DUE = "due"
TABS = (("", "All"), (DUE, "Due"), ("to_accept", "To accept"), ("to_ship", "To ship"))
COUNTRIES = (
    *("AT", "AU", "BE", "DE", "ES", "FI", "FR", "GB", "GR", "IE", "IT", "JP", "NL"),
    *("PT", "SE", "SK", "US"),
)
"""The usual ones; an address may name any other."""
DUE_TEXTS = {
    "not_accepted": "not accepted in time",
    "not_shipped": "not shipped in time",
}
ACTION_OF_STATE = {"to_accept": "accept", "to_ship": "ship"}
DAYS = 30


def api_filters(query: Mapping[str, str]) -> dict[str, str | None]:
    """The parameters of the API for those of the page."""
    state = query.get("state", "")
    return {
        "q": query.get("q") or None,
        "country": query.get("country") or None,
        "state": None if state == DUE else state or None,
        "due": "any" if state == DUE else None,
        "created_from": _start_of(query.get("from", ""), days=0),
        "created_to": _start_of(query.get("to", ""), days=1),
    }


def _start_of(given: str, days: int) -> str | None:
    """Midnight of a date in UTC; what is no date is left to the API's error."""
    try:
        day = date.fromisoformat(given) + timedelta(days=days)
    except (ValueError, OverflowError):
        return given or None
    return f"{day.isoformat()}T00:00:00Z"


def sort_of(query: Mapping[str, str]) -> str:
    """Lists of work start with what has to leave first."""
    return "dispatch_by" if query.get("state") in {DUE, "to_ship"} else "-created_at"


def shows_due_first(query: Mapping[str, str]) -> bool:
    """Whether due orders are above the others: on the first page of any state."""
    return not query.get("state") and not query.get("cursor")


def is_filtered(query: Mapping[str, str]) -> bool:
    return any(query.get(name) for name in ("q", "country", "state", "from", "to"))


def others(orders: Sequence[Row], due: Sequence[Row]) -> list[Row]:
    """The orders that are not among those that are due."""
    above = {order["id"] for order in due}
    return [order for order in orders if order["id"] not in above]


def counts_by_key(totals: Row) -> dict[str, int]:
    """Orders by key, of all currencies."""
    counts: dict[str, int] = {}
    for row in totals["items"]:
        key = str(row["key"])
        counts[key] = counts.get(key, 0) + row["orders"]
    return counts


def tabs(by_state: Row, due: Row) -> list[tuple[str, str, int | None]]:
    """Value, title and number of orders of each tab; all orders are not counted."""
    counts = counts_by_key(by_state)
    known = {
        **{state: counts.get(state, 0) for state in ("to_accept", "to_ship")},
        DUE: sum(counts_by_key(due).values()),
    }
    return [(value, title, known.get(value)) for value, title in TABS]


def items_text(order: Row, limit: int = 2) -> list[str]:
    """What was bought: `2 x title` per line."""
    lines = order["lines"]
    shown = [_line_text(line) for line in lines[:limit]]
    rest = len(lines) - limit
    return [*shown, f"and {rest} more"] if rest > 0 else shown


def _line_text(line: Row) -> str:
    name = line["title"] or line["sku"] or "unnamed item"
    return (
        name
        if line["quantity"] == 1
        else f"{line['quantity']} \N{MULTIPLICATION SIGN} {name}"
    )


def bulk_action(order: Row) -> str | None:
    """The action that can be requested for many orders in this state."""
    return ACTION_OF_STATE.get(order["state"]) if order["outcome"] == "open" else None


def state_shown(order: Row) -> str:
    """The outcome says more than the state `processed`."""
    if order["state"] == "processed" and order["outcome"] != "open":
        return str(order["outcome"])
    return str(order["state"])


def period(query: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The days of the totals: those that are asked for, else the last ones."""
    today = now.astimezone(UTC).date()
    first = query.get("from") or (today - timedelta(days=DAYS - 1)).isoformat()
    return {"from": first, "to": query.get("to") or today.isoformat()}


def day_rows(
    totals: Row, first: str, last: str
) -> tuple[list[tuple[str, dict[str, int]]], list[tuple[str, str]]]:
    """Rows of a plot, one per day and without gaps, and a series per currency."""
    days = _days(first, last)
    values: dict[str, dict[str, int]] = {day: {} for day in days}
    currencies = sorted({row["currency"] or "?" for row in totals["items"]})
    for row in totals["items"]:
        found = values.setdefault(row["key"], {})
        found[row["currency"] or "?"] = row["orders"]
    rows = [(_short(day), values[day]) for day in sorted(values)]
    return rows, [(currency, currency) for currency in currencies] or [("", "Orders")]


def _days(first: str, last: str) -> list[str]:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return []
    count = min((end - start).days + 1, 400)
    return [(start + timedelta(days=i)).isoformat() for i in range(max(count, 0))]


def _short(day: str) -> str:
    moment = date.fromisoformat(day)
    return f"{moment.day} {moment:%b}"


def country_rows(totals: Row) -> list[Row]:
    """Countries by their number of orders, one row per currency."""
    return sorted(totals["items"], key=lambda row: -row["orders"])


def sums(totals: Row) -> dict[str, dict[str, Any]]:
    """Orders and money of all rows, by currency."""
    found: dict[str, dict[str, Any]] = {}
    for row in totals["items"]:
        entry = found.setdefault(
            row["currency"] or "", {"orders": 0, "price": Decimal(0)}
        )
        entry["orders"] += row["orders"]
        entry["price"] += _number(row["price"])
    return found


def _number(text: str | None) -> Decimal:
    return Decimal(text) if text else Decimal(0)
