-- name: insert_categories
-- Inserts the categories of a snapshot from a JSON array in depth-first order.
INSERT INTO category_node
       (snapshot_id, position, category_id, parent_id, name, path, search, is_leaf,
        attributes)
SELECT :snapshot, n.position, n.category_id, n.parent_id, n.name, n.path, n.search,
       n.is_leaf, n.attributes
  FROM jsonb_to_recordset(CAST(:nodes AS jsonb)) AS n(
       position int, category_id bigint, parent_id bigint, name text, path text,
       search text, is_leaf boolean, attributes jsonb)
