-- The level of service that an operator asks for: one row for all processes, or none.

-- Of the whole server: no shard.
CREATE TABLE forced_service_level (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    level text NOT NULL,
    held_until timestamptz NOT NULL
);

-- An act of the command line may be about the whole server, and so about no user. Its shard is 0.
ALTER TABLE audit_log DROP CONSTRAINT audit_log_check;
