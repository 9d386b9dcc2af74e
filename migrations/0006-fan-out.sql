-- Fan-out of entries into home timelines: what is still to be delivered, and whose entries are pulled instead.

-- Authors with more followers than one page, and their entries that are on their way to them (fan-out-lanes.ts). One row
-- an author, so that authors take turns however much one of them writes; deleted with the last entry.
CREATE TABLE fan_out_continuations (
    author_id bigint PRIMARY KEY,
    -- Of the author.
    shard smallint NOT NULL,
    -- To be delivered, in the order in which they came.
    entry_ids bigint[] NOT NULL,
    -- So many of the first go from page to page together; 0: they start with the next page.
    round_size smallint NOT NULL DEFAULT 0,
    -- Followers up to this follow have those.
    after_follow_id bigint NOT NULL DEFAULT 0,
    served_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
    -- Every page writes a row anew, and the next one reads past what it was.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000
);

CREATE INDEX fan_out_continuations_by_turn ON fan_out_continuations (served_at);

-- Authors who are pulled or once were: readers merge their entries at the read (docs/decisions/0011). Who has no row is pushed.
CREATE TABLE author_modes (
    author_id bigint PRIMARY KEY,
    -- Of the author.
    shard smallint NOT NULL,
    mode text NOT NULL CHECK (mode IN ('pushed', 'pulled')),
    -- Counts the changes of the mode.
    revision integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Of one who is pushed again: timelines of this generation of the timeline store, or an older one, may lack
    -- entries, and go on to be merged. Null while it is not known, which means all timelines.
    pull_until_generation bigint
);

-- For the review of those who are pulled, and of changes that were not brought to their end.
CREATE INDEX author_modes_to_review ON author_modes (author_id)
    WHERE mode = 'pulled' OR pull_until_generation IS NULL;
