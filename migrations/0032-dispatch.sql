-- Dispatching: which process makes the offers of a city.

-- Of the whole server: no shard.
CREATE TABLE dispatch_leases (
    city text PRIMARY KEY,
    -- The run of a process. It leads until then, and may go on for as long as nobody else has come.
    holder text NOT NULL,
    held_until timestamptz NOT NULL,
    -- One more with each new holder. Whoever writes with an older one is refused.
    token bigint NOT NULL DEFAULT 1
);
