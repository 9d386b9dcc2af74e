-- Surge: free drivers of each process, for who reckons the surge elsewhere.

-- Of a process: no shard.
CREATE TABLE surge_supplies (
    -- The run of a process.
    server_id text PRIMARY KEY,
    counted_at timestamptz NOT NULL DEFAULT now(),
    -- By city, type of ride and cell.
    drivers json NOT NULL
);

CREATE INDEX surge_supplies_by_time ON surge_supplies (counted_at);
