-- SQL expressions about refused offers. `o` is a row of an offer of the store `:store`.

-- name: content
-- 64 bits over what the store wants to sell. Equal content gives an equal number.
hashtextextended(ROW(o.ean, o.product_id, o.grade, o.new_battery,
           o.price, o.quantity, o.min_price, o.warranty_delay, o.comment,
           o.shipping)::text, 0)

-- name: quarantined
-- The same content was refused for the same cause as often as the store allows.
-- Once is enough where each retry would overwrite the listing of another SKU.
-- Refusals by our own plans cost nothing, and the content hash has no product texts.
(o.in_error AND o.error_class <> 'transient'
           AND o.error_code NOT IN ('identity_mismatch', 'product_incomplete',
                                    'product_refused')
           AND (o.error_count >= (SELECT nullif(quarantine_after, 0)
                                    FROM store_view WHERE id = :store)
                OR o.error_code = 'listing_taken' AND o.error_count > 0)
           AND o.error_content = {{content}}) IS TRUE

-- name: awaits_retry
-- The same content was refused for a transient cause, and its retry is not due yet.
(o.in_error AND o.error_class = 'transient'
           AND o.error_retry_at > now() AND o.error_content = {{content}}) IS TRUE

-- name: clear_error
-- Assignments for an offer that is no longer refused.
in_error = false, error_code = NULL, error_message = NULL,
             error_at = NULL, error_count = 0, error_class = NULL,
             error_content = NULL, error_retry_at = NULL

-- name: next_retry
-- When the next run should start for offers whose retry becomes due. Each offer adds a
-- share of its pause, so that one run takes several. What is due already is in a run.
SELECT min(o.error_retry_at
           + CAST(:gather AS float8) * (o.error_retry_at - o.error_at))
  FROM offer AS o JOIN store_view AS s ON s.id = o.store_id
 WHERE o.store_id = :store AND o.in_error AND o.dirty AND o.error_class = 'transient'
   AND o.error_retry_at > now() AND s.active AND s.publish_offers

-- name: same_refusal
-- Whether refusal `s` repeats the last refusal of `o` for the same content. Numbers in
-- a message do not make another cause.
(o.in_error AND o.error_code IS NOT DISTINCT FROM s.code
         AND regexp_replace(coalesce(o.error_message, ''), '\d+', '#', 'g')
             = regexp_replace(coalesce(s.message, ''), '\d+', '#', 'g')
         AND (o.error_content = {{content}} OR s.class = 'transient')) IS TRUE

-- name: set_error
-- Assignments for an offer that refusal `s` (code, message, class, about_row,
-- fingerprint) concerns. The counter continues only for the same refusal of the same
-- content. An offer that changed after the plan was not refused itself: no content.
in_error = true, error_code = s.code, error_message = s.message,
           error_at = now(), error_class = s.class,
           error_content = CASE WHEN s.about_row
                                 AND o.fingerprint IS NOT DISTINCT FROM s.fingerprint
                                THEN {{content}} END,
           error_count = CASE WHEN {{same_refusal}} THEN least(o.error_count + 1, 32000)
                              ELSE 1 END,
           error_retry_at = CASE WHEN s.class = 'transient' THEN now()
             + (CAST(:pauses AS float8[]))[
                 CASE WHEN {{same_refusal}}
                      THEN least(o.error_count + 1,
                                 cardinality(CAST(:pauses AS float8[])))
                      ELSE 1 END]
             * (1 + CAST(:jitter AS float8) * (2 * random() - 1))
             * interval '1 second' END

-- name: release
-- Resets the count of quarantined offers; the refusal itself is kept.
UPDATE offer SET error_count = 0
 WHERE store_id = :store AND sku_key IN (
   SELECT o.sku_key FROM offer AS o
    WHERE o.store_id = :store AND o.in_error AND {{quarantined}}
      AND (CAST(:skus AS text[]) IS NULL OR o.sku_key = ANY(:skus))
      AND (CAST(:code AS text) IS NULL OR o.error_code = :code))
RETURNING 1

-- name: clear_resolved
-- Offers in error that have no difference to send any more.
UPDATE offer SET {{clear_error}} WHERE store_id = :store AND in_error AND NOT dirty

-- name: state
-- Why an offer in error is not sent again now.
SELECT {{quarantined}} AS quarantined, {{awaits_retry}} AS awaits_retry
  FROM offer AS o WHERE o.store_id = :store AND o.sku_key = :key
