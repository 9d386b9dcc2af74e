-- Surge: what rides cost more where more people ask than drive, version by version.

-- Of a city: no shard.
CREATE TABLE surge_versions (
    surge_version bigint PRIMARY KEY,
    city text NOT NULL,
    computed_at timestamptz NOT NULL,
    elapsed_ms integer NOT NULL,
    levels json NOT NULL,
    -- By type of ride: what was counted in which cell, and what each cell was before and is now.
    fields json NOT NULL
);

CREATE INDEX surge_versions_by_city ON surge_versions (city, surge_version);

-- Cities for which somebody wants a version at once. Of a city: no shard.
CREATE TABLE surge_orders (
    city text PRIMARY KEY,
    ordered_at timestamptz NOT NULL DEFAULT now()
);
