-- Quotes: what a ride would cost, before it is asked for, and what each ride was priced by.

CREATE TABLE ride_quotes (
    quote_id bigint PRIMARY KEY,
    -- Of the rider.
    shard smallint NOT NULL,
    rider_id bigint NOT NULL,
    city text NOT NULL,
    ride_type text NOT NULL,
    -- In units of 1e-7 degrees: a centimetre.
    pickup_lat_e7 integer NOT NULL,
    pickup_lng_e7 integer NOT NULL,
    dropoff_lat_e7 integer NOT NULL,
    dropoff_lng_e7 integer NOT NULL,
    -- From here on, what the price was reckoned from, so that anybody can reckon it again.
    distance_m integer NOT NULL,
    duration_s integer NOT NULL,
    rates json NOT NULL,
    surge_percent smallint NOT NULL,
    -- Null: there was none when the price was made, which is no surge.
    surge_version bigint,
    -- What the surge of the pickup was reckoned from.
    surge_basis json,
    fare json NOT NULL,
    expires_at timestamptz NOT NULL,
    -- The ride that it was used for. A quote is used once.
    ride_id bigint
);

CREATE INDEX ride_quotes_by_rider ON ride_quotes (rider_id, quote_id);
CREATE UNIQUE INDEX ride_quotes_by_ride ON ride_quotes (ride_id) WHERE ride_id IS NOT NULL;
-- What nobody used goes.
CREATE INDEX ride_quotes_unused ON ride_quotes (expires_at, quote_id) WHERE ride_id IS NULL;

-- Null for rides that are older than prices.
ALTER TABLE rides ADD COLUMN quote_id bigint, ADD COLUMN fare json;
