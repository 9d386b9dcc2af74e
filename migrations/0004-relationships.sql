-- Who follows, asks to follow, mutes and blocks whom, and how many each user has.

CREATE TABLE follows (
    follower_id bigint NOT NULL,
    followee_id bigint NOT NULL,
    -- Of the follow itself, made when it began: lists are paged by it, newest first.
    follow_id bigint NOT NULL,
    -- Of the follower.
    shard smallint NOT NULL,
    PRIMARY KEY (follower_id, followee_id),
    CHECK (follower_id <> followee_id)
);

CREATE INDEX follows_by_follower ON follows (follower_id, follow_id);
-- Fan-out reads the followers from here without touching the table.
CREATE INDEX follows_by_followee ON follows (followee_id, follow_id) INCLUDE (follower_id);

-- Waiting for the answer of a locked account.
CREATE TABLE follow_requests (
    requester_id bigint NOT NULL,
    target_id bigint NOT NULL,
    request_id bigint NOT NULL,
    -- Of the requester.
    shard smallint NOT NULL,
    PRIMARY KEY (target_id, requester_id),
    CHECK (requester_id <> target_id)
);

CREATE INDEX follow_requests_by_requester ON follow_requests (requester_id);
CREATE INDEX follow_requests_by_target ON follow_requests (target_id, request_id);

CREATE TABLE mutes (
    user_id bigint NOT NULL,
    muted_id bigint NOT NULL,
    mute_id bigint NOT NULL,
    shard smallint NOT NULL,
    PRIMARY KEY (user_id, muted_id),
    CHECK (user_id <> muted_id)
);

CREATE INDEX mutes_by_user ON mutes (user_id, mute_id);
-- For the erasure of the muted.
CREATE INDEX mutes_by_muted ON mutes (muted_id);

CREATE TABLE blocks (
    user_id bigint NOT NULL,
    blocked_id bigint NOT NULL,
    block_id bigint NOT NULL,
    shard smallint NOT NULL,
    PRIMARY KEY (user_id, blocked_id),
    CHECK (user_id <> blocked_id)
);

CREATE INDEX blocks_by_user ON blocks (user_id, block_id);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id, user_id);

-- Suspended and deleted users: nobody sees their posts, nor them in any list. Kept from the topic `users`.
CREATE TABLE hidden_users (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    -- `deleted`: their relationships are still to be erased; `erased`: they are.
    state text NOT NULL DEFAULT 'suspended' CHECK (state IN ('suspended', 'deleted', 'erased'))
);

CREATE INDEX hidden_users_deleted ON hidden_users (user_id) WHERE state = 'deleted';

-- A user's counts are the row here plus the sum of the user's rows in `user_count_deltas`, read in one statement.
-- A part alone means nothing: with two workers folding, a count here may be below zero for a moment.
CREATE TABLE user_counts (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    follower_count bigint NOT NULL DEFAULT 0,
    following_count bigint NOT NULL DEFAULT 0,
    post_count bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- Whoever adds or removes a follow or a post adds a row here in the same transaction, so that no two writers ever
-- wait for the count of one celebrity. The worker folds the rows into `user_counts`.
CREATE TABLE user_count_deltas (
    delta_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    shard smallint NOT NULL,
    follower_delta smallint NOT NULL DEFAULT 0,
    following_delta smallint NOT NULL DEFAULT 0,
    post_delta smallint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX user_count_deltas_by_user ON user_count_deltas (user_id);
