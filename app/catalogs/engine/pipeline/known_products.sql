-- name: known_products
-- EAN and product of the listings of the store's account that were created by EAN alone:
-- Back Market chose the product. Once by UUID, once by number.
SELECT DISTINCT o.live_ean, p.product
  FROM store_view AS s
  JOIN store_view AS other ON other.account_id = s.account_id
  JOIN offer_view AS o ON o.store_id = other.id
 CROSS JOIN LATERAL (VALUES (lower(o.live_product_id)), (o.backmarket_id::text))
       AS p (product)
 WHERE s.id = %s AND o.listed AND o.product_id IS NULL
   AND o.live_ean IS NOT NULL AND p.product IS NOT NULL;
