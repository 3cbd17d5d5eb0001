-- Alternatives that make up the variants of the plan statements (plan*.sql).

-- name: state_own
o.desired_state

-- name: state_leaving
-- A store that leaves sells nothing, whatever its catalog says.
'absent'

-- name: differs_own
o.dirty

-- name: differs_leaving
({{goes_to_zero}})

-- name: target_own
CASE WHEN o.desired_state = 'absent' THEN 0 ELSE o.desired_quantity END

-- name: target_leaving
0

-- name: siblings_none
CROSS JOIN (SELECT false AS sells,
                     NULL::text AS ean, NULL::text AS grade) AS siblings

-- name: siblings_joined
-- What other stores of the account want under the same SKU. Stock is one number per
-- listing for all countries (Back Market API, listings); the account's policy decides
-- which store it follows. Every store computes the same number, so that the first run
-- sends what all others would.
LEFT JOIN LATERAL (
    SELECT CASE WHEN CAST(:policy AS text) = 'max' THEN max(desired_quantity)
                ELSE coalesce(max(desired_quantity) FILTER (WHERE leads),
                              min(desired_quantity)) END AS desired_quantity,
           bool_or(leads AND desired_quantity IS NOT NULL) AS leader_sells,
           bool_or(sells) AS sells, min(ean) AS ean, min(grade) AS grade
      FROM (SELECT s.store_id = CAST(:leader AS uuid) AS leads,
                   CASE WHEN s.desired_state = 'active'
                          OR (s.desired_state = 'retained' AND s.listed)
                        THEN s.desired_quantity END AS desired_quantity,
                   s.desired_state IN ('active', 'retained') AND s.listed
                     AND coalesce(s.desired_quantity, s.live_quantity, 0) > 0 AS sells,
                   CASE WHEN s.listed THEN s.live_ean END AS ean,
                   CASE WHEN s.listed THEN s.live_grade END AS grade
              FROM offer_view AS s
             WHERE s.store_id = ANY(:siblings) AND s.sku_key = o.sku_key) AS each_store
  ) AS siblings ON true

-- name: target_shared
CASE
           WHEN o.desired_state = 'absent' AND siblings.sells
             THEN coalesce(siblings.desired_quantity, o.live_quantity)
           WHEN o.desired_state = 'absent' THEN 0
           WHEN o.store_id = CAST(:leader AS uuid) THEN o.desired_quantity
           WHEN siblings.leader_sells THEN siblings.desired_quantity
           WHEN CAST(:policy AS text) = 'max'
             THEN greatest(o.desired_quantity, siblings.desired_quantity)
           ELSE least(o.desired_quantity, siblings.desired_quantity) END

-- name: every_offer
true

-- name: plainly_new
-- A new offer that neither brake nor margin guard can hold.
o.desired_state = 'active' AND NOT o.listed AND NOT o.in_error AND o.cost IS NULL

-- name: not_plainly_new
NOT ({{plainly_new}})

-- name: guarded_offer
-- Only an offer that is online or has a cost can be held.
(o.listed OR o.cost IS NOT NULL)

-- name: unguarded_offer
NOT o.listed AND o.cost IS NULL

-- name: other_market_none
false

-- name: other_market_looked_up
-- Whether the listing is online in a market without a store. One look-up per offer: a
-- join would lose the order of the primary key.
EXISTS (SELECT 1 FROM other_market_listing_view AS elsewhere
             WHERE elsewhere.account_id = :account AND elsewhere.sku_key = o.sku_key)

-- name: also_held
-- Changes that are sent, but for a part that is held.
count(*) FILTER (WHERE split)

-- name: also_held_quantities
count(*) FILTER (WHERE split) + count(*) FILTER (WHERE quantity_held)

-- name: or_quantity_held
OR quantity_held

-- name: held_quantities
-- Quantities that are held because of other markets, apart from the rest of the change.
UNION ALL
  SELECT *, true AS not_sent, true AS quantity_only FROM resolved
   WHERE :some_not_sent AND quantity_held

-- name: quantity_lane
CASE WHEN target_quantity < live_quantity THEN {{lane_stock_down}}
                   ELSE {{lane_stock_up}} END

-- name: other_market_code
CAST(:other_market_code AS text)

-- name: no_code
NULL::text

-- name: in_flight_none
true

-- name: in_flight_compared
-- A quantity that another run of the account is sending is not sent again.
target_quantity IS DISTINCT FROM (CAST(:in_flight AS jsonb) ->> sku_key)::int

-- name: holds_none
NULL::text AS zero_hold, false AS zero_decided,
    NULL::text AS price_hold, false AS price_decided

-- name: holds_columns
-- `zero_hold` and `price_hold`: `approved`, or the code that held this content before.
-- A decision to set an unmatched listing to 0 is the approval.
CASE WHEN zero.state = 'approved' AND zero.expires_at > now()
           OR unmatched.decision IS NOT NULL THEN 'approved'
         ELSE zero.code END AS zero_hold,
    coalesce(zero.state = 'rejected'
      OR zero.state = 'approved' AND zero.expires_at > now(), false)
      OR unmatched.decision IS NOT NULL AS zero_decided,
    CASE WHEN repriced.state = 'approved' AND repriced.expires_at > now()
         THEN 'approved' ELSE repriced.code END AS price_hold,
    coalesce(repriced.state = 'rejected'
      OR repriced.state = 'approved' AND repriced.expires_at > now(), false)
      AS price_decided

-- name: holds_joined
LEFT JOIN hold AS zero ON zero.store_id = :store AND zero.kind = 'zero'
    AND zero.sku_key = d.sku_key AND zero.content = d.target_quantity::text
  LEFT JOIN listing_decision_view AS unmatched ON unmatched.store_id = :store
    AND unmatched.sku_key = d.sku_key AND unmatched.decision = 'zero'
    AND d.desired_state = 'absent' AND d.ean IS NULL
  LEFT JOIN hold AS repriced ON repriced.store_id = :store AND repriced.kind = 'price'
    AND repriced.sku_key = d.sku_key AND repriced.content = d.price::text

-- name: base_price_live
d.live_price

-- name: base_price_repaired
-- After a price drift, `live_price` is what the listing shows. How far the price
-- moves is measured from what was accepted before: a repair is not a price jump.
coalesce((checked.drift #>> '{price,ours}')::numeric, d.live_price)

-- name: drift_joined
LEFT JOIN offer_check_view AS checked ON checked.store_id = :store
    AND checked.sku_key = d.sku_key
    AND checked.drift IS NOT NULL AND checked.drift ? 'price'

-- name: fence
-- PostgreSQL would copy the expression of a step into each place that uses it, and the
-- text would grow with every step. OFFSET 0 prevents that.
OFFSET 0

-- name: fence_by_key
-- With `by_key`, the primary key returns a lane in order and the rest is not read.
ORDER BY sku_key OFFSET 0

-- name: nothing

