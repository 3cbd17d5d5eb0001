-- name: changes
-- Changes of one SKU in some runs, with their run and submission.
SELECT c.*, p.kind, p.trigger, p.requested_at, p.started_at, p.planned_at,
       d.method AS submission_method, d.action, d.state AS submission_state,
       d.lines, d.task_id, d.attempts, d.polls, d.sent_at,
       d.settled_at AS submission_settled_at
  FROM change_view AS c
  JOIN publication_view AS p ON p.id = c.publication_id
  LEFT JOIN submission_view AS d
    ON d.publication_id = c.publication_id AND d.seq = c.submission
 WHERE c.publication_id = ANY(:runs) AND c.sku_key = :key
 ORDER BY c.publication_id DESC, c.seq DESC
