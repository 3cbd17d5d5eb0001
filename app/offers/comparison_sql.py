"""The SQL of listing comparisons: field rules as fragments of `comparison.sql`."""

from app.core.sql import compose, load_sql, load_templates

COLUMNS = (
    "sku_key",
    "found",
    "listing_id",
    "older_id",
    "grade",
    "price",
    "min_price",
    "quantity",
    "warranty_delay",
    "comment",
    "publication_state",
    "max_price",
    "sku",
    "title",
    "product_id",
    "backmarket_id",
)
_TYPES = (
    "text",
    "boolean",
    "text",
    "text",
    "text",
    "numeric",
    "numeric",
    "bigint",
    "bigint",
    "text",
    "smallint",
    "numeric",
    "text",
    "text",
    "text",
    "bigint",
)
ARRAYS = ", ".join(
    f"CAST(:{name} AS {kind}[])" for name, kind in zip(COLUMNS, _TYPES, strict=True)
)
"""The columns of listings as parameters, for `unnest`."""
NAMES = ", ".join(COLUMNS)

_TEMPLATES = load_templates(__package__, "comparison_fields.sql", {})
_SENDABLE = ("price", "quantity", "min_price", "warranty_delay", "comment")
_NEVER_SHOWN = {
    "price": "k_price IS DISTINCT FROM live_price",
    "quantity": "k_quantity IS DISTINCT FROM live_quantity",
    "min_price": "k_min_price IS DISTINCT FROM live_min_price",
    "warranty_delay": "k_warranty_delay IS DISTINCT FROM live_warranty_delay",
    "comment": "k_comment_sum IS DISTINCT FROM hashtextextended(live_comment, 0)",
    "grade": "k_confirmed_at IS NULL",
    "listing": "k_confirmed_at IS NULL",
}
_SHOWN = {
    "listing": ("o_listing_id", "NULL::text"),
    "grade": ("live_grade", "grade"),
}
# Quantity is never raised where units were sold: only the merchant knows the stock, and
# the next catalog says it.
_ACTION = {
    "quantity": "WHEN quantity < live_quantity AND units + units_sold > 0 "
    "THEN 'not_sent'",
    "listing": "WHEN true THEN 'sent_again'",
    # Sent again once and still not shown: Back Market does not take it from this
    # seller (section 4.5, `min_price`). Each further run would only cost lines.
    **{
        name: f"WHEN {{never}} AND k_drift #>> '{{{{{name},kind}}}}' = 'not_applied' "
        "THEN 'not_sent'"
        for name in ("min_price", "warranty_delay", "comment")
    },
    "grade": "WHEN :overwrite OR {never} THEN 'new_sku_needed'",
}


def drift_entry(field: str) -> str:
    """SQL for the part of `drift` of one field."""
    ours, theirs = _SHOWN.get(field, (f"live_{field}", field))
    sent = "grade" if field == "listing" else field
    never_shown = f"('{sent}' = ANY(awaited) OR {_NEVER_SHOWN[field]})"
    return compose(
        _TEMPLATES["drift_entry"],
        {
            "field": field,
            "ours": ours,
            "theirs": theirs,
            "never_shown": never_shown,
            "action": _ACTION.get(field, "").format(never=never_shown),
        },
    )


def moved(field: str, theirs: str) -> str:
    """SQL that takes the listing's value where the field is to be sent again."""
    return compose(_TEMPLATES["moved"], {"field": field, "theirs": theirs})


_FIELDS = (*_SENDABLE, "grade", "listing")
_LIVE_VALUE = {
    "price": "s.price",
    "quantity": "s.quantity::int",
    "min_price": "s.min_price",
    "warranty_delay": "s.warranty_delay::smallint",
    "comment": "coalesce(s.comment, '')",
    "grade": "s.grade",
}
STATEMENTS = load_sql(
    __package__,
    "comparison.sql",
    {
        "listing_columns": NAMES,
        "listing_arrays": ARRAYS,
        "drift": " || ".join(map(drift_entry, _FIELDS)),
        **{f"moved_{name}": moved(name, sql) for name, sql in _LIVE_VALUE.items()},
    },
)
