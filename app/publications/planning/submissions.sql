-- name: write
-- One submission for each number that the planned changes have. Creations have a grade.
INSERT INTO submission (publication_id, seq, account_id, method, action, state, lines,
                        polls, attempts)
SELECT :publication, submission, :account, min(method),
       CASE WHEN min(after ->> 'grade') IS NULL THEN 'update' ELSE 'create' END,
       'pending', count(*), 0, 0
  FROM change
 WHERE publication_id = :publication AND submission IS NOT NULL
 GROUP BY submission

-- name: add_title_warnings
-- Warns of changes whose title is that of an unmatched listing, or not that of their
-- own. Most stores have no compared titles: then nothing is read.
UPDATE change AS c SET warnings = array_append(c.warnings, {{title_warning}})
  FROM offer_title_view AS t JOIN offer_view AS o USING (store_id, sku_key)
 WHERE c.publication_id = :publication AND t.store_id = :store
   AND t.sku_key = c.sku_key AND {{title_warning}} IS NOT NULL
   AND EXISTS (SELECT 1 FROM offer_title_view WHERE store_id = :store)
