-- What every process needs before any system: numbers for makers of ids, and the answers of idempotent requests.

-- Who may make ids as which writer (core/ids.ts). It belongs to processes, not to an owner: no shard.
-- Writers from 496 on are for bulk loads and never leased, so they have no row.
CREATE TABLE id_writers (
    writer smallint PRIMARY KEY CHECK (writer BETWEEN 0 AND 495),
    -- A number drawn by the process that holds it; null when it was released.
    holder uuid,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    -- No id of the writer is of a later millisecond, once the lease has ended.
    high_water_ms bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

INSERT INTO id_writers (writer) SELECT generate_series(0, 495);

-- One row for each write that carried an Idempotency-Key, committed with the write itself.
CREATE TABLE idempotency_keys (
    -- The user, or a number for the address of someone who is not signed in.
    principal_id bigint NOT NULL,
    key text NOT NULL,
    shard smallint NOT NULL,
    -- Of the parsed request: the same key with another request is refused.
    fingerprint bytea NOT NULL,
    -- The stored answer; null while a request that cannot hold a transaction open is in flight.
    status smallint,
    body text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal_id, key)
);

-- For the janitor, which removes what is older than 24 hours.
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
