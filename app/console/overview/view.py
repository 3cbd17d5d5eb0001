"""What the overview shows of each store. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.console.display.states import Kind

Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """One store: its summary, what to say about it first, and its last days."""

    store: Summary
    kind: Kind
    headline: str
    red: Mapping[str, Any]
    sent: Sequence[int]


def cards(stores: Sequence[Summary]) -> list[Card]:
    """Those with red lights first, else in the order of the API."""
    return sorted(map(_card, stores), key=lambda card: not card.red)


def _card(store: Summary) -> Card:
    red = {n: lit for n, lit in store["lights"].items() if lit["state"] == "red"}
    kind, headline = _headline(store, red)
    return Card(
        store, kind, headline, red, [day["accepted"] for day in store["activity"]]
    )


def _headline(store: Summary, red: Mapping[str, Any]) -> tuple[Kind, str]:
    last, running = store["last_publication"], store["current_publication"]
    if red:
        return "bad", "Needs setting up" if not store["active"] else "Cannot publish"
    if last and last["state"] == "failed":
        return "bad", "The last publication failed"
    if not store["active"]:
        return "warn", "Not active"
    if running:
        return "busy", "Publishing"
    if store["offers"]["held"] or store["offers"]["in_error"]:
        return "warn", "Some offers need you"
    return "good", "Publishing by schedule"
