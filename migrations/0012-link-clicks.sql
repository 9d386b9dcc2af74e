-- Clicks of links: what was counted of them, and nothing about who clicked.

-- What visitors of the day are hashed with before anything of them is written down. Deleted when the day is over, so that
-- nobody can find out any more whom a hash was of. Of no owner: no shard.
CREATE TABLE link_visitor_salts (
    day date PRIMARY KEY,
    salt bytea NOT NULL
);

-- Which batches of clicks have been counted: each once, however often it is delivered or replayed. Not by its offset,
-- which a batch that was published twice has two of, and another engine of the event log has others. Of no owner: no shard.
CREATE TABLE click_recorders (
    -- A run of a process that records clicks.
    recorder text COLLATE "C" NOT NULL,
    partition smallint NOT NULL,
    -- All batches up to this one have been counted,
    sequence bigint NOT NULL,
    -- but these, the latest that are missing: dead letters, which may yet come.
    missing bigint[] NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (recorder, partition)
) WITH (fillfactor = 50);

CREATE INDEX click_recorders_seen ON click_recorders (seen_at);

-- Of a link in a minute, an hour or a day (UTC).
CREATE TABLE link_click_counts (
    link_id bigint NOT NULL,
    -- 0: a minute, 1: an hour, 2: a day.
    grain smallint NOT NULL CHECK (grain BETWEEN 0 AND 2),
    starts_at timestamptz NOT NULL,
    -- Of the owner.
    shard smallint NOT NULL,
    humans bigint NOT NULL,
    bots bigint NOT NULL,
    previews bigint NOT NULL,
    -- From which it is estimated how many different humans: systems/links/statistics/visitor-sketch.ts. At most 3,073 bytes,
    -- kept in the row: it changes whenever the row does.
    visitors bytea NOT NULL,
    PRIMARY KEY (link_id, grain, starts_at)
) WITH (fillfactor = 70);

ALTER TABLE link_click_counts ALTER COLUMN visitors SET STORAGE PLAIN;

-- To delete what is older than is kept. With the link, because a planner that knows nothing of the table yet takes either
-- index to find one row, and thousands of links have the same minute.
CREATE INDEX link_click_counts_age ON link_click_counts (grain, starts_at, link_id);

-- Of the humans of a day: {"country": {"DE": 12, …}, "referrer": …}. One row, not one for each value: a link that hardly
-- anybody clicks has a dozen values a day, which together are a tenth as large as rows would be.
CREATE TABLE link_click_breakdowns (
    link_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    -- Of the owner.
    shard smallint NOT NULL,
    breakdown json NOT NULL,
    PRIMARY KEY (link_id, starts_at)
) WITH (fillfactor = 70);

CREATE INDEX link_click_breakdowns_age ON link_click_breakdowns (starts_at, link_id);

-- Of all time.
CREATE TABLE link_click_totals (
    link_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    owner_id bigint NOT NULL,
    humans bigint NOT NULL,
    bots bigint NOT NULL,
    previews bigint NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX link_click_totals_owner ON link_click_totals (owner_id);

-- Links that were deleted, and owners: their statistics go, a bounded piece at a time.
CREATE TABLE link_click_erasures (
    -- A link or an owner.
    subject_id bigint PRIMARY KEY,
    is_owner boolean NOT NULL,
    -- Of the owner.
    shard smallint NOT NULL,
    -- Not before: whoever was counting its clicks when it was deleted has finished by then.
    due_at timestamptz NOT NULL
);

CREATE INDEX link_click_erasures_due ON link_click_erasures (due_at);
