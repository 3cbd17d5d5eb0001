"""The rows of submissions: which call is next, what it carries, how it stands.

Offers are looked up line by line: PostgreSQL, which at times takes a run or a store
for one row, could otherwise compare all lines with all offers.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import polars as pl
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.publications.enums import Method, SubmissionState

_FIELDS = ("ean", "product_id", "grade", "new_battery", "quantity", "price")
_MORE = ("min_price", "warranty_delay", "comment")
_PARCEL = tuple(
    f"{name}_{n}"
    for n in (1, 2, 3)
    for name in ("shipper", "shipping_price", "shipping_delay")
)


@dataclass(frozen=True, slots=True)
class Call:
    """One submission as it stands."""

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


@dataclass(frozen=True, slots=True)
class Line:
    """One change of a call."""

    seq: int
    sku: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    listing_id: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines of a batch; `product` names the columns that describe products."""

    frame: pl.DataFrame
    product: tuple[str, ...]


class Mark(NamedTuple):
    """What is needed of a line to find it in a report; thousands are read at once."""

    seq: int
    sku: str
    ean: str | None
    listing_id: str | None
    creates: bool
    describes: bool


def marks_of(
    database: Database, call: Call, store_id: UUID, outcomes: Sequence[str]
) -> list[Mark]:
    """The changes of a call that stand at one of these outcomes; for a thread."""
    statement = (
        "SELECT c.seq, c.sku, c.after ->> 'ean', "
        "(SELECT o.listing_id FROM offer AS o WHERE o.store_id = %s "
        "AND o.sku_key = c.sku_key), c.after ? 'grade', c.after ? 'product' "
        "FROM change AS c WHERE c.publication_id = %s AND c.submission = %s "
        "AND c.outcome = ANY(%s) ORDER BY c.seq"
    )
    values = [store_id, call.publication_id, call.seq, list(outcomes)]
    with database.borrow() as connection:
        found = connection.cursor(binary=True).execute(statement, values)
        return [Mark(*row) for row in found]


async def open_calls(session: AsyncSession, publication_id: UUID) -> list[Call]:
    """Calls of a publication that are not settled, in the order of sending."""
    rows = await session.execute(
        text(
            "SELECT * FROM submission WHERE publication_id = :id "
            "AND state <> 'settled' ORDER BY seq"
        ),
        {"id": publication_id},
    )
    return [_call(row) for row in rows]


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A call of a run that is over, whose end is not known."""

    call: Call
    store_id: UUID
    country: str


async def left_over(session: AsyncSession, account_id: UUID) -> list[LeftOver]:
    """Calls of the account's earlier runs that are to be looked after first."""
    rows = await session.execute(
        text(
            "SELECT d.*, p.store_id, s.country FROM submission AS d "
            "JOIN publication AS p ON p.id = d.publication_id "
            "JOIN store AS s ON s.id = p.store_id AND s.account_id = d.account_id "
            "WHERE d.account_id = :account AND d.state <> 'settled' "
            "AND p.state IN ('finished', 'failed', 'cancelled') "
            "ORDER BY d.publication_id, d.seq"
        ),
        {"account": account_id},
    )
    return [LeftOver(_call(row), row.store_id, row.country) for row in rows]


def _call(row: Any) -> Call:  # noqa: ANN401 - a row of the query above
    return Call(
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
    )


async def mark(
    session: AsyncSession, call: Call, state: SubmissionState, **columns: object
) -> None:
    """Move a call on; `columns` are further columns to set."""
    values = {"state": str(state), **columns}
    sets = ", ".join(f"{name} = :{name}" for name in values)
    await session.execute(
        text(
            f"UPDATE submission SET {sets} "  # noqa: S608 - names are ours
            "WHERE publication_id = :publication_id AND seq = :seq"
        ),
        {**values, "publication_id": call.publication_id, "seq": call.seq},
    )


async def note_progress(session: AsyncSession, publication_id: UUID) -> None:
    """Back Market answered: failures are counted from the start again."""
    await session.execute(
        text("UPDATE publication SET failures = 0 WHERE id = :id AND failures > 0"),
        {"id": publication_id},
    )


async def supersede(session: AsyncSession, call: Call, store_id: UUID) -> int:
    """Drop lines whose offer has changed since the plan; returns the lines left.

    The next run sends what is wanted now: nothing stale leaves.
    """
    await session.execute(
        text(
            "UPDATE change AS c SET outcome = 'superseded', code = 'changed_since', "
            "settled_at = now() "
            "WHERE c.publication_id = :id AND c.submission = :seq "
            "AND c.outcome = 'planned' "
            "AND (SELECT o.fingerprint IS DISTINCT FROM c.fingerprint "
            # another store of the account, or an priority run, moved the shared stock
            "OR (c.before ? 'quantity' AND c.after ? 'quantity' AND "
            "o.accepted_quantity IS DISTINCT FROM (c.before ->> 'quantity')::int) "
            "FROM offer AS o WHERE o.store_id = :store AND o.sku_key = c.sku_key)"
        ),
        {"id": call.publication_id, "seq": call.seq, "store": store_id},
    )
    left: int = (
        await session.execute(
            text(
                "SELECT count(*) FROM change WHERE publication_id = :id "
                "AND submission = :seq AND outcome = 'planned'"
            ),
            {"id": call.publication_id, "seq": call.seq},
        )
    ).scalar_one()
    return left


async def lines_of(
    session: AsyncSession,
    call: Call,
    store_id: UUID,
    outcomes: Sequence[str],
    only: Sequence[int] | None = None,
) -> list[Line]:
    """The changes of a call that stand at one of these outcomes, or `only` those."""
    rows = await session.execute(
        text(
            "SELECT c.seq, c.sku, c.before, c.after, "
            "(SELECT o.listing_id FROM offer AS o WHERE o.store_id = :store "
            "AND o.sku_key = c.sku_key) AS listing_id FROM change AS c "
            "WHERE c.publication_id = :id AND c.submission = :submission "
            "AND c.outcome = ANY(:outcomes) "
            "AND (CAST(:only AS int[]) IS NULL OR c.seq = ANY(:only)) ORDER BY c.seq"
        ),
        {
            "id": call.publication_id,
            "submission": call.seq,
            "store": store_id,
            "only": None if only is None else list(only),
            "outcomes": list(outcomes),
        },
    )
    return [Line(r.seq, r.sku, r.before, r.after, r.listing_id) for r in rows]


def batch_frame(database: Database, call: Call, currency: str) -> Batch:
    """The planned lines of a batch as columns of text; for a thread.

    Columns that no line fills are left out; an empty cell means "unchanged".
    """
    planned = sql.SQL(
        "FROM change WHERE publication_id = {} AND submission = {} "
        "AND outcome = 'planned'"
    ).format(sql.Literal(call.publication_id), sql.Literal(call.seq))
    buffer = io.BytesIO()
    with database.borrow() as connection:
        found = connection.execute(
            sql.SQL("SELECT DISTINCT jsonb_object_keys(after -> 'product') ") + planned
        )
        product = tuple(sorted(name for (name,) in found.fetchall()))
        query = sql.SQL(
            "COPY (SELECT sku, {} {} ORDER BY seq) TO STDOUT (FORMAT csv, HEADER)"
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


async def longest_task(session: AsyncSession, account_id: UUID) -> timedelta | None:
    """The longest of the account's last twenty batches, None before the first."""
    found: timedelta | None = await session.scalar(
        text(
            "SELECT max(settled_at - sent_at) FROM (SELECT d.settled_at, d.sent_at "
            "FROM submission AS d JOIN publication AS p ON p.id = d.publication_id "
            "WHERE p.account_id = :account AND d.method = 'batch' "
            "AND d.task_id IS NOT NULL AND d.settled_at IS NOT NULL "
            "ORDER BY d.settled_at DESC LIMIT 20) AS lately"
        ),
        {"account": account_id},
    )
    return found
