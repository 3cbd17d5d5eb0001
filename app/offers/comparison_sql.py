"""The SQL of listing comparisons: field rules as fragments of `comparison.sql`."""

from app.core.sql import load_sql

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
)
ARRAYS = ", ".join(
    f"CAST(:{name} AS {kind}[])" for name, kind in zip(COLUMNS, _TYPES, strict=True)
)
"""The columns of listings as parameters, for `unnest`."""
NAMES = ", ".join(COLUMNS)

_SENDABLE = ("price", "quantity", "min_price", "warranty_delay", "comment")
_NEVER_SHOWN = {
    "price": "k_price IS DISTINCT FROM accepted_price",
    "quantity": "k_quantity IS DISTINCT FROM accepted_quantity",
    "min_price": "k_min_price IS DISTINCT FROM accepted_min_price",
    "warranty_delay": "k_warranty_delay IS DISTINCT FROM accepted_warranty_delay",
    "comment": "k_comment_sum IS DISTINCT FROM hashtextextended(accepted_comment, 0)",
    "grade": "k_confirmed_at IS NULL",
    "listing": "k_confirmed_at IS NULL",
}
_SHOWN = {
    "listing": ("o_listing_id", "NULL::text"),
    "grade": ("accepted_grade", "grade"),
}
# Quantity is never raised where units were sold: only the merchant knows the stock, and
# the next catalog says it.
_ACTION = {
    "quantity": "WHEN quantity < accepted_quantity AND units > 0 THEN 'left'",
    "listing": "WHEN true THEN 'sent_again'",
    # Sent again once and still not shown: Back Market does not take it from this
    # seller (section 4.5, `min_price`). Each further run would only cost lines.
    **{
        name: f"WHEN {{never}} AND k_drift #>> '{{{{{name},kind}}}}' = 'not_applied' "
        "THEN 'left'"
        for name in ("min_price", "warranty_delay", "comment")
    },
    "grade": "WHEN :overwrite OR {never} THEN 'new_sku_needed'",
}


def drift_entry(name: str) -> str:
    """SQL for the part of `drift` of one field; empty where it does not differ."""
    ours, theirs = _SHOWN.get(name, (f"accepted_{name}", name))
    sent = "grade" if name == "listing" else name
    never = f"('{sent}' = ANY(awaited) OR {_NEVER_SHOWN[name]})"
    return (
        f"CASE WHEN d_{name} THEN jsonb_build_object('{name}', jsonb_build_object("
        f"'ours', {ours}::text, 'theirs', {theirs}::text, "
        f"'kind', CASE WHEN {never} THEN 'not_applied' ELSE 'by_hand' END, "
        f"'action', CASE {_ACTION.get(name, '').format(never=never)} "
        f"WHEN :overwrite OR {never} THEN 'sent_again' ELSE 'left' END, "
        f"'seen_at', CASE WHEN k_drift #>> '{{{name},theirs}}' IS NOT DISTINCT FROM "
        f"{theirs}::text AND k_drift ? '{name}' THEN k_drift #> '{{{name},seen_at}}' "
        "ELSE to_jsonb(CAST(:looked_at AS text)) END)) ELSE '{}'::jsonb END"
    )


def moved(name: str, theirs: str) -> str:
    """SQL that takes the listing's value where the field is to be sent again."""
    return (
        f"accepted_{name} = CASE WHEN c.drift #>> '{{{name},action}}' "
        f"IN ('sent_again', 'new_sku_needed') THEN {theirs} "
        f"ELSE o.accepted_{name} END"
    )


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
