-- Rides: drivers, what they are doing, and where they were.

CREATE TABLE drivers (
    -- The user who drives.
    driver_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    ride_types text[] NOT NULL,
    make text NOT NULL,
    model text NOT NULL,
    colour text NOT NULL,
    plate text NOT NULL,
    seats smallint NOT NULL,
    -- The vehicle states of MDS 2, of which `unknown` is called by its reason.
    state text NOT NULL CHECK (state IN ('available', 'reserved', 'on_trip', 'stopped', 'non_operational',
        'non_contactable', 'elsewhere', 'removed')),
    -- The event of MDS by which they came into it.
    state_event text NOT NULL,
    state_changed_at timestamptz NOT NULL,
    -- What a driver who cannot be reached was doing, and goes on doing when they are back.
    lost_state text CHECK (lost_state IN ('available', 'reserved', 'on_trip', 'stopped', 'elsewhere')),
    -- One more with each change of state or vehicle, so that whoever acts on what is over is found out.
    version bigint NOT NULL DEFAULT 1,
    -- From riders; null: not rated yet.
    rating real,
    -- How many streams they have opened: the number of the last, which is the only one that counts.
    connection bigint NOT NULL DEFAULT 0,
    -- The process that has it. Null: it has ended.
    server_id text,
    -- When their last stream ended, as long as that has no consequences yet.
    contact_lost_at timestamptz,
    CHECK ((state = 'non_contactable') = (lost_state IS NOT NULL)),
    CHECK (contact_lost_at IS NULL OR state IN ('available', 'reserved', 'on_trip', 'stopped', 'elsewhere'))
);

CREATE INDEX drivers_by_server ON drivers (server_id, driver_id) WHERE server_id IS NOT NULL;
CREATE INDEX drivers_by_lost_contact ON drivers (contact_lost_at, driver_id) WHERE contact_lost_at IS NOT NULL;
CREATE INDEX drivers_removed ON drivers (driver_id) WHERE state = 'removed';

-- Processes that have streams of drivers, and say so every few seconds. Of the whole server: no shard.
CREATE TABLE driver_servers (
    server_id text PRIMARY KEY,
    seen_at timestamptz NOT NULL
);

CREATE INDEX driver_servers_by_time ON driver_servers (seen_at);

-- Where drivers were, every half minute.
CREATE TABLE driver_positions (
    driver_id bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    shard smallint NOT NULL,
    -- In units of 1e-7 degrees: a centimetre.
    lat_e7 integer NOT NULL,
    lng_e7 integer NOT NULL,
    accuracy_dm smallint NOT NULL,
    -- The number that the driver's app gave it.
    sequence bigint NOT NULL,
    PRIMARY KEY (driver_id, recorded_at)
);

CREATE INDEX driver_positions_by_time ON driver_positions (recorded_at);
