-- name: release_old_files
-- Files that only catalogs past the newest N of a store use, or superseded ones, which
-- do not count; the rows stay.
WITH ranked AS (
  SELECT id, store_id, mode, state, storage_key,
         row_number() OVER (PARTITION BY store_id, state = 'superseded'
                            ORDER BY id DESC) AS place
    FROM catalog WHERE storage_key <> ''
),
old AS (
  SELECT id, storage_key FROM ranked
   WHERE (place > :keep AND state IN ('ready', 'rejected') OR state = 'superseded')
     AND id NOT IN (SELECT current_catalog_id FROM store_view
                     WHERE current_catalog_id IS NOT NULL)
     -- Partial catalogs count for as long as the full one before them.
     AND NOT (mode = 'partial' AND id > (
       SELECT coalesce(current_catalog_id, '00000000-0000-0000-0000-000000000000')
         FROM store_view WHERE store_view.id = ranked.store_id))
)
UPDATE catalog SET storage_key = ''
 WHERE id IN (SELECT id FROM old
               WHERE storage_key NOT IN (
                 SELECT storage_key FROM ranked WHERE id NOT IN (
                   SELECT id FROM old)))
RETURNING (SELECT storage_key FROM old WHERE old.id = catalog.id)
