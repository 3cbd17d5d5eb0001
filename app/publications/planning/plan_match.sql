-- name: difference
-- How the changes of a publication differ from those of a plan, with examples.
WITH planned AS (
  SELECT sku_key, sku, reason, after FROM change
   WHERE publication_id = :plan AND outcome IN ('planned', 'deferred')
),
present AS (
  SELECT sku_key, sku, reason, after FROM change
   WHERE publication_id = :publication AND outcome IN ('planned', 'deferred')
),
differences AS (
  SELECT coalesce(present.sku, planned.sku) AS sku, sku_key,
         CASE WHEN planned.sku IS NULL THEN 'added'
              WHEN present.sku IS NULL THEN 'removed'
              ELSE 'changed' END AS kind
    FROM planned FULL JOIN present USING (sku_key)
   WHERE planned.sku IS NULL OR present.sku IS NULL
      OR planned.reason <> present.reason OR planned.after <> present.after
)
SELECT kind, count(*) AS changes,
       (array_agg(sku ORDER BY sku_key))[1:CAST(:examples AS int)] AS skus
  FROM differences GROUP BY kind
