-- name: due
-- Active stores whose next run of a kind is due, each locked by one scheduler.
SELECT s.id, s.account_id, s.{{kind}}_interval_s AS interval_s, a.connection
  FROM store_view AS s
  JOIN seller_account_view AS a ON a.id = s.account_id
 WHERE s.active AND s.publish_{{kind}} AND s.next_{{kind}}_at <= now()
 ORDER BY s.next_{{kind}}_at LIMIT :limit FOR UPDATE OF s SKIP LOCKED

-- name: any_due
EXISTS (SELECT 1 FROM store_view AS s
         WHERE s.active AND s.publish_{{kind}} AND s.next_{{kind}}_at <= now())
