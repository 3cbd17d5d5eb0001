"""Rows that the service writes after long work, inserted at once."""

from app.core.columns import new_id
from tests.support.stack import query


def a_case(database_url: str, account_id: str, order_id: str) -> str:
    """A case about the order, as if it had been fetched."""
    case_id = str(new_id())
    query(
        database_url,
        "INSERT INTO service_case (id, account_id, marketplace_id, order_id, state, "
        "country, reasons, sort_at, digest, version, first_seen_at, changed_at) VALUES "
        "(%s, %s, 9, %s, 0, 'FR', '[]', now(), '', 1, now(), now())",
        case_id,
        account_id,
        order_id,
    )
    return case_id


def a_departure(database_url: str, store_id: str) -> str:
    """An earlier deactivation of the store."""
    departure_id = str(new_id())
    query(
        database_url,
        "INSERT INTO departure (id, store_id, store_name, country, action, offers, "
        "state, requested_by, requested_at) VALUES (%s, %s, 'A', 'FR', 'deactivate', "
        "'leave', 'done', 'admin key', now())",
        departure_id,
        store_id,
    )
    return departure_id
