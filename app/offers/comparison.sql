-- Compares listings, as they were read, with the live state of offers. The statements
-- work on temporary tables, for one listing or for all listings of a store. Rules of
-- the fields, from Back Market's API:
-- * quantity falls with each sale, as the live quantity does once the order is known: less
--   is drift only if all orders are known;
-- * a field that the store does not manage (NULL) is no drift;
-- * the grade cannot be changed (section 4.3): another grade is another product.

-- name: create_seen
-- Listings that were read; `awaited` names the fields that were accepted just now.
CREATE TEMP TABLE seen (
  sku_key text COLLATE "C" PRIMARY KEY, found boolean, listing_id text, older_id text,
  grade text, price numeric(12, 2), min_price numeric(12, 2), quantity bigint,
  warranty_delay bigint, comment text, publication_state smallint,
  max_price numeric(12, 2), sku text, title text, product_id text,
  backmarket_id bigint,
  awaited text[] NOT NULL DEFAULT '{}'
) ON COMMIT DROP

-- name: create_sold
-- Units sold about when the live quantity was accepted, and units sold after reading
-- began: the listing may be lower or higher by so much.
CREATE TEMP TABLE sold (sku_key text COLLATE "C" PRIMARY KEY, units bigint, later bigint)
  ON COMMIT DROP

-- name: create_in_flight
-- SKUs that an unsettled submission may be changing: not compared.
CREATE TEMP TABLE in_flight (sku_key text COLLATE "C" PRIMARY KEY) ON COMMIT DROP

-- name: create_compared
-- The result: per offer what differs, and the values that were live before.
CREATE TEMP TABLE compared (
  sku_key text COLLATE "C" PRIMARY KEY, vanished boolean, was_dirty boolean,
  price numeric(12, 2), quantity int, min_price numeric(12, 2),
  warranty_delay smallint, comment text, stock_shown boolean, drift jsonb,
  not_applied text[]
) ON COMMIT DROP

-- name: add_seen
INSERT INTO seen ({{listing_columns}}, awaited)
SELECT {{listing_columns}}, coalesce(string_to_array(awaited, ' '), '{}')
  FROM unnest({{listing_arrays}}, CAST(:awaited AS text[])) AS t ({{listing_columns}}, awaited)

-- name: compare
-- An offer that was written since the listings were read is not compared.
INSERT INTO compared
WITH looked AS (
  SELECT o.sku_key, o.desired_state, o.dirty, o.listing_id AS o_listing_id,
         o.live_price, o.live_quantity, o.live_min_price,
         o.live_warranty_delay, o.live_comment, o.live_grade,
         o.min_price IS NOT NULL AND o.live_min_price IS NOT NULL AS has_min_price,
         o.warranty_delay IS NOT NULL AND o.live_warranty_delay IS NOT NULL
           AS has_warranty,
         o.comment IS NOT NULL AND o.live_comment IS NOT NULL AS has_comment,
         s.found, s.grade, s.price, s.min_price, s.quantity, s.warranty_delay,
         s.comment, s.awaited, coalesce(b.units, 0) AS units, o.units_sold,
         coalesce(b.later, 0) AS later,
         k.price AS k_price, k.quantity AS k_quantity, k.min_price AS k_min_price,
         k.warranty_delay AS k_warranty_delay, k.comment_sum AS k_comment_sum,
         k.confirmed_at AS k_confirmed_at, k.drift AS k_drift
    FROM seen AS s
    JOIN offer AS o ON o.store_id = :store AND o.sku_key = s.sku_key
    LEFT JOIN offer_check AS k ON k.store_id = o.store_id AND k.sku_key = o.sku_key
    LEFT JOIN sold AS b ON b.sku_key = o.sku_key
   WHERE o.listed AND o.desired_state <> 'unmatched'
     AND o.sku_key NOT IN (SELECT sku_key FROM in_flight)
     AND NOT EXISTS (SELECT 1 FROM offer AS w WHERE w.store_id = ANY(:stores)
                       AND w.sku_key = o.sku_key AND w.live_at > :since)
),
differing AS (
  SELECT *, NOT found AS d_listing,
    found AND desired_state = 'active' AND live_price IS NOT NULL
      AND price IS DISTINCT FROM live_price AS d_price,
    found AND desired_state = 'active' AND has_min_price
      AND min_price IS DISTINCT FROM live_min_price AS d_min_price,
    found AND desired_state = 'active' AND has_warranty
      AND warranty_delay <> live_warranty_delay AS d_warranty_delay,
    found AND desired_state = 'active' AND has_comment
      AND btrim(coalesce(comment, ''), E' \t\r\n')
        <> btrim(live_comment, E' \t\r\n') AS d_comment,
    found AND desired_state = 'active' AND grade <> live_grade AS d_grade,
    found AND (quantity > live_quantity + later OR (:orders_known
      AND quantity < live_quantity - units)) AS d_quantity
  FROM looked
)
SELECT sku_key, NOT found, dirty, live_price, live_quantity,
       live_min_price, live_warranty_delay, live_comment,
       coalesce(found AND (quantity BETWEEN live_quantity AND live_quantity + later
         OR (:orders_known
             AND quantity BETWEEN live_quantity - units AND live_quantity)), false),
       d.drift,
       ARRAY(SELECT key FROM jsonb_each(d.drift) WHERE value ->> 'kind' = 'not_applied')
  FROM differing, LATERAL (SELECT {{drift}} AS drift) AS d

-- name: move_live_state
-- The live state becomes what the listing shows, so that the offer differs again.
UPDATE offer AS o
   SET {{moved_price}}, {{moved_quantity}},
       {{moved_min_price}},
       {{moved_warranty_delay}},
       {{moved_comment}}, {{moved_grade}},
       live_quantity_at = CASE WHEN c.drift #>> '{quantity,action}' = 'sent_again'
         THEN :since ELSE o.live_quantity_at END,
       listed = NOT c.vanished,
       listing_id = CASE WHEN c.vanished THEN NULL
         WHEN o.listing_id IN (s.listing_id, s.older_id) THEN o.listing_id
         ELSE coalesce(s.listing_id, s.older_id, o.listing_id) END,
       publication_state = coalesce(s.publication_state, o.publication_state),
       max_price = coalesce(s.max_price, o.max_price)
  FROM compared AS c JOIN seen AS s USING (sku_key)
 WHERE o.store_id = :store AND o.sku_key = c.sku_key
   AND (c.drift <> '{}' OR s.publication_state IS DISTINCT FROM o.publication_state
        OR coalesce(s.max_price, o.max_price) IS DISTINCT FROM o.max_price
        OR o.listing_id IS NULL OR o.listing_id NOT IN (s.listing_id, s.older_id))

-- name: respell
-- The SKU as the listing spells it, which is the same for all stores of the account.
-- Also of one without a price in the store's market.
UPDATE offer AS o SET live_sku = s.sku FROM seen AS s
 WHERE o.store_id = ANY(:stores) AND o.sku_key = s.sku_key AND s.found
   AND s.sku IS NOT NULL AND o.live_sku IS DISTINCT FROM s.sku

-- name: move_shared
-- Quantity and existence of a listing are the same for all stores of the account.
UPDATE offer AS o
   SET live_quantity = CASE WHEN c.vanished THEN o.live_quantity
                                ELSE s.quantity::int END,
       live_quantity_at = :since, listed = NOT c.vanished,
       listing_id = CASE WHEN c.vanished THEN NULL ELSE o.listing_id END
  FROM compared AS c JOIN seen AS s USING (sku_key)
 WHERE o.store_id = ANY(:siblings) AND o.sku_key = c.sku_key AND o.listed
   AND (c.vanished OR c.drift #>> '{quantity,action}' = 'sent_again')

-- name: keep_checks
-- Drift stays reported until the desired value was sent again and shown.
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

-- name: reset_vanished
-- A listing that is created again starts anew: none of its values has been shown yet.
UPDATE offer_check AS k
   SET confirmed_at = NULL, price = NULL, quantity = NULL, min_price = NULL,
       warranty_delay = NULL, comment_sum = NULL
  FROM compared AS c
 WHERE c.vanished AND k.store_id = :store AND k.sku_key = c.sku_key

-- name: count
SELECT count(*) FILTER (WHERE drift = '{}') AS confirmed,
       count(*) FILTER (WHERE drift <> '{}' AND NOT vanished
                          AND not_applied = '{}') AS drifted,
       count(*) FILTER (WHERE not_applied <> '{}') AS unconfirmed,
       count(*) FILTER (WHERE vanished AND not_applied = '{}') AS vanished
  FROM compared
