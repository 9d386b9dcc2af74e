-- Offers of rides to drivers, and who has which ride.

ALTER TABLE rides ADD COLUMN driver_id bigint;

-- A driver has one ride at a time, whatever any program does.
CREATE UNIQUE INDEX rides_open_by_driver ON rides (driver_id) WHERE ended_at IS NULL AND driver_id IS NOT NULL;

CREATE TABLE offers (
    offer_id bigint PRIMARY KEY,
    -- Of the driver.
    shard smallint NOT NULL,
    driver_id bigint NOT NULL,
    ride_id bigint NOT NULL,
    -- The version of the ride that is offered: of another it is no offer.
    ride_version bigint NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
    expires_at timestamptz NOT NULL
);

-- A driver has one offer at a time.
CREATE UNIQUE INDEX offers_open_by_driver ON offers (driver_id) WHERE state = 'open';
CREATE INDEX offers_open_by_expiry ON offers (expires_at, offer_id) WHERE state = 'open';
CREATE INDEX offers_by_ride ON offers (ride_id);
CREATE INDEX offers_by_driver ON offers (driver_id, offer_id);
