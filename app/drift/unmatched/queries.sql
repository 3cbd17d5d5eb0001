-- Listings with stock that no catalog row names, and decisions about them.

-- name: columns
o.sku_key, o.sku, o.live_title AS title, o.live_grade AS grade,
  o.live_quantity AS quantity, o.live_price AS price, o.listing_id,
  o.publication_state, d.decision, d.decided_at, d.decided_by

-- name: listings
-- Unmatched offers, and those that are to be set to 0 and are not yet.
SELECT {{columns}}
  FROM offer_view AS o LEFT JOIN listing_decision AS d
    ON d.store_id = o.store_id AND d.sku_key = o.sku_key
 WHERE o.store_id = :store AND o.desired_state = 'unmatched'
   AND o.listed AND o.live_quantity > 0
UNION ALL
SELECT {{columns}}
  FROM listing_decision AS d JOIN offer_view AS o
    ON o.store_id = d.store_id AND o.sku_key = d.sku_key
 WHERE d.store_id = :store AND d.decision = 'zero' AND o.desired_state = 'absent'
   AND o.ean IS NULL AND o.listed AND o.live_quantity > 0

-- name: filtered
  FROM ({{listings}}) AS l
 WHERE (CAST(:q AS text) IS NULL OR strpos(l.sku_key, lower(:q)) > 0
        OR strpos(lower(l.title), lower(:q)) > 0)
   AND (CAST(:grade AS text) IS NULL OR l.grade = :grade)
   AND (CAST(:decision AS text) IS NULL
        OR coalesce(l.decision, 'undecided') = :decision)

-- name: list
-- The listings that match the filter, by SKU, after a position; each with the row that
-- has the most similar title.
SELECT p.*, n.rename_sku, n.rename_title, n.rename_similarity, n.rename_listed
  FROM (SELECT l.* {{filtered}} AND l.sku_key > :after
         ORDER BY l.sku_key LIMIT :limit) AS p
  LEFT JOIN LATERAL (
    SELECT o.sku AS rename_sku, t.title AS rename_title,
           t.similarity AS rename_similarity, o.listed AS rename_listed
      FROM offer_title_view AS t JOIN offer_view AS o USING (store_id, sku_key)
     WHERE t.store_id = :store AND t.renames_key = p.sku_key
       AND o.desired_state = 'active'
     ORDER BY t.similarity DESC, t.sku_key LIMIT 1) AS n ON true
 ORDER BY p.sku_key

-- name: totals
-- How many listings match the filter, their units, and the decisions about them.
SELECT count(*) AS listings, coalesce(sum(l.quantity), 0) AS units,
       count(*) FILTER (WHERE l.decision IS NULL) AS undecided,
       count(*) FILTER (WHERE l.decision = 'ignore') AS ignore,
       count(*) FILTER (WHERE l.decision = 'zero') AS zero {{filtered}}

-- name: keys
-- SKU keys of all listings that match the filter.
SELECT l.sku_key {{filtered}} ORDER BY l.sku_key

-- name: named_keys
-- Of these SKU keys, those with such a listing.
SELECT l.sku_key FROM ({{listings}}) AS l WHERE l.sku_key = ANY(:keys) ORDER BY 1

-- name: at_zero
-- Of these SKU keys, those whose listing was set to 0 by a decision.
SELECT d.sku_key FROM listing_decision AS d JOIN offer_view AS o USING (store_id, sku_key)
 WHERE d.store_id = :store AND d.sku_key = ANY(:keys) AND d.decision = 'zero'
   AND o.desired_state = 'absent' AND o.ean IS NULL

-- name: decide
-- Stores a decision; an equal one keeps who made it and when. Returns the changed ones.
INSERT INTO listing_decision AS d (store_id, sku_key, decision, decided_by, decided_at)
SELECT :store, sku_key, :decision, :decided_by, now()
  FROM unnest(CAST(:keys AS text[])) AS k (sku_key) ORDER BY sku_key
ON CONFLICT (store_id, sku_key) DO UPDATE
   SET decision = excluded.decision, decided_by = excluded.decided_by,
       decided_at = excluded.decided_at
 WHERE d.decision <> excluded.decision
RETURNING d.sku_key

-- name: delete_obsolete
-- Decisions about SKUs that a row has named since, or whose listing is gone.
DELETE FROM listing_decision AS d
 WHERE d.store_id = :store
   AND NOT EXISTS (
     SELECT 1 FROM offer_view AS o
      WHERE o.store_id = d.store_id AND o.sku_key = d.sku_key
        AND (o.desired_state = 'unmatched'
             OR (o.desired_state = 'absent' AND o.ean IS NULL AND o.listed)))
