-- Operations: what the staff sees of dispatching, whichever process it asks.

-- Drivers on duty of each process, by city. Of a process: no shard.
CREATE TABLE driver_counts (
    -- The run of a process.
    server_id text PRIMARY KEY,
    counted_at timestamptz NOT NULL DEFAULT now(),
    -- By city: state, types of rides as bits, how many, and of how many nothing was heard for a while.
    drivers json NOT NULL
);

CREATE INDEX driver_counts_by_time ON driver_counts (counted_at);

ALTER TABLE dispatch_leases
    ADD COLUMN led_since timestamptz NOT NULL DEFAULT now(),
    -- What the leader's last batches took. Null: it has made none.
    ADD COLUMN batches json;
