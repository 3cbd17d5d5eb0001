-- Statements on the psycopg connection of an import.

-- name: set_ready
-- Records the result of an import, unless the catalog is no longer being imported.
UPDATE catalog SET
  state = 'ready', phase = NULL, finished_at = now(),
  counts = %(counts)s, detected = %(detected)s, columns = %(columns)s,
  source_categories = %(source_categories)s, problem_counts = %(problem_counts)s,
  excluded_by = %(excluded_by)s, empty_fields = %(empty_fields)s,
  config_version = %(config_version)s,
  duplicate_of = NULL, reason_code = NULL, reason = NULL, accepted = NULL
 WHERE id = %(catalog)s AND state = 'importing'

-- name: import_partial_again
-- Partial catalogs after a full one must be imported again after it.
UPDATE catalog SET state = 'importing'
 WHERE store_id = %s AND id > %s AND mode = 'partial' AND state = 'ready'
   AND storage_key <> ''
