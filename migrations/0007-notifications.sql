-- Notifications: what others did that concerns a user, in groups, and how far the user has read.

-- One row a user who was ever notified or chose how to be. Whoever makes notifications of a user holds its lock until
-- the commit, so a user's ids rise in the order in which their notifications become visible (docs/decisions/0012).
CREATE TABLE notification_inboxes (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    -- The highest id given to a notification of the user.
    latest_id bigint NOT NULL DEFAULT 0,
    -- The user has read the notifications up to this one.
    read_up_to_id bigint NOT NULL DEFAULT 0,
    -- By kind, of whom to be notified, where that is not everyone.
    settings json NOT NULL DEFAULT '{}',
    -- Rows in `notification_groups`.
    group_count integer NOT NULL DEFAULT 0,
    -- There are more groups than are kept.
    overfull boolean NOT NULL DEFAULT false,
    -- To keep the number, groups were dropped that had begun up to then: an older event makes none again.
    dropped_until timestamptz
) WITH (
    -- Every batch that notifies the user writes the row anew.
    fillfactor = 50
);

-- For the janitor.
CREATE INDEX notification_inboxes_overfull ON notification_inboxes (user_id) WHERE overfull;

-- What a user sees as one item: all likes of a post, all reposts of it, all new followers, within 12 hours of the
-- first; a reply, a mention or a follow request alone.
CREATE TABLE notification_groups (
    user_id bigint NOT NULL,
    -- The id of the first notification in it.
    group_id bigint NOT NULL,
    -- Of the user.
    shard smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('follow', 'follow_request', 'like', 'repost', 'reply', 'mention')),
    -- The post; of follows the user, of a follow request who asks.
    subject_id bigint NOT NULL,
    -- The last notification that was added, whatever became of it: the place in the list.
    latest_id bigint NOT NULL,
    -- Notifications in it that are shown.
    shown_count integer NOT NULL,
    -- The post was deleted: nothing of the group is shown.
    gone boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, group_id)
) WITH (fillfactor = 70);

CREATE INDEX notification_groups_by_kind ON notification_groups (user_id, kind, latest_id DESC)
    WHERE shown_count > 0 AND NOT gone;
-- For the group that a new one joins, and the groups about a deleted post.
CREATE INDEX notification_groups_by_subject ON notification_groups (subject_id, kind, user_id, group_id);
-- For the janitor.
CREATE INDEX notification_groups_by_age ON notification_groups (group_id);

-- One row for each who did it. Its key is what makes an event that comes again change nothing.
CREATE TABLE notifications (
    user_id bigint NOT NULL,
    -- Of the user.
    shard smallint NOT NULL,
    kind text NOT NULL,
    subject_id bigint NOT NULL,
    -- Who did it.
    actor_id bigint NOT NULL,
    -- 0 of what was withdrawn before it was heard of: a note, so that hearing of it later changes nothing.
    group_id bigint NOT NULL,
    notification_id bigint NOT NULL,
    -- Of the like, repost, follow, request or post; or the time of an edit, as an id. Of two that one actor did, such
    -- as a like taken back and given again, the later counts.
    cause_id bigint NOT NULL,
    -- `hidden`: while the actor is suspended.
    state text NOT NULL CHECK (state IN ('shown', 'hidden', 'withdrawn')),
    -- When it was done.
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, kind, subject_id, actor_id, group_id)
);

CREATE INDEX notifications_by_group ON notifications (user_id, group_id, state, notification_id DESC);
-- For suspension, and for the erasure of the actor.
CREATE INDEX notifications_by_actor ON notifications (actor_id, state, user_id);
-- For the janitor of the notes.
CREATE INDEX notifications_noted ON notifications (created_at) WHERE group_id = 0;

-- Users who were suspended, restored or deleted, told by the topic `users`, until all their rows say so too; the
-- suspended and the deleted stay.
CREATE TABLE notification_hidden_users (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('suspended', 'restored', 'deleted')),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- All rows say so, and no batch is under way any more that has not heard of it.
    settled boolean NOT NULL DEFAULT false
);

CREATE INDEX notification_hidden_users_unsettled ON notification_hidden_users (changed_at) WHERE NOT settled;
