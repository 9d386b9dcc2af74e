-- Rides: what riders ask for, and what becomes of it.

CREATE TABLE rides (
    ride_id bigint PRIMARY KEY,
    -- Of the rider.
    shard smallint NOT NULL,
    rider_id bigint NOT NULL,
    -- Which city dispatches it, from the pickup.
    city text NOT NULL,
    ride_type text NOT NULL,
    -- In units of 1e-7 degrees: a centimetre.
    pickup_lat_e7 integer NOT NULL,
    pickup_lng_e7 integer NOT NULL,
    dropoff_lat_e7 integer NOT NULL,
    dropoff_lng_e7 integer NOT NULL,
    status text NOT NULL DEFAULT 'requested',
    -- Why it ended as it did, for whoever asked for it.
    reason text,
    -- One more with each change, so that whoever acts on what is over is found out.
    version bigint NOT NULL DEFAULT 1,
    -- Null: it goes on.
    ended_at timestamptz,
    CHECK (status <> 'requested' OR ended_at IS NULL)
);

-- A rider has one ride at a time.
CREATE UNIQUE INDEX rides_open_by_rider ON rides (rider_id) WHERE ended_at IS NULL;
CREATE INDEX rides_by_rider ON rides (rider_id, ride_id);
-- What is to be matched, the oldest first.
CREATE INDEX rides_requested ON rides (city, ride_id) WHERE status = 'requested';
CREATE INDEX rides_requested_by_time ON rides (ride_id) WHERE status = 'requested';
