-- Changes that the brake held, by offer and content. `h` is a row of `hold`.

-- name: effective_state
-- The state of a hold; undecided holds and approvals expire. Those that the seller
-- account decides (kind `quantity`) do not.
CASE WHEN h.kind <> 'quantity' AND h.state IN ('pending', 'approved')
          AND h.expires_at <= now()
     THEN 'expired' ELSE h.state END

-- name: kind
-- The kind of a held change.
CASE WHEN code = ANY(:account_codes) THEN 'quantity'
            WHEN after ? 'quantity' THEN 'zero' ELSE 'price' END

-- name: withheld_from_other_markets
-- Whether the listing is still online in other markets and its quantity not shared.
EXISTS (SELECT 1 FROM store_view AS s
          JOIN seller_account_view AS a ON a.id = s.account_id
          JOIN other_market_listing_view AS elsewhere ON elsewhere.account_id = a.id
         WHERE s.id = h.store_id AND elsewhere.sku_key = h.sku_key
           AND a.other_markets IS DISTINCT FROM 'share')

-- name: still_desired
-- Whether the offer still differs in the way that was held. Other content is a new hold.
EXISTS (
  SELECT 1 FROM offer_view AS o
   WHERE o.store_id = h.store_id AND o.sku_key = h.sku_key AND o.dirty
     AND CASE h.kind
              WHEN 'quantity' THEN o.live_quantity::text IS DISTINCT FROM h.content
                AND {{withheld_from_other_markets}}
              WHEN 'zero' THEN o.desired_state = 'absent' OR o.quantity = 0
              ELSE o.desired_state = 'retained' OR o.price::text = h.content END)

-- name: delete_obsolete
DELETE FROM hold AS h WHERE h.store_id = :store AND NOT {{still_desired}}

-- name: same_hold
-- Whether an earlier hold or decision for the same content is still valid.
hold.content = excluded.content
  AND (hold.state = 'rejected' OR hold.expires_at > now())

-- name: upsert
-- Stores the changes that a publication's plan held. Valid decisions stay.
INSERT INTO hold (store_id, sku_key, kind, sku, content, before, code, state,
                  publication_id, held_at, expires_at)
SELECT :store, sku_key, {{kind}}, sku,
       coalesce(after ->> 'quantity', after ->> 'price'),
       coalesce(before ->> 'quantity', before ->> 'price'),
       code, 'pending', :publication, now(), now() + :hold_for
  FROM change WHERE publication_id = :publication AND outcome = 'held'
   AND code = ANY(:codes)
ON CONFLICT (store_id, sku_key, kind) DO UPDATE SET
  sku = excluded.sku, content = excluded.content, before = excluded.before,
  code = excluded.code, publication_id = excluded.publication_id,
  state = CASE WHEN {{same_hold}} THEN hold.state ELSE 'pending' END,
  held_at = CASE WHEN {{same_hold}} THEN hold.held_at ELSE excluded.held_at END,
  decided_at = CASE WHEN {{same_hold}} THEN hold.decided_at END,
  decided_by = CASE WHEN {{same_hold}} THEN hold.decided_by END,
  expires_at = CASE WHEN {{same_hold}} THEN hold.expires_at
                    ELSE excluded.expires_at END

-- name: newly_held
-- Held changes whose offers were not held for the same reason before, or whose content
-- is held for the first time.
SELECT c.code, count(*) AS changes
  FROM (SELECT sku_key, code, {{kind}} AS kind FROM change
         WHERE publication_id = :publication AND outcome = 'held') AS c
  LEFT JOIN offer_view AS o ON o.store_id = :store AND o.sku_key = c.sku_key
  LEFT JOIN hold AS h ON h.store_id = :store AND h.sku_key = c.sku_key
        AND h.kind = c.kind AND h.publication_id = :publication
 WHERE o.held_code IS DISTINCT FROM c.code OR h.held_at = now()
 GROUP BY c.code ORDER BY c.code

-- name: decide
-- Approves or rejects what a publication held. Without SKUs, only undecided holds.
WITH named AS (
  SELECT sku_key, {{kind}} AS kind,
         coalesce(after ->> 'quantity', after ->> 'price') AS content
    FROM change WHERE publication_id = :publication AND outcome = 'held'
     AND code = ANY(:codes)
     AND (CAST(:keys AS text[]) IS NULL OR sku_key = ANY(:keys))
),
decided AS (
  UPDATE hold AS h SET state = :state, decided_at = now(), decided_by = :by,
         expires_at = now() + :hold_for
    FROM named AS n
   WHERE h.store_id = :store AND h.sku_key = n.sku_key AND h.kind = n.kind
     AND h.content = n.content AND {{still_desired}}
     AND (CAST(:keys AS text[]) IS NOT NULL
          OR {{effective_state}} IN ('pending', 'expired'))
  RETURNING h.store_id, h.sku_key, h.kind, h.code, h.before, h.content
),
recorded AS (
  INSERT INTO hold_decision (store_id, sku_key, decided_at, kind, publication_id, code,
                             decision, decided_by, before, content)
  SELECT store_id, sku_key, now(), kind, :publication, code, :state, :by, before,
         content
    FROM decided
)
SELECT (SELECT count(*) FROM named) AS named,
       (SELECT count(*) FROM change
         WHERE publication_id = :publication AND outcome = 'held'
           AND NOT code = ANY(:brake_codes) AND CAST(:keys AS text[]) IS NOT NULL
           AND sku_key = ANY(:keys)) AS not_decidable,
       (SELECT count(*) FROM decided) AS decided,
       (SELECT bool_or(code IN ('brake_shrunk', 'brake_column_empty'))
          FROM decided) AS by_catalog

-- name: decisions
-- Decisions on the changes of one SKU, newest first.
SELECT * FROM hold_decision_view
 WHERE store_id = :store AND sku_key = :key ORDER BY decided_at DESC LIMIT 100

-- name: list
-- Held changes after a SKU and kind, with optional filters.
SELECT * FROM (
  SELECT sku_key, kind, sku, content, before, code, {{effective_state}} AS state,
         publication_id, held_at, decided_at, decided_by, expires_at
    FROM hold AS h
   WHERE store_id = :store AND (sku_key, kind) > (:sku_key, :kind)
     AND {{still_desired}}
) AS held
 WHERE (CAST(:state AS text) IS NULL OR state = :state)
   AND (CAST(:code AS text) IS NULL OR code = :code)
 ORDER BY sku_key, kind LIMIT :limit
