"""Fills every table that can belong to a store or its account with one row."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Table, create_engine, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.columns import new_id
from app.database import sqlalchemy_url
from app.tables import METADATA

SHARED = {
    *("api_key", "idempotency_key", "job"),
    *("category_snapshot", "category_node"),
}
"""Not of one store. Jobs are looked at by their subject."""
KEPT = {"audit_entry", "departure", "departure_listing"}
"""What remains of a deleted store: who changed what has no data of buyers."""
SAMPLES: dict[type, Any] = {
    str: "x",
    object: "x",
    int: 1,
    bool: False,
    dict: {},
    list: [],
    bytes: b"x",
    Decimal: Decimal(1),
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
}


def tables() -> Iterator[Table]:
    """The tables of a store or account, those that others refer to first."""
    for table in METADATA.sorted_tables:
        if table.name not in SHARED | KEPT:
            yield table


def fill(database_url: str, known: dict[str, UUID]) -> dict[str, UUID]:
    """Exactly one row in each table, all of this store or account.

    `known`: ids by column name (`store_id`). Returns the ids of all rows by table.
    """
    ids = {name.removesuffix("_id"): value for name, value in known.items()}
    ids |= {"seller_account": known["account_id"]}
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.begin() as connection:
        for table in reversed(list(tables())):
            if table.name not in ids:
                connection.execute(table.delete())
        for table in tables():
            if table.name not in ids:
                ids[table.name] = _add(connection, table, known, ids)
    engine.dispose()
    return ids


def _add(
    connection: Connection, table: Table, known: dict[str, UUID], ids: dict[str, UUID]
) -> UUID:
    own = new_id()
    row = {
        column.name: _value(column, known, ids, own)
        for column in table.columns
        if column.computed is None
    }
    connection.execute(table.insert().values(row))
    return own


def _value(
    column: Column[Any], known: dict[str, UUID], ids: dict[str, UUID], own: UUID
) -> Any:
    for key in column.foreign_keys:
        return ids[key.column.table.name]
    if column.name in known:
        return known[column.name]
    if column.name == "id":
        return own
    if column.nullable:
        return None
    if isinstance(column.type, ARRAY):
        return []
    kind = column.type.python_type
    return new_id() if kind is UUID else SAMPLES[kind]


def counts(database_url: str) -> dict[str, int]:
    """The number of rows in each table of a store or account."""
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        found = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables()
        }
    engine.dispose()
    return found
