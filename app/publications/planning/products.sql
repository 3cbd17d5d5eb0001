-- Plans of products. `{{...}}` comes from products.py and product_updates.py.

-- name: awaits_product
-- Offers in error that a description of their product can help.
o.store_id = :store AND o.desired_state = 'active' AND o.in_error AND NOT o.listed
  AND o.error_code = ANY(:codes)

-- name: candidates
-- SKU keys of offers that need a product description, unknown EANs first.
SELECT o.sku_key FROM offer_view AS o WHERE {{awaits_product}}
 ORDER BY o.error_code <> 'unknown_product', o.sku_key LIMIT :limit

-- name: count_candidates
SELECT count(*) FROM offer_view AS o WHERE {{awaits_product}}

-- name: submitted
-- SKU keys of active offers whose product description Back Market accepted.
SELECT o.sku_key FROM submitted_product AS s
  JOIN offer_view AS o ON o.store_id = s.store_id AND o.sku_key = s.sku_key
 WHERE s.store_id = :store AND o.desired_state = 'active' AND o.listed
 ORDER BY o.sku_key LIMIT :limit

-- name: write_new
-- Writes the descriptions of unknown products, each with its listing at quantity 0.
WITH described AS (
  SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:products AS text[]),
                       CAST(:problems AS text[])) AS d (sku_key, product, problem)
),
ranked AS (
  SELECT o.*, d.product, d.problem, o.error_code = 'unknown_product' AS is_new,
         row_number() OVER (ORDER BY d.problem IS NOT NULL,
           o.error_code <> 'unknown_product', o.sku_key) AS seq
    FROM described AS d
    JOIN offer_view AS o ON o.sku_key = d.sku_key AND {{awaits_product}}
),
decided AS (
  SELECT *, CASE WHEN problem IS NOT NULL THEN 'rejected'
                 WHEN seq <= :lines THEN 'planned' ELSE 'deferred' END AS outcome
    FROM ranked
)
INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, method,
                    submission, before, after, fingerprint, outcome, code, message)
SELECT :publication, seq, sku_key, sku,
       CASE WHEN is_new THEN 'new' ELSE 'in_error' END,
       CASE WHEN is_new THEN {{lane_content}} ELSE {{lane_repeat}} END,
       CASE outcome WHEN 'planned' THEN 'batch' END,
       CASE outcome WHEN 'planned' THEN 1 + (seq - 1) / {{batch_lines}} END,
       '{}'::jsonb,
       jsonb_strip_nulls(jsonb_build_object(
         'ean', ean, 'grade', grade, 'new_battery', new_battery,
         'price', price::text, 'quantity', 0, 'product', product::jsonb)),
       fingerprint, outcome,
       CASE outcome WHEN 'rejected' THEN 'product_incomplete'
                    WHEN 'deferred' THEN 'line_budget' END,
       problem
  FROM decided

-- name: last_change
-- Where the plan ends so far.
SELECT coalesce(max(seq), 0) AS seq, coalesce(max(submission), 0) AS submission,
       count(*) FILTER (WHERE outcome = 'planned') AS planned
  FROM change WHERE publication_id = :publication

-- name: write_updates
-- Writes changed descriptions of submitted products, after the changes of the plan.
-- Before and after contain only the fields that differ.
WITH described AS (
  SELECT sku_key, jsonb_strip_nulls(CAST(product AS jsonb)) AS product
    FROM unnest(CAST(:keys AS text[]), CAST(:products AS text[]),
                CAST(:problems AS text[])) AS d (sku_key, product, problem)
   WHERE problem IS NULL
),
ranked AS (
  SELECT o.sku_key, o.sku, o.ean, o.fingerprint, d.product, s.product AS submitted,
         o.publication_state IS NOT DISTINCT FROM {{awaiting_validation}}
           AS takes_changes,
         row_number() OVER (ORDER BY
           o.publication_state IS DISTINCT FROM {{awaiting_validation}}, o.sku_key)
           AS position
    FROM described AS d
    JOIN offer_view AS o ON o.store_id = :store AND o.sku_key = d.sku_key
    JOIN submitted_product AS s ON s.store_id = :store AND s.sku_key = d.sku_key
   WHERE o.desired_state = 'active' AND o.listed AND d.product <> s.product
),
decided AS (
  SELECT *, CASE WHEN NOT takes_changes THEN 'held'
                 WHEN position <= :lines THEN 'planned' ELSE 'deferred' END AS outcome,
         (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(submitted)
           WHERE value IS DISTINCT FROM product -> key) AS before,
         (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(product)
           WHERE value IS DISTINCT FROM submitted -> key) AS after
    FROM ranked
)
INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, method,
                    submission, before, after, fingerprint, outcome, code)
SELECT :publication, :first + position, sku_key, sku, 'modified', {{lane_content}},
       CASE outcome WHEN 'planned' THEN 'batch' END,
       CASE outcome WHEN 'planned'
         THEN :submission + (position - 1) / {{batch_lines}} END,
       jsonb_build_object('product', before),
       CASE outcome
         WHEN 'planned' THEN jsonb_build_object('ean', ean, 'product', product)
         ELSE jsonb_build_object('product', after) END,
       fingerprint, outcome,
       CASE outcome WHEN 'held' THEN 'product_validated'
                    WHEN 'deferred' THEN 'line_budget' END
  FROM decided

-- name: digest
-- SHA-256 over the planned changes.
SELECT encode(sha256(convert_to(coalesce(string_agg(
         sku || ' ' || reason || ' ' || after::text, E'\n' ORDER BY seq), ''),
       'UTF8')), 'hex')
  FROM change WHERE publication_id = :publication AND outcome = 'planned'

-- name: count_outcomes
SELECT reason, outcome, count(*) AS changes FROM change
 WHERE publication_id = :publication GROUP BY 1, 2
