-- Trips: how rides go on once a driver has accepted them, how they end, and what riders and drivers think of each other.

ALTER TABLE rides
    -- What the rider says to the driver before the start. Null: nobody has accepted it.
    ADD COLUMN pin text CHECK (pin ~ '^[0-9]{4}$'),
    -- Wrong ones that the driver has tried.
    ADD COLUMN pin_tries smallint NOT NULL DEFAULT 0,
    ADD COLUMN accepted_at timestamptz,
    ADD COLUMN arrived_at timestamptz,
    ADD COLUMN started_at timestamptz,
    -- When the last driver gave it back, and another was looked for.
    ADD COLUMN released_at timestamptz,
    -- What the rider was told of the driver, and the driver of the rider, when it was accepted. Ratings null: not rated yet.
    ADD COLUMN vehicle json,
    ADD COLUMN driver_rating real,
    ADD COLUMN rider_rating real,
    ADD COLUMN ended_by text CHECK (ended_by IN ('rider', 'driver', 'system')),
    -- What a cancellation costs the rider, and what of it is the driver's, in the smallest units of the currency of the ride.
    ADD COLUMN fee_total bigint CHECK (fee_total > 0),
    ADD COLUMN fee_to_driver bigint CHECK (fee_to_driver BETWEEN 0 AND fee_total);

UPDATE rides SET status = 'accepted', accepted_at = now(), pin = lpad(floor(random() * 10000)::text, 4, '0')
WHERE status = 'matched';
UPDATE rides SET ended_by = 'rider', reason = 'unstated' WHERE reason = 'rider';
UPDATE rides SET ended_by = 'system' WHERE status = 'unmatched';

ALTER TABLE rides
    ADD CONSTRAINT rides_status CHECK (status IN ('requested', 'accepted', 'arriving', 'arrived', 'started', 'completed',
        'cancelled', 'unmatched')),
    ADD CONSTRAINT rides_driven CHECK (status NOT IN ('accepted', 'arriving', 'arrived', 'started')
        OR (driver_id IS NOT NULL AND pin IS NOT NULL)),
    ADD CONSTRAINT rides_ended CHECK ((ended_at IS NOT NULL) = (status IN ('completed', 'cancelled', 'unmatched')));

CREATE INDEX rides_by_driver ON rides (driver_id, ride_id) WHERE driver_id IS NOT NULL;
-- Those that somebody seems to have forgotten.
CREATE INDEX rides_driven_by_time ON rides (accepted_at, ride_id)
    WHERE status IN ('accepted', 'arriving', 'arrived', 'started');

-- What either side of a ride thinks of the other, once.
CREATE TABLE ride_ratings (
    ride_id bigint NOT NULL,
    -- Which side says it.
    rater text NOT NULL CHECK (rater IN ('rider', 'driver')),
    -- Of whom it is about.
    shard smallint NOT NULL,
    rater_id bigint NOT NULL,
    rated_id bigint NOT NULL,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    comment text,
    PRIMARY KEY (ride_id, rater)
);

CREATE INDEX ride_ratings_by_rater ON ride_ratings (rater_id, ride_id);
CREATE INDEX ride_ratings_by_rated ON ride_ratings (rated_id, ride_id);

-- All stars that the driver was given, and by how many rides; `rating` is what follows from them.
ALTER TABLE drivers
    ADD COLUMN stars_sum bigint NOT NULL DEFAULT 0,
    ADD COLUMN stars_count integer NOT NULL DEFAULT 0;

-- What drivers think of a rider, if any of them has said so.
CREATE TABLE riders (
    -- The user who rides.
    rider_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    stars_sum bigint NOT NULL,
    stars_count integer NOT NULL,
    rating real
);
