"""Reads a store's offers and reads and writes the digest of its last import."""

from typing import LiteralString
from uuid import UUID

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.diff import STORED_SCHEMA
from app.catalogs.engine.pipeline.digest import Digest, identity, rows_of
from app.catalogs.engine.pipeline.full_rows import DESIRED_STATES

# An offer whose row was never valid was never listed: it cannot disappear. Nor can a
# listing that no catalog has named.
_OFFERS: LiteralString = """
SELECT CASE WHEN desired_state = 'retained' AND NOT listed
              OR desired_state = 'unmatched' THEN 'absent'
            ELSE desired_state END,
    string_agg(sku_key, E'\n'), string_agg(int8send(fingerprint), ''::bytea)
FROM offer_view WHERE store_id = %s AND {} GROUP BY 1, fingerprint & {}"""
_UNREADABLE_BEFORE: LiteralString = """
SELECT coalesce((c.counts ->> 'unreadable')::int, 0)
  FROM store_view AS s JOIN catalog_view AS c ON c.id = s.current_catalog_id
 WHERE s.id = %s"""


def has_offers(connection: psycopg.Connection, store_id: UUID) -> bool:
    """Whether the store has any offer."""
    statement = "SELECT 1 FROM offer_view WHERE store_id = %s LIMIT 1"
    with connection.transaction():
        return connection.execute(statement, [store_id]).fetchone() is not None


def count_unreadable_before(connection: psycopg.Connection, store_id: UUID) -> int:
    """Rows of the store's current catalog whose SKU cannot be read."""
    with connection.transaction():
        found = connection.execute(_UNREADABLE_BEFORE, [store_id]).fetchone()
    return found[0] if found else 0


def read_all_offers(connection: psycopg.Connection, store_id: UUID) -> pl.DataFrame:
    """Key, fingerprint and desired_state of every offer of the store."""
    return _read(connection, "true", [store_id], parts=128)


def read_by_key(
    connection: psycopg.Connection, store_id: UUID, keys: pl.Series
) -> pl.DataFrame:
    """Like `read_all_offers`, for the offers with these keys."""
    if keys.is_empty():
        return pl.DataFrame(schema=STORED_SCHEMA)
    which: LiteralString = "sku_key = ANY(string_to_array(%s, E'\\n'))"
    return _read(connection, which, [store_id, "\n".join(keys)])


def read_by_fingerprint(
    connection: psycopg.Connection, store_id: UUID, fingerprints: pl.Series
) -> pl.DataFrame:
    """Like `read_all_offers`, for the offers with these fingerprints."""
    if fingerprints.is_empty():
        return pl.DataFrame(schema=STORED_SCHEMA)
    which: LiteralString = "fingerprint = ANY(string_to_array(%s, ',')::bigint[])"
    return _read(connection, which, [store_id, ",".join(map(str, fingerprints))])


def _read(
    connection: psycopg.Connection,
    which: LiteralString,
    values: list[object],
    parts: int = 1,
) -> pl.DataFrame:
    """Read offers, thousands aggregated into one value by the server.

    One message per offer would cost more than the query. SKUs have no control
    characters, so a line break can separate them.
    """
    found = [pl.DataFrame(schema=STORED_SCHEMA)]
    statement = sql.SQL(_OFFERS).format(sql.SQL(which), sql.Literal(parts - 1))
    with connection.transaction():
        cursor = connection.cursor(binary=True)
        for desired_state, keys, fingerprints in cursor.stream(statement, values):
            found.append(_decode_part(desired_state, keys, fingerprints))
    return pl.concat(found)


def _decode_part(
    desired_state: str, keys: str, fingerprints: bytes | None
) -> pl.DataFrame:
    part = pl.scan_lines(keys.encode(), name="sku_key").collect()
    numbers = pl.Series([None], dtype=pl.Int64).extend_constant(None, part.height - 1)
    if fingerprints is not None:
        together = pl.Array(pl.Int64, part.height)
        packed = pl.Series([fingerprints])
        numbers = packed.bin.reinterpret(dtype=together, endianness="big").explode()
    return part.with_columns(
        fingerprint=numbers,
        desired_state=pl.lit(DESIRED_STATES.index(desired_state), pl.UInt8),
    )


def read_digest(
    connection: psycopg.Connection, store_id: UUID, config: ImportConfig
) -> Digest | None:
    """The digest of the last import, None if settings or engine differ."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        found = cursor.execute(
            "SELECT separators, rows FROM offer_digest"
            " WHERE store_id = %s AND identity = %s ORDER BY part",
            [store_id, identity(config)],
        ).fetchall()
    return Digest(found[0][0], rows_of([rows for _, rows in found])) if found else None


def delete_digest(connection: psycopg.Connection, store_id: UUID) -> None:
    """Make the next import compare every row and every offer."""
    connection.execute("DELETE FROM offer_digest WHERE store_id = %s", [store_id])


def write_digest(
    connection: psycopg.Connection,
    store_id: UUID,
    config: ImportConfig,
    digest: Digest,
) -> None:
    """Replace the store's digest, in the transaction that writes the offers."""
    delete_digest(connection, store_id)
    name, separators = identity(config), Jsonb(dict(digest.separators))
    for number, rows in enumerate(digest.parts()):
        connection.execute(
            "INSERT INTO offer_digest (store_id, part, identity, separators, rows)"
            " VALUES (%s, %s, %s, %s, %b)",
            [store_id, number, name, separators, rows],
        )
