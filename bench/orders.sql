-- Orders of one large account and of many small ones, as the sync would store them.

-- name: accounts
-- Small accounts, with a thousandth of the orders each.
INSERT INTO seller_account (id, platform, environment, token_digest, token_cipher,
  token_key_id, shared_quantity, connection, version, created_at)
SELECT gen_random_uuid(), 'EU', 'sandbox', 'bench ' || n, '', '', 'min', 'ok', 1, now()
  FROM generate_series(1, %(accounts)s) AS n

-- name: orders
-- 97 of 100 are processed; the newest are open. Seven years, unevenly by country.
INSERT INTO sales_order (id, account_id, marketplace_id, state, outcome, country,
  country_code, created_at, modified_at, paid_at, shipped_at, dispatch_by, price,
  shipping_price, sales_taxes, currency, shipper, tracking_number, has_invoice,
  shipping_address, billing_address, other_fields, digest, version, first_seen_at,
  changed_at)
SELECT uuidv7(), account_id, 70000000 + n, state,
       CASE WHEN state IN (1, 3) THEN 'open' WHEN state = 8 THEN 'not_paid'
            WHEN h %% 1000 < 70 THEN 'refunded' WHEN h %% 1000 < 72
            THEN 'partially_refunded' ELSE 'shipped' END,
       country, lower(country) || '-' || lower(country), t,
       t + make_interval(hours => h %% 400), t, CASE WHEN state = 9 THEN t END,
       CASE WHEN state IN (1, 3) THEN t + interval '2 days' END, 100 + h %% 900, 0, 0,
       CASE WHEN country = 'GB' THEN 'GBP' ELSE 'EUR' END, 'Colissimo',
       CASE WHEN state = 9 THEN 'XY' || 700000000 + n || 'FR' END, h %% 10 < 3,
       address, address, '{"payment_method": "CARD"}', md5(n::text), 1, t, t
  FROM (
    SELECT n, account_id, h, t,
           CASE WHEN n > of * 0.996 THEN 1 WHEN n > of * 0.98 THEN 3
                WHEN h %% 1000 < 15 THEN 8 ELSE 9 END AS state,
           CASE WHEN h %% 1000 < 2 THEN 'FI' ELSE
             (ARRAY['FR', 'FR', 'FR', 'DE', 'DE', 'ES', 'IT', 'GB', 'NL', 'BE'])
             [1 + h / 1000 %% 10] END AS country,
           jsonb_build_object(
             'first_name', CASE WHEN h / 7 %% 100 < 2 THEN 'Marie'
               ELSE 'Name' || h / 7 %% 3000 END,
             'last_name', CASE WHEN h / 11 %% 1000 < 8 THEN 'Martin'
               ELSE 'Surname' || h / 11 %% 50000 END,
             'street', n || ' rue de la Demo', 'postal_code', '75003', 'city', 'Paris',
             'country', 'FR', 'phone', '0600000000', 'email', 'buyer@example.org')
             AS address
      FROM (
        SELECT n, account_id, of, abs(hashint4(n)) AS h,
               now() - (of - n) * (interval '7 years' / of) AS t
          FROM (
            SELECT n, CAST(%(account)s AS uuid) AS account_id, %(count)s AS of
              FROM generate_series(1, %(count)s) AS n
            UNION ALL
            SELECT n, id, %(count)s / 1000
              FROM seller_account CROSS JOIN generate_series(1, %(count)s / 1000) AS n
             WHERE token_digest LIKE 'bench %%') AS numbered) AS timed) AS made
 ORDER BY t

-- name: lines
-- One line each. SKUs of the oldest tenth are no longer sold.
INSERT INTO sales_order_line (order_id, marketplace_id, position, state, sku, sku_key,
                              listing_id, title, quantity, price, fee, currency)
SELECT id, marketplace_id + 10000000, 0, CASE state WHEN 1 THEN 1 WHEN 3 THEN 2 ELSE 3 END,
       sku, lower(sku), 6000000, 'Demo Phone 12 128GB - Black - Unlocked', 1, price,
       price / 10, currency
  FROM (SELECT *, CASE WHEN created_at < now() - interval '6.3 years' THEN 'OLDPHONE'
                       ELSE 'PHONE' END || '-128-' || abs(hashint8(marketplace_id)) %% 2000
                  AS sku FROM sales_order) AS o

-- name: words
-- The words of app/orders/search, whose rules these texts do not need.
INSERT INTO sales_order_word (order_id, word, account_id)
SELECT o.id, w.word, o.account_id
  FROM sales_order AS o JOIN sales_order_line AS l ON l.order_id = o.id
 CROSS JOIN LATERAL (
   SELECT o.marketplace_id::text UNION ALL SELECT lower(o.tracking_number)
   UNION ALL SELECT lower(o.shipping_address ->> 'first_name')
   UNION ALL SELECT lower(o.shipping_address ->> 'last_name')
   UNION ALL SELECT unnest(string_to_array(l.sku_key, '-'))
   UNION ALL SELECT replace(l.sku_key, '-', '')) AS w (word)
 WHERE w.word IS NOT NULL
 ORDER BY o.id
    ON CONFLICT DO NOTHING
