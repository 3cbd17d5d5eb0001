-- name: add_in_flight
-- SKUs that an unsettled submission of the account may be changing.
INSERT INTO in_flight
SELECT DISTINCT c.sku_key FROM submission AS d
  JOIN change AS c ON c.publication_id = d.publication_id AND c.submission = d.seq
 WHERE d.account_id = :account AND d.state NOT IN ('settled', 'pending')
   AND c.outcome IN ('planned', 'unconfirmed')

-- name: mark_changes
-- Only changes whose values were live before the comparison: later changes have replaced
-- the others.
UPDATE change AS c
   SET outcome = CASE WHEN v.bad THEN 'unconfirmed' ELSE c.outcome END,
       code = CASE WHEN v.bad THEN 'not_applied' ELSE c.code END,
       confirmed_at = CASE WHEN v.bad THEN NULL ELSE now() END
  FROM (SELECT d.publication_id, d.seq,
               d.after ?| m.not_applied OR 'listing' = ANY(m.not_applied) AS bad,
               m.*
          FROM compared AS m JOIN change AS d ON d.sku_key = m.sku_key
         WHERE d.publication_id = ANY(:publications) AND d.outcome = 'accepted'
           AND d.confirmed_at IS NULL) AS v
 WHERE c.publication_id = v.publication_id AND c.seq = v.seq
   AND (v.bad OR NOT (v.vanished
        OR c.after ?| ARRAY(SELECT jsonb_object_keys(v.drift))))
   AND (NOT c.after ? 'price' OR (c.after ->> 'price')::numeric
        IS NOT DISTINCT FROM v.price)
   AND (NOT c.after ? 'quantity' OR (c.after ->> 'quantity')::int
        IS NOT DISTINCT FROM v.quantity)
   AND (NOT c.after ? 'min_price' OR (c.after ->> 'min_price')::numeric
        IS NOT DISTINCT FROM v.min_price)
   AND (NOT c.after ? 'warranty_delay' OR (c.after ->> 'warranty_delay')::int
        IS NOT DISTINCT FROM v.warranty_delay)
   AND (NOT c.after ? 'comment' OR (c.after ->> 'comment')::text
        IS NOT DISTINCT FROM v.comment)
RETURNING c.publication_id
