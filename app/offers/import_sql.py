"""What an import executes on its psycopg connection to write offers in bulk."""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from psycopg import sql

from app.core.sql import load_sql

_SQL = load_sql(__package__, "import.sql")
STATE_PARTIAL = _SQL["state_partial"].encode()
"""Parameters: `store`, `named` (SKU keys) and `as_of` of a partial catalog."""
RESTATE = b"SELECT refeed_restate_quantities(%s, %s::text[])"
"""For an import's connection: store, and the SKU keys of a partial catalog or None."""
OFFER_TABLE = "offer"
"""Target of COPY for a store without offers: `store_id`, then any other columns."""


def store_lock_key(store_id: UUID) -> int:
    """Advisory lock key of all writers of a store's offers: imports, publications."""
    digest = sha256(b"offers of store " + store_id.bytes).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def upsert(leading: Sequence[str], fields: Sequence[str]) -> sql.Composed:
    """Upsert the temporary table `incoming`; the one parameter is the store.

    `leading`: key, desired state, fingerprint and problems; `fields`: desired values.
    Offers that are not active keep their values; a retained one takes a valid quantity.
    A cost that is no longer mapped becomes NULL, as it is in `incoming`.
    """
    active_only = [name for name in fields if name != "quantity"]
    return _template("upsert").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, (*leading, *fields))),
        values=sql.SQL(", ").join(map(_if_active, active_only)),
    )


def _if_active(name: str) -> sql.Composed:
    return _template("if_active").format(field=sql.Identifier(name))


def _template(name: str) -> sql.SQL:
    return sql.SQL(_SQL[name])
