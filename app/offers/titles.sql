-- Titles of the catalog that were compared with titles of listings.

-- name: unmatched
-- Listings of no catalog that a new row may rename.
SELECT sku_key, live_grade AS grade, live_title AS title FROM offer
 WHERE store_id = :store AND desired_state = 'unmatched' AND listed
   AND live_quantity > 0 AND live_title IS NOT NULL AND live_grade IS NOT NULL
 ORDER BY sku_key LIMIT :most

-- name: new
-- New offers of a grade that such a listing has, and those that were found to rename one.
-- EXISTS: without such a listing, the new offers of a first load are not read.
SELECT sku_key, grade FROM offer
 WHERE store_id = :store AND dirty AND desired_state = 'active' AND NOT listed
   AND grade IN (SELECT grade FROM ({{unmatched}}) AS u)
   AND EXISTS (SELECT 1 FROM ({{unmatched}}) AS u)
UNION
SELECT o.sku_key, o.grade FROM offer_title AS t JOIN offer AS o USING (store_id, sku_key)
 WHERE t.store_id = :store AND t.renames_key IS NOT NULL AND o.desired_state = 'active'
   AND EXISTS (SELECT 1 FROM ({{unmatched}}) AS u WHERE u.sku_key = t.renames_key)
 ORDER BY sku_key LIMIT :most

-- name: imported
-- Offers with a listing that refeed did not create: its EAN is not known.
SELECT sku_key, live_title AS title FROM offer
 WHERE store_id = :store AND listed AND live_ean IS NULL AND live_title IS NOT NULL
   AND desired_state = 'active'
 ORDER BY sku_key LIMIT :most_imported

-- name: state
-- A hash of all that is to be compared, and whether there is more than is compared.
WITH unmatched AS MATERIALIZED ({{unmatched}}),
new AS MATERIALIZED ({{new}}),
imported AS MATERIALIZED ({{imported}})
SELECT concat_ws(' ', u.digest, n.digest, i.digest) AS digest,
       u.offers + n.offers + i.offers = 0 AS is_empty,
       u.offers = :most OR n.offers = :most AS is_cut,
       (SELECT digest FROM title_check WHERE store_id = :store) AS compared
  FROM (SELECT count(*) AS offers,
               sum(hashtextextended(concat_ws('|', sku_key, grade, title), 0)) AS digest
          FROM unmatched) AS u,
       (SELECT count(*) AS offers,
               sum(hashtextextended(concat_ws('|', sku_key, grade), 1)) AS digest
          FROM new) AS n,
       (SELECT count(*) AS offers,
               sum(hashtextextended(concat_ws('|', sku_key, title), 2)) AS digest
          FROM imported) AS i

-- name: note
-- Stores what was compared; the row lock makes comparisons of a store take turns.
INSERT INTO title_check (store_id, digest, is_cut, checked_at)
VALUES (:store, :digest, :is_cut, now())
ON CONFLICT (store_id) DO UPDATE SET
  digest = excluded.digest, is_cut = excluded.is_cut, checked_at = excluded.checked_at

-- name: add
INSERT INTO offer_title (store_id, sku_key, title, similarity, renames_key)
SELECT :store, t.* FROM unnest(
         CAST(:keys AS text[]), CAST(:titles AS text[]), CAST(:similarities AS int[]),
         CAST(:renames AS text[])) AS t (sku_key, title, similarity, renames_key)
 ORDER BY sku_key

-- name: delete
DELETE FROM offer_title WHERE store_id = :store

-- name: delete_check
DELETE FROM title_check WHERE store_id = :store

-- name: warning
-- The warning about the title `t` of an offer `o`, if there is one.
CASE WHEN t.renames_key IS NOT NULL THEN 'probable_rename'
     WHEN o.listed AND t.similarity < {{low_similarity}} THEN 'title_differs' END
