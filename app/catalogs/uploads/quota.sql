-- name: held_by_others
-- Uploads of a store that arrive or wait for their import, but for one, and their bytes.
SELECT count(*) AS uploads, coalesce(sum(size_bytes), 0)::bigint AS bytes
  FROM (SELECT size_bytes FROM catalog WHERE store_id = :store AND state = 'received'
        UNION ALL
        SELECT size_bytes FROM upload_reservation
         WHERE store_id = :store AND id <> :id
           AND expires_at > clock_timestamp()) AS held

-- name: reserve
-- Reserves the bytes of an upload, or renews it.
INSERT INTO upload_reservation (store_id, id, size_bytes, expires_at)
VALUES (:store, :id, :size, clock_timestamp() + :lease)
ON CONFLICT (store_id, id) DO UPDATE
   SET size_bytes = excluded.size_bytes, expires_at = excluded.expires_at

-- name: release
DELETE FROM upload_reservation WHERE store_id = :store AND id = :id

-- name: delete_expired
DELETE FROM upload_reservation WHERE expires_at <= clock_timestamp()
