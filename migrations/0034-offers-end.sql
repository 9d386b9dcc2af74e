-- Old offers of rides are deleted, but for the last ones that were a driver's to answer.

-- Old, and among the last of the driver: looked at again when newer ones are as old.
ALTER TABLE offers ADD COLUMN kept boolean NOT NULL DEFAULT false;

CREATE INDEX offers_by_age ON offers (offer_id) WHERE NOT kept;
