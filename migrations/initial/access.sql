-- Bearer keys: a scope, and the stores it is limited to (NULL: all stores).
CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  name varchar(100) NOT NULL,
  digest varchar(64) NOT NULL,
  hint varchar(12) NOT NULL,
  scope varchar NOT NULL,
  store_ids uuid[],
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  UNIQUE (digest)
);
