"""What a store keeps of its catalogs: columns, categories, the current catalog.

Imports write offers by COPY on a psycopg connection; the statements here are for it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

if TYPE_CHECKING:  # parser processes import this module without SQLAlchemy
    from app.stores.models import Store

LOCK: LiteralString = "SELECT 1 FROM store WHERE id = %s FOR NO KEY UPDATE"
"""Parameters: store. Taken before a lock on its catalog, as settings changes do."""
SET_CURRENT: LiteralString = (
    "UPDATE store SET current_catalog_id = %s, "
    "catalog_columns = coalesce(%s, catalog_columns), "
    "catalog_categories = %s WHERE id = %s"
)
"""Parameters: catalog, columns or None, categories (both JSON), store."""
SET_FIRST: LiteralString = (
    "UPDATE store SET "
    "catalog_columns = coalesce(nullif(catalog_columns, 'null'), %s), "
    "catalog_categories = coalesce(nullif(catalog_categories, 'null'), %s) "
    "WHERE id = %s"
)
"""Like `SET_CURRENT` without the catalog, where nothing is known yet."""


def set_columns(store: "Store", columns: Sequence[str]) -> None:
    """Record the columns of the newest full catalog."""
    store.catalog_columns = list(columns)


def set_current(store: "Store", catalog_id: UUID) -> None:
    """Make this full catalog the current one."""
    store.current_catalog_id = catalog_id


def set_brake_reference(store: "Store", facts: dict[str, Any]) -> None:
    """Record rows and empty fields of the catalog that the brake compares with."""
    store.brake_reference = facts
