"""Converts rows to the steps of a timeline, in order. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from app.catalogs.engine.report.source_rows import SearchResult, SourceRow
from app.explain.schemas import (
    CatalogStep,
    DecisionStep,
    MappedFrom,
    OutcomeStep,
    PlanStep,
    SubmissionStep,
    TimelineEvent,
)
from app.offers.schemas import OfferShown
from app.publications.enums import Lane
from app.publications.messages import sentence_for
from app.stores.mapping.attribute_source import AttributeSource

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
_OUTCOMES = {
    "accepted": "Back Market accepted it.",
    "rejected": "Back Market refused it",
    "held": "It is held",
    "deferred": "It was deferred to a later run",
    "superseded": "It was not sent: a newer change replaces it",
    "unconfirmed": "It is not known yet whether it took effect",
}
_SLOTS = {
    kind: place
    for place, kind in enumerate(
        (
            "catalog",
            "mapping",
            "plan",
            "submission",
            "outcome",
            "decision",
            "readback",
        )
    )
}
"""The order of steps at the same time."""


def in_order(events: Iterable[TimelineEvent]) -> list[TimelineEvent]:
    """Newest first."""
    return sorted(
        events, key=lambda e: (e.at or EARLIEST, _SLOTS[e.kind]), reverse=True
    )


def steps_of(row: Any) -> Iterator[TimelineEvent]:  # noqa: ANN401 - a change, its call and run
    """The plan, submission and outcome steps of one change."""
    planned_at = row.planned_at or row.started_at or row.requested_at
    publication_id = str(row.publication_id)
    lane = Lane(row.lane).name.lower()
    yield TimelineEvent(
        at=planned_at,
        kind="plan",
        text=f"Planned as {row.reason} in lane {lane}: {_fields(row)}.",
        plan=PlanStep(
            publication_id=publication_id,
            seq=row.seq,
            kind=row.kind,
            trigger=row.trigger,
            reason=row.reason,
            lane=lane,
            method=row.method,
            before=row.before,
            after=row.after,
        ),
    )
    if row.submission_method is not None and row.sent_at is not None:
        yield _submission(row, publication_id)
    if row.outcome != "planned":
        yield TimelineEvent(
            at=row.settled_at or planned_at,
            kind="outcome",
            text=_outcome_text(row.outcome, row.code, row.message),
            outcome=OutcomeStep(
                publication_id=publication_id,
                outcome=row.outcome,
                code=row.code,
                message=row.message,
            ),
        )


def decided(row: Any) -> TimelineEvent:  # noqa: ANN401 - a row of `hold_decision`
    """The decision on a held change."""
    field: Literal["quantity", "price"] = "quantity" if row.kind == "zero" else "price"
    return TimelineEvent(
        at=row.decided_at,
        kind="decision",
        text=f"{row.decision.capitalize()} by {row.decided_by}: "
        f"{field} {row.before or 'none'} -> {row.content}.",
        decision=DecisionStep(
            publication_id=str(row.publication_id),
            decision=row.decision,
            code=row.code,
            decided_by=row.decided_by,
            field=field,
            before=row.before,
            after=row.content,
        ),
    )


def read_back(offer: OfferShown) -> Iterator[TimelineEvent]:
    """What the listing showed when it was last read."""
    if offer.confirmed_at:
        yield TimelineEvent(
            at=offer.confirmed_at,
            kind="readback",
            text="The listing showed what Back Market had accepted.",
        )
    for drift in offer.drift:
        yield TimelineEvent(
            at=drift.seen_at,
            kind="readback",
            text=f"The listing showed {drift.field} {drift.theirs}; accepted was "
            f"{drift.ours}.",
        )


def _submission(row: Any, publication_id: str) -> TimelineEvent:  # noqa: ANN401 - as above
    others = row.lines - 1
    beside = f" with {others} others" if others > 0 else ""
    task = f" Back Market's task is {row.task_id}." if row.task_id else ""
    return TimelineEvent(
        at=row.sent_at,
        kind="submission",
        text=f"Sent as a {row.submission_method} {row.action}{beside}.{task}",
        submission=SubmissionStep(
            publication_id=publication_id,
            submission=row.submission,
            method=row.submission_method,
            action=row.action,
            state=row.submission_state,
            lines=row.lines,
            task_id=row.task_id,
            attempts=row.attempts,
            polls=row.polls,
            sent_at=row.sent_at,
            settled_at=row.submission_settled_at,
        ),
    )


def _fields(row: Any) -> str:  # noqa: ANN401 - as above
    names = dict.fromkeys([*row.before, *row.after])
    shown = (
        f"{name} {_value(row.before, name)} -> {_value(row.after, name)}"
        if name in row.before
        else f"{name} {_value(row.after, name)}"
        for name in names
        if name not in {"product", "shipping"}
    )
    return ", ".join(shown) or "no field"


def _value(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _outcome_text(outcome: str, code: str | None, message: str | None) -> str:
    words = _OUTCOMES.get(outcome, outcome)
    if words.endswith("."):
        return words
    return f"{words}: {message or sentence_for(code or outcome)}"


def catalog_steps(
    catalog: Any,  # noqa: ANN401 - its row
    result: SearchResult,
    rows: Sequence[SourceRow],
    problems: Sequence[Any],
    attributes: Mapping[str, AttributeSource],
) -> Iterator[TimelineEvent]:
    """The catalog row with its problems, and the result of the mapping."""
    lines = [row.line for row in rows] or sorted({p.line for p in problems})
    name = catalog.filename or "a file without a name"
    where = f"on line {', '.join(map(str, lines))} of {name}" if lines else f"in {name}"
    errors = sum(problem.severity == "error" for problem in problems)
    wrong = f" with {errors} problems" if errors else ""
    yield TimelineEvent(
        at=catalog.finished_at,
        kind="catalog",
        text=f"The catalog contains it {where}{wrong}.",
        catalog=CatalogStep(
            catalog_id=str(catalog.id),
            filename=catalog.filename,
            mode=catalog.mode,
            lines=lines,
            row=result,
            problems=list(problems),
        ),
    )
    if rows:
        yield TimelineEvent(
            at=catalog.finished_at,
            kind="mapping",
            text="The mapping converted its cells to the offer.",
            mapping=[
                mapped_from(name, source, rows[0])
                for name, source in sorted(attributes.items())
            ],
        )


def mapped_from(name: str, source: AttributeSource, row: SourceRow) -> MappedFrom:
    """The source of one attribute and its value."""
    kind: Literal["column", "constant", "template"] = "constant"
    if source.column or source.template:
        kind = "column" if source.column else "template"
    return MappedFrom(
        attribute=name,
        source=kind,
        definition=source.column or source.template or source.constant or "",
        cells={column: row.cells.get(column) for column in source.columns},
        value=row.texts.get(name),
    )
