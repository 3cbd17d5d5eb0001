"""Each column about an order is erased with its buyer, or is known to name no one.

A new column or table fails here: its author decides, and extends `buyers.sql`.
"""

from collections.abc import Iterator

from sqlalchemy import Table

from app.core.statements import load_statements
from app.tables import METADATA

ERASED = {
    "sales_order": {
        *("shipping_address", "billing_address", "sealed_addresses", "sealed_key"),
        *("email_digests", "tracking_number", "tracking_url", "note", "digest"),
        "other_fields",  # but for four fields
    },
    "sales_order_line": {"return_message"},
    "order_action": {"fields", "fingerprint", "reason"},
    "order_submission": {"body", "reason"},
    "sales_order_word": {"word"},  # by `index_orders`, with what is left
}
NAMES_NO_ONE = {
    "sales_order": {
        *("id", "account_id", "marketplace_id", "state", "outcome", "country"),
        *("country_code", "created_at", "modified_at", "paid_at", "shipped_at"),
        *("dispatch_by", "price", "shipping_price", "sales_taxes", "currency"),
        *("shipper", "has_invoice", "merchant_order_id", "invoice_number", "tags"),
        *("version", "first_seen_at", "changed_at", "read_at", "missing_since"),
        "erased_at",
    },
    "sales_order_line": {
        *("order_id", "marketplace_id", "position", "state", "sku", "listing_id"),
        *("title", "product_id", "quantity", "price", "shipping_price", "brand"),
        *("sales_taxes", "fee", "currency", "return_reason", "shipper", "condition"),
        *("imei", "serial_number", "sku_key"),  # of the device
    },
    "order_action": {
        *("id", "order_id", "account_id", "action", "line_ids", "state", "rule"),
        *("reason_code", "failures", "requested_at", "started_at", "finished_at"),
    },
    "order_submission": {
        *("action_id", "seq", "line_ids", "from_state", "to_state", "state"),
        *("attempts", "reason_code", "sent_at", "accepted_at", "readbacks"),
        *("readback_at", "settled_at"),
    },
    "sales_order_word": {"order_id", "account_id"},
    "service_case": {  # without messages; its digest is of these columns
        *("id", "account_id", "marketplace_id", "order_id", "order_number", "state"),
        *("line_number", "country", "reasons", "resolution", "opened_at", "sort_at"),
        *("modified_at", "last_message_at", "closed_at", "digest", "version"),
        *("first_seen_at", "changed_at"),
    },
    "order_due_notice": {"order_id", "reason", "at"},
}


def about_orders() -> Iterator[Table]:
    """The table of orders, and those that refer to it, directly or not."""
    found = {"sales_order"}
    for table in METADATA.sorted_tables:  # those that others refer to first
        if table.name in found or found & {
            key.column.table.name
            for column in table.columns
            for key in column.foreign_keys
        }:
            found.add(table.name)
            yield table


def test_each_column_about_an_order_is_erased_or_names_no_one():
    columns = {t.name: {column.name for column in t.columns} for t in about_orders()}

    assert columns == {
        name: ERASED.get(name, set()) | NAMES_NO_ONE.get(name, set())
        for name in columns
    }


def test_the_statement_names_each_erased_column():
    statement = str(load_statements("app.orders.buyers", "buyers.sql")["erase"])
    set_by_it = {
        name: columns for name, columns in ERASED.items() if name != "sales_order_word"
    }

    for table, columns in set_by_it.items():
        assert table in statement
        assert {name for name in columns if f"{name} =" not in statement} == set()
