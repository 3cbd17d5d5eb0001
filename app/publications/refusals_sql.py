"""SQL words of refused offers: the same content, the same refusal, rest, quarantine.

Each is an expression over `o`, a row of `offer` of the store `:store`.
"""

CONTENT = """hashtextextended(ROW(o.ean, o.product_id, o.grade, o.new_battery,
           o.price, o.quantity, o.min_price, o.warranty_delay, o.comment,
           o.shipping)::text, 0)"""
"""64 bits over what the store wants to sell: equal content, equal number."""

CAUSE = r"regexp_replace(coalesce({message}, ''), '\d+', '#', 'g')"
"""A message without its numbers: those do not make another cause."""

# What our own plans refuse costs nothing, and a product's texts are not in CONTENT.
_NEVER = "('identity_mismatch', 'product_incomplete', 'product_refused')"
QUARANTINED = f"""(o.in_error AND o.error_class <> 'transient'
           AND o.error_code NOT IN {_NEVER}
           AND (o.error_count >= (SELECT nullif(quarantine_after, 0)
                                    FROM store WHERE id = :store)
                OR o.error_code = 'listing_taken' AND o.error_count > 0)
           AND o.error_content = {CONTENT}) IS TRUE"""  # noqa: S608 - constants
"""The same content was refused for the same cause as often as the store allows.

Once is enough where each repeat would overwrite the listing of another SKU.
"""

RESTING = f"""(o.in_error AND o.error_class = 'transient'
           AND o.error_retry_at > now() AND o.error_content = {CONTENT}) IS TRUE"""
"""A transient refusal of the same content is not due to be sent again yet."""

FORGOTTEN = """in_error = false, error_code = NULL, error_message = NULL,
             error_at = NULL, error_count = 0, error_class = NULL,
             error_content = NULL, error_retry_at = NULL"""
"""What an offer that is not refused any more says about refusals."""

NEXT_RETRY = """
SELECT min(o.error_retry_at
           + CAST(:gather AS float8) * (o.error_retry_at - o.error_at))
  FROM offer AS o JOIN store AS s ON s.id = o.store_id
 WHERE o.store_id = :store AND o.in_error AND o.dirty AND o.error_class = 'transient'
   AND o.error_retry_at > now() AND s.active AND s.publish_offers
"""
"""When a run should take what is due again; what is due already is in one."""

_SAME = f"""(o.in_error AND o.error_code IS NOT DISTINCT FROM s.code
         AND {CAUSE.format(message="o.error_message")}
             = {CAUSE.format(message="s.message")}
         AND (o.error_content = {CONTENT} OR s.class = 'transient')) IS TRUE"""
_MARK = f"""CASE WHEN s.about_row AND o.fingerprint IS NOT DISTINCT FROM s.fingerprint
         THEN {CONTENT} END"""

REFUSED = f"""in_error = true, error_code = s.code, error_message = s.message,
           error_at = now(), error_class = s.class, error_content = {_MARK},
           error_count = CASE WHEN {_SAME} THEN least(o.error_count + 1, 32000)
                              ELSE 1 END,
           error_retry_at = CASE WHEN s.class = 'transient' THEN now()
             + (CAST(:pauses AS float8[]))[
                 CASE WHEN {_SAME} THEN least(o.error_count + 1,
                                              cardinality(CAST(:pauses AS float8[])))
                      ELSE 1 END]
             * (1 + CAST(:jitter AS float8) * (2 * random() - 1))
             * interval '1 second' END"""
"""What refusal `s` (code, message, class, about_row, fingerprint) makes of an offer.

The count goes on only for the same refusal of the same content. An offer that changed
since the plan was not what was refused: it has no content that could be the same.
"""
