-- What was sold since the merchant stated a quantity ("Live state", sales).

-- For packages below orders: units sold by account and SKU. A line that was never paid
-- (order state 8, line state 7; Back Market API, section 7.2) is no sale. A cancelled one
-- is: whether the item is back on the shelf, the next statement says. Times come in whole
-- seconds (section 3): `sold_at` is the latest time that the sale can have, at most a
-- second after `ordered_at`. `known_at`: when the order was read first.
CREATE VIEW sale_view AS
  SELECT o.account_id, l.sku_key, l.quantity AS units, o.created_at AS ordered_at,
         o.first_seen_at AS known_at,
         least(o.created_at + CASE WHEN o.created_at = date_trunc('second', o.created_at)
                                   THEN interval '1 second' ELSE interval '0' END,
               o.first_seen_at) AS sold_at,
         l.state IN (0, 1, 2, 8, 9) AS open, l.state AS line_state
    FROM sales_order_line AS l JOIN sales_order AS o ON o.id = l.order_id
   WHERE l.sku_key IS NOT NULL AND l.state <> 7 AND o.state <> 8;

-- For packages below catalogs: the time that the quantity of an offer speaks for, of a
-- quick update or else of the catalogs that name the SKU.
CREATE FUNCTION refeed_quantity_as_of(store uuid, key varchar, in_catalog boolean,
                                      stated timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT q.quantity_at FROM quick_update AS q
      WHERE q.store_id = $1 AND q.sku_key = $2),
    greatest($4, CASE WHEN $3 THEN
      (SELECT coalesce(c.as_of, c.created_at)
         FROM store AS s JOIN catalog AS c ON c.id = s.current_catalog_id
        WHERE s.id = $1) END))
$$;

-- Counts again what was sold since the statements about these offers.
CREATE FUNCTION refeed_count_units_sold(stores uuid[], keys text[]) RETURNS void
  LANGUAGE sql AS $$
  UPDATE offer AS o SET units_sold = v.units
    FROM (
      SELECT o.store_id, o.sku_key, coalesce(sum(s.units) FILTER (
               WHERE s.sold_at > t.as_of OR (b.open_orders = 'subtract' AND s.open)), 0)
               AS units
        FROM offer AS o
        JOIN store AS b ON b.id = o.store_id
       CROSS JOIN LATERAL (SELECT refeed_quantity_as_of(
               o.store_id, o.sku_key, o.fingerprint IS NOT NULL, o.quantity_as_of)
               AS as_of) AS t
        LEFT JOIN sale_view AS s
               ON s.account_id = b.account_id AND s.sku_key = o.sku_key
       WHERE o.store_id = ANY($1) AND o.sku_key = ANY($2)
       GROUP BY o.store_id, o.sku_key) AS v
   WHERE o.store_id = v.store_id AND o.sku_key = v.sku_key
     AND o.units_sold IS DISTINCT FROM v.units
$$;

-- A statement arrived: units sold before its time do not count any more, and one that is
-- older than a sale never raises stock. `named`: the SKUs that it names, NULL: all of the
-- catalog.
CREATE FUNCTION refeed_restate_quantities(store uuid, named text[]) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  keys text[];
BEGIN
  SELECT array_agg(DISTINCT k.sku_key) INTO keys FROM (
    SELECT o.sku_key FROM offer AS o
     WHERE o.store_id = $1 AND (o.units_sold <> 0 OR o.quantity_limit IS NOT NULL)
    UNION ALL
    SELECT s.sku_key FROM sale_view AS s JOIN store AS b ON b.account_id = s.account_id
     WHERE b.id = $1 AND (b.open_orders = 'subtract' AND s.open OR s.sold_at > (
       SELECT coalesce(c.as_of, c.created_at) FROM catalog AS c
        WHERE c.id = b.current_catalog_id))) AS k
   WHERE $2 IS NULL OR k.sku_key = ANY($2);
  IF keys IS NULL THEN
    RETURN;
  END IF;
  PERFORM refeed_count_units_sold(ARRAY[$1], keys);
  UPDATE offer AS o
     SET quantity_limit = CASE WHEN o.listed AND EXISTS (
           SELECT 1 FROM sale_view AS s JOIN store AS b ON b.account_id = s.account_id
            WHERE b.id = $1 AND s.sku_key = o.sku_key
              AND s.sold_at > refeed_quantity_as_of(
                $1, o.sku_key, o.fingerprint IS NOT NULL, o.quantity_as_of))
         THEN o.live_quantity + o.units_sold END
   WHERE o.store_id = $1 AND o.sku_key = ANY(keys);
END $$;
