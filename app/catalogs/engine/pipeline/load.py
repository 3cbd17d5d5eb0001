"""Writes offers and row reports to PostgreSQL with COPY and set-based statements."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import chain
from uuid import UUID

import polars as pl
import psycopg
from psycopg import sql

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.diff import (
    UNREADABLE,
    CatalogDiff,
    Duplicates,
    mark_rejected,
)
from app.catalogs.engine.pipeline.full_rows import (
    ACTIVE,
    DESIRED_STATES,
    FIELDS,
    MARGIN,
    fields_of,
)
from app.catalogs.engine.pipeline.quick_updates import override_incoming
from app.catalogs.engine.pipeline.row_report import COLUMNS
from app.catalogs.engine.pipeline.stage import Staged
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.passes import is_small
from app.catalogs.engine.validate.problem_types import MASK
from app.catalogs.engine.validate.problems import NOTES
from app.core.sql import load_sql
from app.offers.import_sql import OFFER_TABLE, store_lock_key, upsert

_SLICE_ROWS = 50_000
_LEADING = ("sku_key", "desired_state", "fingerprint", "problems")

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
"""Escapes of COPY's text format; the backslash first."""

_INCOMING = load_sql(__package__, "load.sql")["create_incoming"].encode()


def lock_store(connection: psycopg.Connection, store_id: UUID) -> None:
    """Wait for the store's advisory lock; the end of the transaction releases it."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [store_lock_key(store_id)])


def write_offers(
    connection: psycopg.Connection,
    store_id: UUID,
    staged: Staged,
    comparison: CatalogDiff,
) -> None:
    """Upsert changed rows, absent and doubtful offers.

    The caller holds the store's lock.
    """
    if comparison.is_empty:
        return
    fields = fields_of(staged.config)
    absent = _rows_without_values(comparison.absent, "absent", 0, fields)
    doubtful = _rows_without_values(comparison.doubtful, "retained", UNREADABLE, fields)
    rows = _rows_to_write(staged, comparison)
    connection.execute(_INCOMING)
    columns = (*_LEADING, *fields)
    _copy_in(connection, "incoming", columns, chain(rows, [absent, doubtful]))
    connection.execute("ANALYZE incoming")
    override_incoming(connection, store_id)
    connection.execute(upsert(_LEADING, (*FIELDS, *MARGIN)), [store_id])


def insert_offers(
    connection: psycopg.Connection,
    store_id: UUID,
    fields: Iterable[str],
    parts: Iterable[pl.DataFrame],
) -> None:
    """Insert the offers of a store without offers; `parts` are `offer_rows`."""
    store = pl.lit(str(store_id)).alias("store_id")
    stored = (*_LEADING, *fields)
    columns = ("store_id", *stored)
    filled = (part.select(store, *stored) for part in parts)
    _copy_in(connection, OFFER_TABLE, columns, filled)


def write_report(
    connection: psycopg.Connection, catalog_id: UUID, problems: pl.DataFrame
) -> None:
    """Replace the catalog's row report."""
    connection.execute(
        "DELETE FROM catalog_problem WHERE catalog_id = %s", [catalog_id]
    )
    if problems.is_empty():
        return
    columns = ("catalog_id", *COLUMNS)
    rows = problems.select(pl.lit(str(catalog_id)).alias("catalog_id"), *COLUMNS)
    _copy_in(connection, "catalog_problem", columns, [rows])


def _rows_to_write(staged: Staged, comparison: CatalogDiff) -> Iterator[pl.DataFrame]:
    lines = comparison.writes
    if lines is not None and lines.is_empty():
        return
    for batch in staged.batches(lines):
        yield offer_rows(batch, comparison.duplicates, staged.config)


def offer_rows(
    rows: pl.DataFrame, duplicates: Duplicates, config: ImportConfig
) -> pl.DataFrame:
    """Offer columns of full rows; rows that are not active keep only a few values."""
    fields = fields_of(config)
    is_rejected = pl.col(LINE).is_in(duplicates.rejected.implode())
    return (
        mark_rejected(rows, duplicates.rejected, config.invalid_rows)
        .with_columns(
            pl.when(pl.col("desired_state") == ACTIVE).then(name).alias(name)
            for name in fields
            if name not in {"sku", "quantity"}
        )
        .select(
            "sku_key",
            _desired_state_name(),
            "fingerprint",
            (pl.col("mask") & ~pl.lit(NOTES, MASK)).alias("problems"),
            *(_stored(name, is_rejected) for name in fields),
        )
    )


def _stored(name: str, is_rejected: pl.Expr) -> pl.Expr:
    if name in {"price", "min_price", "cost", "cpa"}:
        return pl.col(name) / 100
    if name == "quantity":
        return pl.when(~is_rejected).then(name)
    return pl.col(name)


def _rows_without_values(
    keys: pl.Series, state: str, problems: int, fields: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    return keys.to_frame("sku_key").select(
        "sku_key",
        pl.lit(state).alias("desired_state"),
        pl.lit(None, pl.Int64).alias("fingerprint"),
        pl.lit(problems, MASK).alias("problems"),
        pl.col("sku_key").alias("sku"),
        *(pl.lit(None, fields[n]).alias(n) for n in fields if n != "sku"),
    )


def _copy_in(
    connection: psycopg.Connection,
    table: str,
    columns: tuple[str, ...],
    parts: Iterable[pl.DataFrame],
) -> None:
    """COPY the parts into a table."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in _prefetch(_encoded(parts)):
            copy.write(piece)


def _encoded(parts: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    for part in parts:
        for rows in part.iter_slices(_SLICE_ROWS):
            target = BytesIO()
            _escaped(rows).write_csv(
                target,
                include_header=False,
                separator="\t",
                quote_style="never",
                null_value="\\N",
                float_precision=2,
            )
            yield target.getvalue()


def _escaped(rows: pl.DataFrame) -> pl.DataFrame:
    """Escape for COPY's text format, which the server parses faster than CSV."""
    special = pl.selectors.string().str.contains(r"[\\\t\n\r]").any()
    found = rows.select(special).row(0) if rows.height else ()
    names = [name for name, kind in rows.schema.items() if kind == pl.String]
    odd = [name for name, some in zip(names, found, strict=False) if some]
    text = pl.col(odd)
    for sign, code in _ESCAPES.items():
        text = text.str.replace_all(sign, code, literal=True)
    return rows.with_columns(text) if odd else rows


def _prefetch(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Prepare the next pieces in a thread while the server receives this one."""
    if is_small():
        yield from pieces
        return
    with ThreadPoolExecutor(1) as executor:
        pending = deque(executor.submit(next, pieces, None) for _ in range(2))
        while (piece := pending.popleft().result()) is not None:
            pending.append(executor.submit(next, pieces, None))
            yield piece


def _desired_state_name() -> pl.Expr:
    return pl.col("desired_state").replace_strict(
        list(range(len(DESIRED_STATES))), list(DESIRED_STATES), return_dtype=pl.String
    )
