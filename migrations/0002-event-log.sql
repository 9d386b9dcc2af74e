-- The event log: what happened, in order per key, and how far each consumer group has come.

-- Events of transactions, until the relay moves them into the log (docs/decisions/0003). A statement that writes many
-- rows may insert its events here itself: shard, topic, partition, key, kind, payload and, if there is one,
-- traceparent (src/ports/event-log/event-log.ts). Nothing else may read or change it.
CREATE TABLE outbox (
    -- Drawn under the lock of what the event is about, so it orders the events of a key.
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Of the owner of what it is about.
    shard smallint NOT NULL,
    topic text NOT NULL,
    -- Of the key: `partitionOf`.
    partition smallint NOT NULL,
    key bigint NOT NULL,
    kind text NOT NULL,
    payload json NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
    -- Every row lives for milliseconds, and the relay reads past those that are gone.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1
);

CREATE TABLE event_log (
    topic text NOT NULL,
    partition smallint NOT NULL,
    -- Dense from 0, in the order in which consumers see them.
    "offset" bigint NOT NULL,
    shard smallint NOT NULL,
    key bigint NOT NULL,
    kind text NOT NULL,
    payload json NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);

-- Where the next event of a partition goes. Bookkeeping of the log, of no owner: no shard.
CREATE TABLE event_log_heads (
    topic text NOT NULL,
    partition smallint NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- How far a consumer group has come. Whoever handles events of a partition holds the lock of its row, and moves it in
-- the transaction of the effects. Bookkeeping of the log, of no owner: no shard.
CREATE TABLE consumer_positions (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition smallint NOT NULL,
    -- The next event to handle.
    "offset" bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- While what the handler needs is unavailable: the tries so far, and the time of the next.
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);

-- Events that a group could not handle, and later ones of the same key, which wait behind them; the others of the
-- partition go on. They are copies, because the log itself forgets.
CREATE TABLE failed_events (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    shard smallint NOT NULL,
    key bigint NOT NULL,
    kind text NOT NULL,
    payload json NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL,
    -- 0 while it only waits behind another.
    attempts integer NOT NULL,
    retry_at timestamptz NOT NULL,
    error text,
    -- Set once it is a dead letter: nobody tries it again until it is replayed.
    dead_at timestamptz,
    PRIMARY KEY (consumer_group, topic, partition, "offset")
);

-- For the retries, and to find what waits behind a key.
CREATE INDEX failed_events_waiting ON failed_events (consumer_group, topic, key, "offset") WHERE dead_at IS NULL;
