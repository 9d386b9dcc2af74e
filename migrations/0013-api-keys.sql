-- Keys by which programs act for a user, each within its scopes. Every row lies on the shard of the key's owner.

CREATE TABLE api_keys (
    api_key_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    -- Words of core/scope.ts. One that a later release no longer knows allows nothing.
    scopes text[] NOT NULL,
    -- How the key begins, so that its owner finds it again.
    prefix text NOT NULL,
    -- SHA-256 of the key; the key itself is nowhere.
    key_hash bytea NOT NULL CONSTRAINT api_keys_key_hash UNIQUE,
    created_at timestamptz NOT NULL,
    -- Null: never. Late by up to five minutes.
    last_used_at timestamptz,
    -- Null: never.
    expires_at timestamptz
);

CREATE INDEX api_keys_user_id ON api_keys (user_id, api_key_id);
-- For the janitor.
CREATE INDEX api_keys_expires_at ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
