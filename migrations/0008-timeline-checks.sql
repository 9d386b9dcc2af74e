-- Questions of `groundswell feeds` to the server that keeps cached home timelines, and its answers.

-- The timelines are in the memory of one server, or in a store beside it: whoever asks writes a row here and an event, the
-- server answers in the row, and the asker looks at it every now and then. Of no owner, because a question is about
-- any number of readers: no shard. Deleted after a day.
CREATE TABLE timeline_checks (
    -- Made when it was asked.
    check_id bigint PRIMARY KEY,
    question json NOT NULL,
    -- The asker still waits: a server gives up when nobody does any more.
    awaited_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cancelled_at timestamptz,
    -- A server has taken it on; from then on it says every second how far it has come.
    claimed_at timestamptz,
    progressed_at timestamptz,
    progress json,
    answered_at timestamptz,
    -- Of an answered check, one of the two.
    answer json,
    error text
) WITH (fillfactor = 50);
