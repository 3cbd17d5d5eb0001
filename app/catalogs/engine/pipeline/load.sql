-- name: create_incoming
-- Rows to write into offers: changed rows of a catalog, and offers that are absent.
CREATE TEMP TABLE incoming (
  sku_key text COLLATE "C", desired_state text, fingerprint bigint, problems numeric(39),
  sku text, ean text, product_id text, grade text, new_battery boolean,
  price numeric(12,2), quantity integer, min_price numeric(12,2),
  warranty_delay smallint, comment text, shipping text,
  cost numeric(12,2), cpa numeric(5,2)
) ON COMMIT DROP
