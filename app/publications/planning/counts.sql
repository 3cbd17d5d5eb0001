-- name: disable_sort
-- There are few groups. With the statistics of a smaller store, the planner would at
-- times sort every change to find them.
SELECT set_config('enable_sort', 'off', true)

-- name: scan_by_key
-- Where a small part of a large lane is listed, the primary key returns it in order.
-- The planner does not know how many rows an action has, and would sort them all.
SELECT set_config(name, 'off', true) FROM unnest(ARRAY[
  'enable_sort', 'enable_seqscan', 'enable_bitmapscan']) AS name

-- name: scan_as_usual
-- Reverts `disable_sort` and `scan_by_key`.
SELECT set_config(name, 'on', true) FROM unnest(ARRAY[
  'enable_sort', 'enable_seqscan', 'enable_bitmapscan']) AS name

-- name: in_flight
-- SKU keys whose quantity another run of the store is sending as it is wanted now.
SELECT c.sku_key FROM publication AS p
  JOIN change AS c ON c.publication_id = p.id AND c.outcome = 'planned'
                  AND c.after ? 'quantity'
 WHERE p.store_id = :store AND p.id <> :publication
   AND p.state IN ('planning', 'sending', 'waiting')
   AND (SELECT c.fingerprint IS NOT DISTINCT FROM o.fingerprint FROM offer_view AS o
         WHERE o.store_id = p.store_id AND o.sku_key = c.sku_key)

-- name: listed_with_stock
-- Offers online with stock, counted up to a limit.
SELECT count(*) FROM (
  SELECT 1 FROM offer_view WHERE store_id = :store AND listed
     AND live_quantity > 0 ORDER BY sku_key LIMIT :limit) AS listed_offers

-- name: holds_and_repairs
-- Whether the store has held changes, and listings whose price drifted.
SELECT EXISTS (SELECT 1 FROM hold WHERE store_id = :store) AS holds,
       EXISTS (SELECT 1 FROM offer_check_view WHERE store_id = :store
                  AND drift IS NOT NULL AND drift ? 'price') AS repairs

-- name: active_siblings
-- The desired state of an inactive store does not count: its catalog is not updated.
SELECT id FROM store_view WHERE id = ANY(:siblings) AND active
