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
-- Quantities of the store's offers that another run of the account is sending: lines of
-- submissions that are not settled. Not those of pending submissions that will be
-- superseded, nor those of ended runs whose listings were read since. Of two different
-- quantities, the one that is written last is not known: such offers are left out.
SELECT c.sku_key, min((c.after ->> 'quantity')::int) AS quantity
  FROM submission AS d
  JOIN publication AS p ON p.id = d.publication_id
  JOIN change AS c ON c.publication_id = d.publication_id AND c.submission = d.seq
 WHERE d.account_id = :account AND d.state <> 'settled'
   AND d.publication_id <> :publication
   AND (p.finished_at IS NULL OR d.reason_code IS DISTINCT FROM :read_back)
   AND c.outcome IN ('planned', 'unconfirmed') AND c.after ? 'quantity'
   AND (d.state <> 'pending'
        OR (SELECT o.fingerprint IS NOT DISTINCT FROM c.fingerprint
                   AND o.live_quantity
                       IS NOT DISTINCT FROM (c.before ->> 'quantity')::int
              FROM offer_view AS o
             WHERE o.store_id = p.store_id AND o.sku_key = c.sku_key))
   AND (SELECT own.dirty FROM offer_view AS own
         WHERE own.store_id = :store AND own.sku_key = c.sku_key)
 GROUP BY c.sku_key
HAVING min((c.after ->> 'quantity')::int) = max((c.after ->> 'quantity')::int)

-- name: listed_with_stock
-- Offers online with stock, counted up to a limit.
SELECT count(*) FROM (
  SELECT 1 FROM offer_view WHERE store_id = :store AND listed
     AND live_quantity > 0 ORDER BY sku_key LIMIT :limit) AS listed_offers

-- name: what_the_store_has
-- Whether the store has held changes or decisions that count as approvals, and listings
-- whose price drifted. Also, if listings are online in other markets and their quantity
-- is not shared with them: the account's decision, `undecided` or `protect`.
SELECT EXISTS (SELECT 1 FROM hold WHERE store_id = :store)
         OR EXISTS (SELECT 1 FROM listing_decision_view WHERE store_id = :store
                       AND decision = 'zero') AS holds,
       EXISTS (SELECT 1 FROM offer_check_view WHERE store_id = :store
                  AND drift IS NOT NULL AND drift ? 'price') AS repairs,
       (SELECT coalesce(a.other_markets, 'undecided') FROM seller_account_view AS a
         WHERE a.id = :account AND a.other_markets IS DISTINCT FROM 'share'
           AND EXISTS (SELECT 1 FROM other_market_listing_view AS elsewhere
                        WHERE elsewhere.account_id = a.id)) AS other_markets

-- name: active_siblings
-- The desired state of an inactive store does not count: its catalog is not updated.
SELECT id FROM store_view WHERE id = ANY(:siblings) AND active
