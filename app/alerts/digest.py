"""Writes the message of a digest: counts per type, and the first events. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.events.enums import EventType

LISTED = 20
"""Events that a message lists; the others are counted."""
LONGEST_CHAT = 1800
"""Characters; Discord takes 2,000 with the subject."""
LONGEST_NAME = 80
LONGEST_PATH = 200
LABELS: dict[EventType, str] = {
    EventType.CATALOG_READY: "catalog imported",
    EventType.CATALOG_REJECTED: "catalog rejected",
    EventType.PUBLICATION_FINISHED: "publication ended",
    EventType.PUBLICATION_HELD: "changes held, waiting for a decision",
    EventType.LISTING_IMPORT_FINISHED: "listing import ended",
    EventType.ORDER_CREATED: "new order",
    EventType.ORDER_UPDATED: "order changed",
    EventType.ORDER_DUE: "order late",
    EventType.ORDER_DUE_SOON: "order due soon",
    EventType.SERVICE_CASE_UPDATED: "service case changed",
    EventType.CONNECTION_FAILED: "Back Market refuses the token",
    EventType.ENDPOINT_DISABLED: "webhook endpoint disabled",
    EventType.ALERT_CHANNEL_DISABLED: "another alert channel disabled",
}
"""Every type that a channel may get."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An event of the list."""

    type: str
    at: datetime
    path: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A message: one line, and plain text."""

    subject: str
    body: str


def listed(kind: str, at: datetime, body: str) -> Listed:
    """What a message shows of an event; of its data only the path."""
    path = json.loads(body).get("data", {}).get("path")
    known = isinstance(path, str) and path.startswith("/v1/")
    return Listed(kind, at, one_line(path, LONGEST_PATH) if known else None)


def digest_text(
    store: str,
    counts: Sequence[tuple[str, int]],
    first: Sequence[Listed],
    longest: int | None = None,
) -> Text:
    """One message for all events; `counts` by type, the most frequent first.

    With fewer events in detail, if it had more than `longest` characters.
    """
    text = _digest_text(store, counts, first)
    while longest and first and len(text.body) > longest:
        first = first[:-1]
        text = _digest_text(store, counts, first)
    return text


def _digest_text(
    store: str, counts: Sequence[tuple[str, int]], first: Sequence[Listed]
) -> Text:
    total = sum(count for _, count in counts)
    name = one_line(store, LONGEST_NAME)
    noun = "event" if total == 1 else "events"
    lines = [f"{total} {noun} of the store {name}:", ""]
    lines += [f"  {count:>6}  {label(kind)}" for kind, count in counts]
    lines += ["", "The first of them:" if total > len(first) else "In detail:", ""]
    lines += [_line(each) for each in first]
    if total > len(first):
        lines.append(f"  and {total - len(first)} more")
    return Text(f"[refeed] {name}: {total} {noun}", "\n".join(lines) + "\n")


def trial_text(store: str) -> Text:
    """What a test sends."""
    name = one_line(store, LONGEST_NAME)
    body = f"This is a test of an alert channel of the store {name}. It works.\n"
    return Text(f"[refeed] {name}: test", body)


def one_line(value: str, longest: int) -> str:
    """Without control characters and line ends, which would end a header."""
    plain = "".join(each if each.isprintable() else " " for each in value)
    return " ".join(plain.split())[:longest]


def label(kind: str) -> str:
    return LABELS.get(EventType(kind), kind)


def _line(event: Listed) -> str:
    at = event.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    tail = f"  {event.path}" if event.path else ""
    return f"  {at}  {label(event.type)}{tail}"
