"""The SQL that holds listings as they were seen against what was accepted of them.

One chain of statements over temporary tables, for one listing or for all of a store.
A listing that an unsettled call may be changing, or that was written since the look
began, is not judged. Rules of the fields, from Back Market's API:

- stock falls by itself with each sale: less than was accepted is drift only as far as
  orders do not explain it, and is never raised again where something was sold;
- a field that the store does not manage (NULL) is no drift;
- the grade cannot be changed (section 4.3): another one means other goods.
"""

TABLES = (
    """
CREATE TEMP TABLE seen (
  sku_key text COLLATE "C" PRIMARY KEY, found boolean, listing_id text, older_id text,
  grade text, price numeric(12, 2), min_price numeric(12, 2), quantity bigint,
  warranty_delay bigint, comment text, publication_state smallint,
  max_price numeric(12, 2),
  awaited text[] NOT NULL DEFAULT '{}'
) ON COMMIT DROP
""",
    """
CREATE TEMP TABLE sold (sku_key text COLLATE "C" PRIMARY KEY, units bigint)
  ON COMMIT DROP
""",
    """
CREATE TEMP TABLE compared (
  sku_key text COLLATE "C" PRIMARY KEY, vanished boolean, was_dirty boolean,
  price numeric(12, 2), quantity int, min_price numeric(12, 2),
  warranty_delay smallint, comment text, stock_shown boolean, drift jsonb,
  not_applied text[]
) ON COMMIT DROP
""",
)

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
NOTE_SEEN = f"""
INSERT INTO seen ({NAMES}, awaited)
SELECT {NAMES}, coalesce(string_to_array(awaited, ' '), '{{}}')
  FROM unnest({ARRAYS}, CAST(:awaited AS text[])) AS t ({NAMES}, awaited)
"""  # noqa: S608 - constants

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
# Never raised where something was sold: what is really there nobody knows but the
# merchant, whose next catalog says it.
_ACTION = {
    "quantity": "WHEN quantity < accepted_quantity AND units > 0 THEN 'left'",
    "listing": "WHEN true THEN 'sent_again'",
    # Sent again once and still not shown: not taken from this seller (section 4.5 says
    # so of `min_price`). Each further run would only cost lines.
    **{
        name: f"WHEN {{never}} AND k_drift #>> '{{{{{name},kind}}}}' = 'not_applied' "
        "THEN 'left'"
        for name in ("min_price", "warranty_delay", "comment")
    },
    "grade": "WHEN :overwrite OR {never} THEN 'new_sku_needed'",
}


def _entry(name: str) -> str:
    """The part of `drift` for one field; empty where it does not differ."""
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


_FIELDS = (*_SENDABLE, "grade", "listing")

COMPARE = f"""
INSERT INTO compared
WITH busy AS (
  SELECT c.sku_key FROM submission AS d
    JOIN change AS c ON c.publication_id = d.publication_id AND c.submission = d.seq
   WHERE d.account_id = :account AND d.state NOT IN ('settled', 'pending')
     AND c.outcome IN ('planned', 'unconfirmed')
),
looked AS (
  SELECT o.sku_key, o.desired_state, o.dirty, o.listing_id AS o_listing_id,
         o.accepted_price, o.accepted_quantity, o.accepted_min_price,
         o.accepted_warranty_delay, o.accepted_comment, o.accepted_grade,
         o.min_price IS NOT NULL AND o.accepted_min_price IS NOT NULL AS has_min_price,
         o.warranty_delay IS NOT NULL AND o.accepted_warranty_delay IS NOT NULL
           AS has_warranty,
         o.comment IS NOT NULL AND o.accepted_comment IS NOT NULL AS has_comment,
         s.found, s.grade, s.price, s.min_price, s.quantity, s.warranty_delay,
         s.comment, s.awaited, coalesce(b.units, 0) AS units,
         k.price AS k_price, k.quantity AS k_quantity, k.min_price AS k_min_price,
         k.warranty_delay AS k_warranty_delay, k.comment_sum AS k_comment_sum,
         k.confirmed_at AS k_confirmed_at, k.drift AS k_drift
    FROM seen AS s
    JOIN offer AS o ON o.store_id = :store AND o.sku_key = s.sku_key
    LEFT JOIN offer_check AS k ON k.store_id = o.store_id AND k.sku_key = o.sku_key
    LEFT JOIN sold AS b ON b.sku_key = o.sku_key
   WHERE o.listed AND o.sku_key NOT IN (SELECT sku_key FROM busy)
     AND NOT EXISTS (SELECT 1 FROM offer AS w WHERE w.store_id = ANY(:stores)
                       AND w.sku_key = o.sku_key AND w.accepted_at > :since)
),
differing AS (
  SELECT *, NOT found AS d_listing,
    found AND desired_state = 'active' AND accepted_price IS NOT NULL
      AND price IS DISTINCT FROM accepted_price AS d_price,
    found AND desired_state = 'active' AND has_min_price
      AND min_price IS DISTINCT FROM accepted_min_price AS d_min_price,
    found AND desired_state = 'active' AND has_warranty
      AND warranty_delay <> accepted_warranty_delay AS d_warranty_delay,
    found AND desired_state = 'active' AND has_comment
      AND btrim(coalesce(comment, ''), E' \\t\\r\\n')
        <> btrim(accepted_comment, E' \\t\\r\\n') AS d_comment,
    found AND desired_state = 'active' AND grade <> accepted_grade AS d_grade,
    found AND (quantity > accepted_quantity OR (:orders_known
      AND quantity < accepted_quantity - units)) AS d_quantity
  FROM looked
)
SELECT sku_key, NOT found, dirty, accepted_price, accepted_quantity,
       accepted_min_price, accepted_warranty_delay, accepted_comment,
       coalesce(found AND (quantity = accepted_quantity OR (:orders_known
         AND quantity BETWEEN accepted_quantity - units AND accepted_quantity)), false),
       d.drift,
       ARRAY(SELECT key FROM jsonb_each(d.drift) WHERE value ->> 'kind' = 'not_applied')
  FROM differing, LATERAL (SELECT {" || ".join(map(_entry, _FIELDS))} AS drift) AS d
"""  # noqa: S608 - constants


def _same(name: str, kind: str) -> str:
    return (
        f"(NOT c.after ? '{name}' OR (c.after ->> '{name}')::{kind} "
        f"IS NOT DISTINCT FROM v.{name})"
    )


# Only changes whose values are the present baseline: later ones have replaced others.
MARK_CHANGES = f"""
UPDATE change AS c
   SET outcome = CASE WHEN v.bad THEN 'unconfirmed' ELSE c.outcome END,
       code = CASE WHEN v.bad THEN 'not_applied' ELSE c.code END,
       confirmed_at = CASE WHEN v.bad THEN NULL ELSE now() END
  FROM (SELECT d.publication_id, d.seq,
               d.after ?| m.not_applied OR 'listing' = ANY(m.not_applied) AS bad,
               m.*
          FROM compared AS m JOIN change AS d ON d.sku_key = m.sku_key
         WHERE d.publication_id = ANY(:publications) AND d.outcome = 'accepted'
           AND d.confirmed_at IS NULL) AS v
 WHERE c.publication_id = v.publication_id AND c.seq = v.seq
   AND (v.bad OR NOT (v.vanished
        OR c.after ?| ARRAY(SELECT jsonb_object_keys(v.drift))))
   AND {_same("price", "numeric")} AND {_same("quantity", "int")}
   AND {_same("min_price", "numeric")} AND {_same("warranty_delay", "int")}
   AND {_same("comment", "text")}
RETURNING c.publication_id
"""  # noqa: S608 - constants


def _moved(name: str, theirs: str) -> str:
    return (
        f"accepted_{name} = CASE WHEN c.drift #>> '{{{name},action}}' "
        f"IN ('sent_again', 'new_sku_needed') THEN {theirs} "
        f"ELSE o.accepted_{name} END"
    )


# The baseline becomes what the listing shows, so that the offer differs again.
MOVE_BASELINE = f"""
UPDATE offer AS o
   SET {_moved("price", "s.price")}, {_moved("quantity", "s.quantity::int")},
       {_moved("min_price", "s.min_price")},
       {_moved("warranty_delay", "s.warranty_delay::smallint")},
       {_moved("comment", "coalesce(s.comment, '')")}, {_moved("grade", "s.grade")},
       stock_at = CASE WHEN c.drift #>> '{{quantity,action}}' = 'sent_again'
         THEN :since ELSE o.stock_at END,
       listed = NOT c.vanished,
       listing_id = CASE WHEN c.vanished THEN NULL
         WHEN o.listing_id IN (s.listing_id, s.older_id) THEN o.listing_id
         ELSE coalesce(s.listing_id, s.older_id, o.listing_id) END,
       publication_state = coalesce(s.publication_state, o.publication_state),
       max_price = coalesce(s.max_price, o.max_price)
  FROM compared AS c JOIN seen AS s USING (sku_key)
 WHERE o.store_id = :store AND o.sku_key = c.sku_key
   AND (c.drift <> '{{}}' OR s.publication_state IS DISTINCT FROM o.publication_state
        OR coalesce(s.max_price, o.max_price) IS DISTINCT FROM o.max_price
        OR o.listing_id IS NULL OR o.listing_id NOT IN (s.listing_id, s.older_id))
"""  # noqa: S608 - constants

# Stock, and the listing itself, are the same for all countries.
MOVE_SHARED = """
UPDATE offer AS o
   SET accepted_quantity = CASE WHEN c.vanished THEN o.accepted_quantity
                                ELSE s.quantity::int END,
       stock_at = :since, listed = NOT c.vanished,
       listing_id = CASE WHEN c.vanished THEN NULL ELSE o.listing_id END
  FROM compared AS c JOIN seen AS s USING (sku_key)
 WHERE o.store_id = ANY(:siblings) AND o.sku_key = c.sku_key AND o.listed
   AND (c.vanished OR c.drift #>> '{quantity,action}' = 'sent_again')
"""

# Drift stays told until what is wanted has been sent again and shown.
KEEP_CHECKS = """
INSERT INTO offer_check AS k (store_id, sku_key, seen_at, confirmed_at, price, quantity,
                              min_price, warranty_delay, comment_sum, drift)
SELECT :store, sku_key, now(), CASE WHEN drift = '{}' THEN now() END,
       CASE WHEN NOT vanished AND NOT drift ? 'price' THEN price END,
       CASE WHEN stock_shown THEN quantity END,
       CASE WHEN NOT vanished AND NOT drift ? 'min_price' THEN min_price END,
       CASE WHEN NOT vanished AND NOT drift ? 'warranty_delay' THEN warranty_delay END,
       CASE WHEN NOT vanished AND NOT drift ? 'comment'
            THEN hashtextextended(comment, 0) END,
       nullif(drift, '{}')
  FROM compared
ON CONFLICT (store_id, sku_key) DO UPDATE
   SET seen_at = excluded.seen_at,
       confirmed_at = coalesce(excluded.confirmed_at, k.confirmed_at),
       missing_at = NULL,
       price = coalesce(excluded.price, k.price),
       quantity = coalesce(excluded.quantity, k.quantity),
       min_price = coalesce(excluded.min_price, k.min_price),
       warranty_delay = coalesce(excluded.warranty_delay, k.warranty_delay),
       comment_sum = coalesce(excluded.comment_sum, k.comment_sum),
       drift = coalesce(excluded.drift, CASE WHEN (
         SELECT c.was_dirty FROM compared AS c WHERE c.sku_key = k.sku_key)
         THEN k.drift END)
"""

# A listing that is created again starts anew: nothing of it has been seen yet.
FORGET_VANISHED = """
UPDATE offer_check AS k
   SET confirmed_at = NULL, price = NULL, quantity = NULL, min_price = NULL,
       warranty_delay = NULL, comment_sum = NULL
  FROM compared AS c
 WHERE c.vanished AND k.store_id = :store AND k.sku_key = c.sku_key
"""

COUNT = """
SELECT count(*) FILTER (WHERE drift = '{}') AS confirmed,
       count(*) FILTER (WHERE drift <> '{}' AND NOT vanished
                          AND not_applied = '{}') AS drifted,
       count(*) FILTER (WHERE not_applied <> '{}') AS unconfirmed,
       count(*) FILTER (WHERE vanished AND not_applied = '{}') AS vanished
  FROM compared
"""
