-- Posts, their edits, tags, mentions, reactions and counts.

CREATE TABLE posts (
    post_id bigint PRIMARY KEY,
    -- Of the author.
    shard smallint NOT NULL,
    author_id bigint NOT NULL,
    text text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    content_warning text,
    -- BCP 47, in its canonical form.
    language text,
    reply_to_id bigint,
    reply_to_user_id bigint,
    -- The post at the root of the thread: its own id for a post that is no reply.
    thread_id bigint NOT NULL,
    media_ids bigint[] NOT NULL DEFAULT '{}',
    mention_user_ids bigint[] NOT NULL DEFAULT '{}',
    -- In lower case.
    tags text[] NOT NULL DEFAULT '{}',
    edited_at timestamptz,
    -- A deleted post is a tombstone: everything that its author wrote is erased at once, the row stays as long as
    -- a post replies to it, and for 30 days in any case, so that what hangs below it keeps its place in the thread.
    deleted_at timestamptz,
    CHECK ((reply_to_id IS NULL) = (thread_id = post_id)),
    CHECK ((reply_to_id IS NULL) = (reply_to_user_id IS NULL)),
    CHECK (deleted_at IS NULL OR (text = '' AND content_warning IS NULL AND tags = '{}' AND mention_user_ids = '{}'))
);

CREATE INDEX posts_by_author ON posts (author_id, post_id DESC) WHERE deleted_at IS NULL;
CREATE INDEX posts_by_reply_to ON posts (reply_to_id, post_id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX posts_by_thread ON posts (thread_id, post_id) WHERE reply_to_id IS NOT NULL;
-- For the janitor of tombstones.
CREATE INDEX posts_deleted ON posts (deleted_at, post_id) WHERE deleted_at IS NOT NULL;

-- What a post said before each edit.
CREATE TABLE post_edits (
    -- Made at the time of the edit.
    edit_id bigint PRIMARY KEY,
    post_id bigint NOT NULL,
    -- Of the author.
    shard smallint NOT NULL,
    text text NOT NULL,
    content_warning text,
    language text
);

CREATE INDEX post_edits_by_post ON post_edits (post_id, edit_id);

-- The tags of public posts, as lists of a tag show no others.
CREATE TABLE post_tags (
    tag text COLLATE "C" NOT NULL,
    post_id bigint NOT NULL,
    author_id bigint NOT NULL,
    -- Of the author.
    shard smallint NOT NULL,
    PRIMARY KEY (tag, post_id)
);

CREATE TABLE post_mentions (
    -- Who is mentioned.
    user_id bigint NOT NULL,
    post_id bigint NOT NULL,
    -- Of who is mentioned.
    shard smallint NOT NULL,
    PRIMARY KEY (user_id, post_id)
);

CREATE TABLE likes (
    user_id bigint NOT NULL,
    post_id bigint NOT NULL,
    -- Of the like itself: lists are paged by it, newest first.
    like_id bigint NOT NULL,
    -- Of who likes.
    shard smallint NOT NULL,
    PRIMARY KEY (user_id, post_id)
);

CREATE INDEX likes_by_post ON likes (post_id, like_id) INCLUDE (user_id);

CREATE TABLE reposts (
    -- An entry of timelines, beside the ids of posts.
    repost_id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    post_id bigint NOT NULL,
    -- Of the post.
    author_id bigint NOT NULL,
    -- Of who reposts.
    shard smallint NOT NULL,
    CONSTRAINT reposts_once UNIQUE (user_id, post_id)
);

CREATE INDEX reposts_by_user ON reposts (user_id, repost_id);
CREATE INDEX reposts_by_post ON reposts (post_id, repost_id) INCLUDE (user_id);

CREATE TABLE bookmarks (
    user_id bigint NOT NULL,
    post_id bigint NOT NULL,
    bookmark_id bigint NOT NULL,
    -- Of who keeps it.
    shard smallint NOT NULL,
    PRIMARY KEY (user_id, post_id)
);

CREATE INDEX bookmarks_by_user ON bookmarks (user_id, bookmark_id) INCLUDE (post_id);
-- For the erasure of a deleted post.
CREATE INDEX bookmarks_by_post ON bookmarks (post_id);

-- As with user_counts: a count is the row here plus the post's rows in `post_count_deltas`, read in one statement.
CREATE TABLE post_counts (
    post_id bigint PRIMARY KEY,
    -- Of the author of the post.
    shard smallint NOT NULL,
    like_count bigint NOT NULL DEFAULT 0,
    repost_count bigint NOT NULL DEFAULT 0,
    -- Replies that are not direct: a count must not tell of a private answer.
    reply_count bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- Written in the transaction of the reaction, so that nobody waits for the row of a hot post; folded by the worker.
CREATE TABLE post_count_deltas (
    delta_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_id bigint NOT NULL,
    shard smallint NOT NULL,
    like_delta smallint NOT NULL DEFAULT 0,
    repost_delta smallint NOT NULL DEFAULT 0,
    reply_delta smallint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX post_count_deltas_by_post ON post_count_deltas (post_id);

-- What is still to be erased, in bounded batches by the worker: of a deleted user all posts and reactions, of a
-- deleted post the reactions to it (nobody sees them from the moment of the deletion).
CREATE TABLE feed_erasures (
    subject text NOT NULL CHECK (subject IN ('user', 'post')),
    subject_id bigint NOT NULL,
    -- Of the user, or of the post's author.
    shard smallint NOT NULL,
    PRIMARY KEY (subject, subject_id)
);
