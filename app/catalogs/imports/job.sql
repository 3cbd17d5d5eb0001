-- Statements on the psycopg connection of an import.

-- name: set_ready
-- Records the result of an import, unless the catalog is no longer being imported. If the
-- settings of the store have changed since it began, it stays `importing`: the next
-- import corrects the offers, and no publication may start before that.
UPDATE catalog AS c SET
  state = CASE WHEN s.config_version = %(config_version)s THEN 'ready'
               ELSE 'importing' END,
  phase = NULL, finished_at = now(),
  counts = %(counts)s, detected = %(detected)s, columns = %(columns)s,
  source_categories = %(source_categories)s, problem_counts = %(problem_counts)s,
  excluded_by = %(excluded_by)s, empty_fields = %(empty_fields)s,
  config_version = %(config_version)s,
  duplicate_of = NULL, reason_code = NULL, reason = NULL, accepted = NULL
  FROM store_view AS s
 WHERE c.id = %(catalog)s AND c.state = 'importing' AND s.id = c.store_id
RETURNING c.state

-- name: import_partial_again
-- Partial catalogs after a full one must be imported again after it.
UPDATE catalog SET state = 'importing'
 WHERE store_id = %s AND id > %s AND mode = 'partial' AND state = 'ready'
   AND storage_key <> ''

-- name: supersede
-- Ends the full uploads that waited before a full one that is now `ready`.
SELECT refeed_supersede_catalogs(%s)

-- name: set_phase
UPDATE catalog SET phase = %s WHERE id = %s
