-- Drivers who were on the way to a rider when their connection was lost, so that the ride finds another.

CREATE INDEX drivers_lost_on_the_way ON drivers (state_changed_at, driver_id)
    WHERE state = 'non_contactable' AND lost_state IN ('reserved', 'stopped');
