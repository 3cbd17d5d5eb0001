-- Statements on the psycopg connection of an import; `{...}` are psycopg's placeholders.

-- name: upsert
-- Writes `incoming` in the order of the key, so that row locks have one order. A live
-- listing that was never desired (its rows have no mapped category, or are excluded) is
-- not withdrawn: it stays `unmatched`.
INSERT INTO offer AS o (store_id, {columns})
SELECT %s, {columns} FROM incoming ORDER BY sku_key
ON CONFLICT (store_id, sku_key) DO UPDATE SET
  desired_state = CASE
    WHEN o.desired_state = 'unmatched' AND excluded.desired_state = 'absent'
      THEN 'unmatched' ELSE excluded.desired_state END,
  fingerprint = excluded.fingerprint,
  problems = excluded.problems,
  quantity = CASE excluded.desired_state
    WHEN 'active' THEN excluded.quantity
    WHEN 'retained' THEN coalesce(excluded.quantity, o.quantity)
    ELSE o.quantity END,
  {values}

-- name: if_active
{field} = CASE excluded.desired_state WHEN 'active' THEN excluded.{field}
  ELSE o.{field} END

-- name: state_partial
-- The time that a partial catalog speaks for, on the offers that it names.
UPDATE offer SET quantity_as_of = %(as_of)s
 WHERE store_id = %(store)s AND sku_key = ANY(%(named)s)
   AND (quantity_as_of IS NULL OR quantity_as_of < %(as_of)s)
