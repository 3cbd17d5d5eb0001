"""What the pages of publications show. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Run = Mapping[str, Any]
ENDED = frozenset({"finished", "failed", "cancelled"})
SERIES = (
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("held", "Held"),
    ("deferred", "Deferred"),
    ("unconfirmed", "Unconfirmed"),
)
"""In the order of the colours of a plot: `series-1` and so on."""
OUTCOMES = ("accepted", "rejected", "held", "deferred", "superseded", "unconfirmed")
REASONS = ("new", "modified", "disappeared", "in_error")
TRIGGERS = {
    "api": "by request",
    "schedule": "by schedule",
    "carry_over": "carried over",
    "follow_up": "follow-up",
    "hook": "by webhook",
    "quick_update": "by quick update",
    "departure": "by leaving",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `total` is None until its plan is known."""

    done: int
    total: int | None
    active: bool


def progress_of(run: Run) -> Progress:
    counts = run["counts"]
    open_ = counts["by_outcome"].get("planned", 0)
    total = counts["changes"] if run["planned_at"] else None
    return Progress(counts["changes"] - open_, total, run["state"] not in ENDED)


def plot_rows(days: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, int]]]:
    """Label and values per day; the label is the day and the month."""
    return [
        (_short(day["date"]), {name: day[name] for name, _ in SERIES}) for day in days
    ]


def _short(date: str) -> str:
    _, month, day = date.split("-")
    return f"{int(day)}.{int(month)}."


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, before and after."""

    field: str
    before: object
    after: object


def differences(change: Mapping[str, Any]) -> list[Difference]:
    """The fields that a change sets, with what was live."""
    before = change["before"]
    return [
        Difference(name, before.get(name), value)
        for name, value in change["after"].items()
    ]


def held_here(
    holds: Sequence[Mapping[str, Any]], publication_id: str
) -> list[Mapping[str, Any]]:
    """Held changes that this publication decides on."""
    return [hold for hold in holds if hold["publication_id"] == publication_id]


def decision_text(decision: str, answer: Mapping[str, Any]) -> str:
    """What a decision did, as the message of the next page."""
    decided = answer["decided"]
    changes = f"{decided} {'change' if decided == 1 else 'changes'}"
    text = f"{changes} {'approved' if decision == 'approve' else 'rejected'}."
    if answer["follow_up_id"]:
        text += " A publication that sends them was requested."
    if answer["not_held"]:
        text += f" {answer['not_held']} had changed in the meantime."
    return text
