-- name: unseen
-- Unpaid orders that were not read for an hour, open ones for six; longer for old ones.
SELECT marketplace_id FROM sales_order
 WHERE account_id = :account AND state IN (0, 10, 1, 3)
   AND read_at < now() - greatest(
     CASE WHEN state IN (0, 10) THEN interval '1 hour' ELSE interval '6 hours' END,
     (now() - created_at) / 8)
 ORDER BY read_at LIMIT :limit

-- name: mark_read
-- An order was read, whether it changed or not; `missing`: Back Market answers 404.
UPDATE sales_order
   SET read_at = now(),
       missing_since = CASE WHEN :missing THEN coalesce(missing_since, now()) END
 WHERE account_id = :account AND marketplace_id = :number
