-- Since when cached home timelines count, wherever they are kept.

-- One row, of no owner: no shard. A timeline that processes share was built in an epoch; in another it is void, because it may
-- lack what was delivered elsewhere meanwhile, or loaded without being delivered.
CREATE TABLE timeline_epochs (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    -- `memory`: of one process; `shared`: of a store that all of them reach.
    kept_in text NOT NULL CHECK (kept_in IN ('memory', 'shared')),
    epoch bigint NOT NULL
);
