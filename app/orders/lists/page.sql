-- Pages of orders, composed per request from conditions on an order `o`.
-- `{{at}}` is what the list is sorted by, `{{direction}}` DESC or ASC.

-- name: walked
-- Each branch in the order of its index. The limit keeps other conditions out of the
-- inner query, so that no other index is chosen.
SELECT o.id, o.at FROM {{branches}}
 CROSS JOIN LATERAL (
   SELECT o.id, o.at FROM (
     SELECT {{columns}}, {{at}} AS at FROM sales_order AS o
      WHERE {{branch}} AND {{range}}
      ORDER BY {{at}} {{direction}}, o.id {{direction}} LIMIT {{visits}}) AS o
    WHERE {{conditions}} ORDER BY o.at {{direction}}, o.id {{direction}} LIMIT :limit
 ) AS o
 ORDER BY o.at {{direction}}, o.id {{direction}} LIMIT :limit

-- name: frontier
-- The nearest position up to which a page reads: one that a branch reaches after
-- `visits` orders.
SELECT f.at, f.id FROM {{branches}}
 CROSS JOIN LATERAL (
   SELECT {{at}} AS at, o.id FROM sales_order AS o
    WHERE {{branch}} AND {{range}}
    ORDER BY {{at}} {{direction}}, o.id {{direction}}
   OFFSET {{visits}} - 1 LIMIT 1) AS f
 ORDER BY f.at {{direction}}, f.id {{direction}} LIMIT 1

-- name: order_set
-- Orders by one index, up to one more than are sorted. `ORDER BY` selects the index.
SELECT o.id FROM {{branches}}
 CROSS JOIN LATERAL (
   SELECT o.id FROM sales_order AS o WHERE {{branch}} AND {{indexed}}
    ORDER BY {{by}} LIMIT {{most}}) AS o
 LIMIT {{most}}

-- name: word_range
-- Orders with a word in a range; one of several such words is several rows.
SELECT w.order_id AS id FROM unnest(CAST(:word_accounts AS uuid[])) AS s(account_id)
 CROSS JOIN LATERAL (
   SELECT order_id FROM sales_order_word
    WHERE account_id = s.account_id AND word >= :{{name}}_low AND word < :{{name}}_high
    ORDER BY account_id, word, order_id LIMIT {{most}}) AS w

-- name: word_set
-- Orders with a word in one of some ranges.
SELECT id FROM ({{ranges}}) AS found LIMIT {{most}}

-- name: count_set
-- The size of a set, up to one more than are sorted.
(SELECT count(*) FROM ({{set}}) AS counted)

-- name: set_of_orders
-- The orders of a set. `LIMIT 1` keeps the lookup by id from becoming a scan of all.
(SELECT o.* FROM (SELECT DISTINCT id FROM ({{set}}) AS ids OFFSET 0) AS small
  CROSS JOIN LATERAL (
    SELECT {{columns}} FROM sales_order AS o WHERE o.id = small.id LIMIT 1) AS o
 OFFSET 0) AS o

-- name: sorted_set
-- A small set of orders is read as a whole, filtered and sorted.
SELECT o.id, {{at}} AS at FROM {{source}}
 WHERE {{conditions}} AND {{range}}
 ORDER BY {{at}} {{direction}}, o.id {{direction}} LIMIT :limit

-- name: orders_of_page
SELECT {{order_columns}} FROM ({{page}}) AS place
 CROSS JOIN LATERAL (SELECT * FROM sales_order WHERE id = place.id LIMIT 1) AS o
 ORDER BY place.at {{direction}}, o.id {{direction}}

-- name: totals
-- Orders and money by a key and currency.
SELECT {{key}} AS key, o.currency, count(*) AS orders, sum(o.price) AS price,
       sum(o.shipping_price) AS shipping_price, sum(o.sales_taxes) AS sales_taxes
  FROM {{source}}
 WHERE {{conditions}}
 GROUP BY 1, 2 ORDER BY 1 DESC NULLS LAST, 2 LIMIT {{most}}
