-- Results of changes: the outcome of each change, and the live state of its offer.

-- name: record_results
-- Records results and moves the live state per offer and field; returns the SKU keys of
-- accepted quantities that may have been sold since they were sent. Each result looks up
-- its change: PostgreSQL, without statistics of a new publication, estimates one change
-- and would compare each change with each result (half a minute for ten thousand).
WITH result AS (
  SELECT * FROM unnest(
    CAST(:seq AS int[]), CAST(:outcome AS text[]), CAST(:code AS text[]),
    CAST(:message AS text[]), CAST(:listing AS text[]),
    CAST(:product AS bigint[]), CAST(:publication_state AS int[]),
    CAST(:class AS text[]), CAST(:about_row AS bool[]), CAST(:max_price AS numeric[]),
    CAST(:live_sku AS text[]))
    AS v(seq, outcome, code, message, listing, product, publication_state, class,
         about_row, max_price, live_sku)
),
recorded AS (
  UPDATE change AS c
     SET outcome = v.outcome, code = v.code, message = v.message,
         settled_at = now()
    FROM result AS v CROSS JOIN LATERAL (
           SELECT d.ctid FROM change AS d
            WHERE d.publication_id = :publication AND d.seq = v.seq
              AND d.outcome IN ('planned', 'unconfirmed')
           OFFSET 0) AS planned
   WHERE c.ctid = planned.ctid
  RETURNING c.sku_key, c.after, c.fingerprint, v.outcome, v.code, v.message,
            v.listing, v.product, v.publication_state, v.class, v.about_row, v.max_price,
            v.live_sku, CASE WHEN c.after ? 'grade' THEN c.sku END AS created_sku,
            coalesce((SELECT b.sent_at FROM submission AS b
                       WHERE b.publication_id = :publication AND b.seq = c.submission),
                     now()) AS sent_at
),
live AS (
  UPDATE offer AS o
     SET listed = true, live_at = now(), {{clear_error}},
         live_price = CASE WHEN s.after ? 'price'
           THEN (s.after ->> 'price')::numeric ELSE o.live_price END,
         live_quantity = CASE WHEN s.after ? 'quantity'
           THEN (s.after ->> 'quantity')::int ELSE o.live_quantity END,
         live_quantity_at = CASE WHEN s.after ? 'quantity'
           THEN s.sent_at ELSE o.live_quantity_at END,
         live_min_price = CASE WHEN s.after ? 'min_price'
           THEN (s.after ->> 'min_price')::numeric
           ELSE o.live_min_price END,
         live_warranty_delay = CASE WHEN s.after ? 'warranty_delay'
           THEN (s.after ->> 'warranty_delay')::smallint
           ELSE o.live_warranty_delay END,
         live_comment = coalesce(s.after ->> 'comment', o.live_comment),
         live_shipping = CASE
           WHEN NOT s.after ? 'shipping' THEN o.live_shipping
           WHEN o.shipping::jsonb = s.after -> 'shipping' THEN o.shipping
           ELSE s.after ->> 'shipping' END,
         live_ean = coalesce(s.after ->> 'ean', o.live_ean),
         live_grade = coalesce(s.after ->> 'grade', o.live_grade),
         listing_id = coalesce(s.listing, o.listing_id),
         backmarket_id = coalesce(s.product, o.backmarket_id),
         publication_state = coalesce(s.publication_state, o.publication_state),
         max_price = coalesce(s.max_price, o.max_price),
         live_sku = coalesce(s.live_sku, o.live_sku, s.created_sku)
    FROM recorded AS s
   WHERE s.outcome = 'accepted' AND o.store_id = :store
     AND o.sku_key = s.sku_key
),
shared_stock AS (
  UPDATE offer AS o
     SET live_quantity = (s.after ->> 'quantity')::int, live_quantity_at = s.sent_at
    FROM recorded AS s
   WHERE s.outcome = 'accepted' AND s.after ? 'quantity'
     AND o.store_id = ANY(:siblings) AND o.sku_key = s.sku_key AND o.listed
),
submitted AS (
  INSERT INTO submitted_product AS t (store_id, sku_key, product, submitted_at)
  SELECT :store, s.sku_key, s.after -> 'product', now() FROM recorded AS s
   WHERE s.outcome = 'accepted' AND s.after ? 'product'
  ON CONFLICT (store_id, sku_key) DO UPDATE
    SET product = excluded.product, submitted_at = excluded.submitted_at
),
refused AS (
  UPDATE offer AS o
     SET {{set_error}},
         listed = o.listed AND s.code IS DISTINCT FROM 'listing_not_found',
         listing_id = CASE WHEN s.code = 'listing_not_found' THEN NULL
                           ELSE o.listing_id END
    FROM recorded AS s
   WHERE s.outcome = 'rejected' AND o.store_id = :store AND o.sku_key = s.sku_key
)
SELECT DISTINCT s.sku_key
  FROM recorded AS s JOIN (
         SELECT v.sku_key FROM sale_view AS v
          WHERE v.account_id = (SELECT account_id FROM store_view WHERE id = :store)
            AND v.ordered_at >= (SELECT min(sent_at) FROM recorded) - CAST(:longest_before AS interval)
            AND v.known_at > (SELECT min(sent_at) FROM recorded)
       ) AS v ON v.sku_key = s.sku_key
 WHERE s.outcome = 'accepted' AND s.after ? 'quantity'

-- name: record_plan_refusals
-- Offers that the plan itself refused are in error.
UPDATE offer AS o SET {{set_error}}
  FROM (SELECT c.sku_key, c.code, c.message, c.fingerprint, true AS about_row,
               coalesce(k.class, 'unknown') AS class
          FROM change AS c
          LEFT JOIN unnest(CAST(:codes AS text[]), CAST(:classes AS text[]))
                 AS k(code, class) ON k.code = c.code
         WHERE c.publication_id = :publication AND c.outcome = 'rejected') AS s
 WHERE o.store_id = :store AND o.sku_key = s.sku_key

-- name: record_plan_holds
-- Offers of which the plan held a change, and those that it does not hold any more.
UPDATE offer AS o SET held_code = s.code
  FROM (SELECT sku_key, h.code
          FROM (SELECT sku_key, code FROM change
                 WHERE publication_id = :publication AND outcome = 'held') AS h
          FULL JOIN (SELECT sku_key FROM offer_view
                      WHERE store_id = :store AND held_code IS NOT NULL) AS before
                 USING (sku_key)) AS s
 WHERE o.store_id = :store AND o.sku_key = s.sku_key
   AND o.held_code IS DISTINCT FROM s.code

-- name: close_planned
-- Changes that are still planned, of one submission or of all.
UPDATE change SET outcome = :outcome, code = :code, settled_at = now()
 WHERE publication_id = :id AND outcome = 'planned'
   AND (CAST(:submission AS int) IS NULL OR submission = :submission)
