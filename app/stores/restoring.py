"""What a restored backup must change in stores, for the connection of the restore."""

from typing import LiteralString

PAUSE_ALL: LiteralString = (
    "UPDATE store SET active = false, next_offers_at = NULL, next_products_at = NULL, "
    "listings_imported_at = NULL, version = store.version + 1 "
    "FROM (SELECT id, active FROM store) AS was WHERE was.id = store.id "
    "RETURNING was.active"
)
"""Stops publishing: catalogs and live state are as old as the backup."""
