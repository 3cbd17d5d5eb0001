-- name: replace_words
-- The words of some orders; those that stay are not written.
WITH given AS (
  SELECT g.order_id, g.word COLLATE "C" AS word
    FROM unnest(CAST(:order_ids AS uuid[]), CAST(:words AS text[]))
         AS g(order_id, word)),
gone AS (
  DELETE FROM sales_order_word AS w
   WHERE w.order_id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (
     SELECT 1 FROM given AS g WHERE g.order_id = w.order_id AND g.word = w.word))
INSERT INTO sales_order_word (order_id, word, account_id)
SELECT order_id, word, :account_id FROM given
    ON CONFLICT (order_id, word) DO NOTHING
