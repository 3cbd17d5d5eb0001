-- name: claim
-- Claims a key that is new, expired, or was claimed by an execution that died.
INSERT INTO idempotency_key AS held
       (api_key_id, digest, claim_id, lease_until, expires_at)
VALUES (:api_key, :digest, :claim,
        clock_timestamp() + :lease, clock_timestamp() + :keep)
ON CONFLICT (api_key_id, digest) DO UPDATE
   SET claim_id = excluded.claim_id, lease_until = excluded.lease_until,
       expires_at = excluded.expires_at, status = NULL, fingerprint = NULL,
       size_bytes = NULL, cipher = NULL, cipher_key = NULL
 WHERE CASE WHEN held.status IS NULL THEN held.lease_until ELSE held.expires_at END
       <= clock_timestamp()
RETURNING claim_id

-- name: held
-- What another execution holds or has recorded.
SELECT claim_id, status, fingerprint, size_bytes, cipher, cipher_key,
       ceil(extract(epoch FROM lease_until - clock_timestamp()))::int AS lease_left
  FROM idempotency_key
 WHERE api_key_id = :api_key AND digest = :digest

-- name: renew
UPDATE idempotency_key SET lease_until = clock_timestamp() + :lease
 WHERE api_key_id = :api_key AND digest = :digest AND claim_id = :claim
   AND status IS NULL

-- name: record
-- Records the answer, unless another execution has claimed the key since.
UPDATE idempotency_key
   SET status = :status, fingerprint = :fingerprint, size_bytes = :size,
       cipher = :cipher, cipher_key = :cipher_key,
       expires_at = clock_timestamp() + :keep
 WHERE api_key_id = :api_key AND digest = :digest AND claim_id = :claim
   AND status IS NULL
RETURNING claim_id

-- name: release
-- Frees a key whose request had no effect and no answer that is kept.
DELETE FROM idempotency_key
 WHERE api_key_id = :api_key AND digest = :digest AND claim_id = :claim
   AND status IS NULL

-- name: delete_expired
DELETE FROM idempotency_key
 WHERE expires_at <= clock_timestamp() AND lease_until <= clock_timestamp()
