"""Reads and changes submissions: their state, and the lines that they carry."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import polars as pl
from psycopg import sql
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.core.columns import utc_now
from app.core.sql import load_sql
from app.database import Database
from app.publications.context import Run, StoreAccess
from app.publications.enums import Method, SubmissionState
from app.publications.lifecycle import SUBMISSION
from app.publications.models import Submission

_SQL = load_sql(__package__, "submissions.sql")
_LOAD_LINE_KEYS = _SQL["load_line_keys"].encode()
_FIELDS = ("ean", "product_id", "grade", "new_battery", "quantity", "price")
_MORE = ("min_price", "warranty_delay", "comment")
_PARCEL = tuple(
    f"{name}_{n}"
    for n in (1, 2, 3)
    for name in ("shipper", "shipping_price", "shipping_delay")
)


@dataclass(frozen=True, slots=True)
class OpenSubmission:
    """A submission that is not settled."""

    publication_id: UUID
    seq: int
    account_id: UUID
    method: Method
    action: str
    state: SubmissionState
    lines: int
    task_id: int | None
    polls: int
    attempts: int
    reason_code: str | None
    sent_at: datetime | None
    poll_at: datetime | None
    """When the task is polled next; None: at once."""


class SubmissionChangedError(Exception):
    """Another worker changed the submission meanwhile: load it again."""


_FIELD_NAMES = frozenset(field.name for field in fields(OpenSubmission))


@dataclass(frozen=True, slots=True)
class SubmissionLine:
    """One change of a submission."""

    seq: int
    sku: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    listing_id: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines of a batch; `product` names the columns of the product description."""

    frame: pl.DataFrame
    product: tuple[str, ...]


class LineKey(NamedTuple):
    """What identifies a line in a task report; thousands are read at once."""

    seq: int
    sku: str
    ean: str | None
    listing_id: str | None
    creates: bool
    describes: bool


def load_line_keys(
    database: Database,
    submission: OpenSubmission,
    store_id: UUID,
    outcomes: Sequence[str],
) -> list[LineKey]:
    """The lines of a submission with one of these outcomes; blocking, for a thread."""
    values = [store_id, submission.publication_id, submission.seq, list(outcomes)]
    with database.borrow() as connection:
        cursor = connection.cursor(binary=True)
        return [LineKey(*row) for row in cursor.execute(_LOAD_LINE_KEYS, values)]


async def load_unsettled(run: Run) -> list[OpenSubmission]:
    """Submissions of a run that are not settled, in the order of sending."""
    async with run.tools.database.transaction() as tx:
        return await load_open(tx.session, run.publication_id)


async def load_open(
    session: AsyncSession, publication_id: UUID
) -> list[OpenSubmission]:
    """Submissions of a publication that are not settled, in the order of sending."""
    rows = await session.execute(text(_SQL["load_open"]), {"id": publication_id})
    return [submission_of(row) for row in rows]


def submission_of(row: Any) -> OpenSubmission:  # noqa: ANN401 - a row of the table
    """The submission of a row."""
    return OpenSubmission(
        publication_id=row.publication_id,
        seq=row.seq,
        account_id=row.account_id,
        method=Method(row.method),
        action=row.action,
        state=SubmissionState(row.state),
        lines=row.lines,
        task_id=row.task_id,
        polls=row.polls,
        attempts=row.attempts,
        reason_code=row.reason_code,
        sent_at=row.sent_at,
        poll_at=row.poll_at,
    )


async def set_state(
    session: AsyncSession,
    submission: OpenSubmission,
    state: SubmissionState,
    **columns: object,
) -> OpenSubmission:
    """Change the state and further columns; returns the submission as it is then.

    Raises TransitionError, and SubmissionChangedError if its state is another one by
    now: of two workers that poll one task, the first records the results.
    """
    SUBMISSION.advance(submission.state, state)
    changed = await session.scalar(
        update(Submission)
        .where(
            col(Submission.publication_id) == submission.publication_id,
            col(Submission.seq) == submission.seq,
            col(Submission.state) == str(submission.state),
        )
        .values(state=state, **columns)
        .returning(col(Submission.seq))
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise SubmissionChangedError(f"{submission.publication_id}/{submission.seq}")
    known = {name: columns[name] for name in columns if name in _FIELD_NAMES}
    return replace(submission, state=state, **known)  # type: ignore[arg-type]


async def settle(session: AsyncSession, submission: OpenSubmission) -> None:
    """Settle a submission of which nothing is to be sent."""
    await set_state(session, submission, SubmissionState.SETTLED, settled_at=utc_now())


async def close_all(session: AsyncSession, publication_id: UUID, code: str) -> None:
    """Settle pending submissions; changes of sent ones are left to the next run."""
    values = {"id": publication_id, "code": code}
    await session.execute(text(_SQL["close_sent_changes"]), values)
    await session.execute(text(_SQL["close_pending"]), values)


async def reset_failures(session: AsyncSession, publication_id: UUID | None) -> None:
    """Reset the failure count of the active run after a response of Back Market."""
    await session.execute(
        text("UPDATE publication SET failures = 0 WHERE id = :id AND failures > 0"),
        {"id": publication_id},
    )


async def supersede_changed(
    session: AsyncSession, submission: OpenSubmission, store_id: UUID
) -> int:
    """Supersede lines whose offer changed since the plan; returns the lines left.

    The next run sends the desired state of these offers.
    """
    values = {"id": submission.publication_id, "seq": submission.seq}
    await session.execute(
        text(_SQL["supersede_changed"]), {**values, "store": store_id}
    )
    left: int = (
        await session.execute(text(_SQL["count_planned"]), values)
    ).scalar_one()
    return left


async def load_submission_lines(
    run: StoreAccess,
    submission: OpenSubmission,
    outcomes: Sequence[str],
    only: Sequence[int] | None = None,
) -> list[SubmissionLine]:
    """Lines of a submission with one of these outcomes; all, or those in `only`."""
    values = {
        "id": submission.publication_id,
        "submission": submission.seq,
        "store": run.store_id,
        "only": None if only is None else list(only),
        "outcomes": list(outcomes),
    }
    async with run.tools.database.transaction() as tx:
        rows = (await tx.session.execute(text(_SQL["load_lines"]), values)).all()
    return [SubmissionLine(r.seq, r.sku, r.before, r.after, r.listing_id) for r in rows]


def load_batch(database: Database, submission: OpenSubmission, currency: str) -> Batch:
    """The planned lines of a batch as text columns; blocking, for a thread.

    Empty columns are left out; an empty cell means "unchanged".
    """
    # A listing is found by its SKU as Back Market spells it.
    planned = sql.SQL(
        "FROM (SELECT c.*, o.live_sku "
        "FROM change AS c JOIN publication AS p ON p.id = c.publication_id "
        "LEFT JOIN offer_view AS o USING (store_id, sku_key)) AS planned "
        "WHERE publication_id = {} AND submission = {} AND outcome = 'planned'"
    ).format(sql.Literal(submission.publication_id), sql.Literal(submission.seq))
    buffer = io.BytesIO()
    with database.borrow() as connection:
        found = connection.execute(
            sql.SQL("SELECT DISTINCT jsonb_object_keys(after -> 'product') ") + planned
        )
        product = tuple(sorted(name for (name,) in found.fetchall()))
        query = sql.SQL(
            "COPY (SELECT coalesce(live_sku, sku) AS sku, {} {} ORDER BY seq) "
            "TO STDOUT (FORMAT csv, HEADER)"
        ).format(sql.SQL(", ").join(_columns(product)), planned)
        with connection.cursor().copy(query) as copy:
            for block in copy:
                buffer.write(block)
    buffer.seek(0)
    frame = pl.read_csv(buffer, infer_schema=False)
    frame = frame.with_columns(
        currency=pl.when(pl.col("price").is_not_null()).then(pl.lit(currency))
    )
    filled = [column for column in frame if column.null_count() < frame.height]
    return Batch(frame.select(filled), product)


def _columns(product: Sequence[str]) -> Iterator[sql.Composed]:
    places = (
        ((), (*_FIELDS, *_MORE)),
        (("shipping",), _PARCEL),
        (("product",), product),
    )
    for path, names in places:
        for name in names:
            yield sql.SQL("after #>> {} AS {}").format(
                sql.Literal([*path, name]), sql.Identifier(name)
            )


async def longest_task_duration(
    session: AsyncSession, account_id: UUID
) -> timedelta | None:
    """The longest of the account's last twenty tasks; None before the first."""
    found: timedelta | None = await session.scalar(
        text(_SQL["longest_task"]), {"account": account_id}
    )
    return found
