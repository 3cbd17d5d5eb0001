-- A page of orders. `{{where}}`, `{{branches}}` and `{{page}}` are composed per request.

-- name: page_of_accounts
-- All orders of some accounts: each from its own index, newest first, at most one page.
SELECT o.id, o.created_at FROM unnest(CAST(:whole AS uuid[])) AS s(account_id)
 CROSS JOIN LATERAL (
   SELECT id, created_at FROM sales_order WHERE account_id = s.account_id{{where}}
    ORDER BY created_at DESC, id DESC LIMIT :limit) AS o

-- name: page_of_countries
-- Orders of one country of each account.
SELECT o.id, o.created_at
  FROM unnest(CAST(:accounts AS uuid[]), CAST(:countries AS text[]))
       AS s(account_id, country)
 CROSS JOIN LATERAL (
   SELECT id, created_at FROM sales_order
    WHERE account_id = s.account_id AND country = s.country COLLATE "C"{{where}}
    ORDER BY created_at DESC, id DESC LIMIT :limit) AS o

-- name: page
-- The ids of the page over all scopes.
SELECT id FROM ({{branches}}) AS found ORDER BY created_at DESC, id DESC LIMIT :limit

-- name: orders_of_page
SELECT {{order_columns}} FROM ({{page}}) AS place
  JOIN sales_order AS o USING (id) ORDER BY o.created_at DESC, o.id DESC
