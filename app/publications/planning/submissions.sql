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
