-- name: state_in_error
in_error

-- name: state_invalid
NOT in_error AND (desired_state = 'retained' OR (problems <> 0 AND NOT listed))

-- name: state_awaiting_validation
desired_state = 'active' AND listed AND publication_state = 1 AND NOT in_error

-- name: state_unconfirmed
-- Accepted by Back Market but not shown by the listing: will be sent again.
dirty AND NOT in_error AND desired_state <> 'retained'
  AND (problems = 0 OR listed)
  AND publication_state IS DISTINCT FROM 1
  AND coalesce(drift @? '$.*.kind ? (@ == "not_applied")', false)

-- name: state_held
-- The last plan held a change of it.
held_code IS NOT NULL AND NOT ({{state_unconfirmed}}) AND dirty AND NOT in_error
  AND desired_state <> 'retained' AND (problems = 0 OR listed)
  AND NOT (listed AND desired_state = 'active'
           AND publication_state IS NOT DISTINCT FROM 1)

-- name: state_pending
NOT ({{state_unconfirmed}}) AND held_code IS NULL AND dirty AND NOT in_error
  AND desired_state <> 'retained'
  AND NOT (listed AND desired_state = 'active'
           AND publication_state IS NOT DISTINCT FROM 1)

-- name: state_withdrawn
desired_state = 'absent' AND listed AND NOT dirty AND NOT in_error

-- name: state_absent
desired_state = 'absent' AND NOT listed AND problems = 0 AND NOT in_error

-- name: state_published
desired_state = 'active' AND NOT dirty AND NOT in_error
  AND publication_state IS DISTINCT FROM 1

-- name: state_unmatched
-- A listing that no catalog has named; not part of the list of all offers.
desired_state = 'unmatched'

-- name: totals
-- Offers by state: the first condition that holds, in the order of `offer_out`.
SELECT CASE WHEN {{state_in_error}} THEN 'in_error'
            WHEN {{state_unmatched}} THEN 'unmatched'
            WHEN {{state_invalid}} THEN 'invalid'
            WHEN {{state_awaiting_validation}} THEN 'awaiting_validation'
            WHEN {{state_unconfirmed}} THEN 'unconfirmed'
            WHEN dirty AND held_code IS NOT NULL THEN 'held'
            WHEN dirty THEN 'pending'
            WHEN desired_state <> 'absent' THEN 'published'
            WHEN listed THEN 'withdrawn' ELSE 'absent' END AS state,
       count(*) AS offers
  FROM offer_view AS o LEFT JOIN (
         SELECT store_id, sku_key, drift FROM offer_check_view
          WHERE store_id = :id AND drift IS NOT NULL) AS k USING (store_id, sku_key)
 WHERE store_id = :id GROUP BY 1

-- name: offers
-- Offers of a store with their drift and price floor.
SELECT o.*, confirmed_at, drift, {{floor}} AS floor, t.title, t.similarity,
       {{title_warning}} AS title_warning
  FROM offer_view AS o LEFT JOIN offer_check_view AS k USING (store_id, sku_key)
  LEFT JOIN offer_title AS t USING (store_id, sku_key)
 WHERE store_id = :id

-- name: usual
-- All offers, without listings that no catalog has named.
desired_state <> 'unmatched'

-- name: with_prefix
sku_key >= :low AND sku_key < :high

-- name: with_ean
ean = ANY(:eans)

-- name: with_part
-- Of the next offers only, so that a page has a bounded cost.
(CAST(:frontier AS text) IS NULL OR sku_key <= :frontier)
  AND (strpos(sku_key, :part) > 0
       OR strpos(lower(coalesce(live_title, t.title, '')), :part) > 0)

-- name: searchable
-- Which of the indexed searches finds an offer of the store.
SELECT EXISTS (SELECT 1 FROM offer_view WHERE store_id = :id
                  AND sku_key >= :low AND sku_key < :high) AS with_prefix,
       EXISTS (SELECT 1 FROM offer_view WHERE store_id = :id
                  AND ean = ANY(:eans)) AS with_ean

-- name: by_index
-- For the transaction: offers are read in the order of their key. Without statistics of
-- stores, a sort of all offers of the store would seem cheaper.
SELECT set_config('enable_sort', 'off', true),
       set_config('enable_bitmapscan', 'off', true)

-- name: frontier
-- The last offer that a page visits, and the next one if there is one.
SELECT sku_key FROM offer_view WHERE store_id = :id AND sku_key > :after
 ORDER BY sku_key OFFSET :visits LIMIT 2

-- name: one
{{offers}} AND sku_key = :key
