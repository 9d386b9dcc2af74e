-- What is searched in (posts, users, tags), and what is discovered: trends of tags, and whom one might follow.

-- A trusted extension: on a separate PostgreSQL the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The search index on PostgreSQL (src/ports/search-index): a copy, which can be made anew from the posts at any time.
CREATE TABLE search_posts (
    post_id bigint PRIMARY KEY,
    -- Of the author.
    shard smallint NOT NULL,
    author_id bigint NOT NULL,
    -- Grows with every edit: of two states of a post the later one stays, in whatever order they come.
    version bigint NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    -- Who may see a post for followers, or a direct one, whether they follow or not.
    audience_ids bigint[] NOT NULL DEFAULT '{}',
    -- Those that are counted in `search_tags` for this post.
    tags text[] NOT NULL DEFAULT '{}',
    words tsvector NOT NULL,
    -- A removed post keeps its row for a month, without a word in it, so that what is told late does not bring it back.
    removed_at timestamptz
);

-- Without a list of what is still to be sorted in, which every search would have to read.
CREATE INDEX search_posts_words ON search_posts USING gin (words) WITH (fastupdate = off);
CREATE INDEX search_posts_removed ON search_posts (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE search_users (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    version bigint NOT NULL,
    -- `removed`: deleted; all that the person wrote is gone from here too.
    state text NOT NULL CHECK (state IN ('shown', 'hidden', 'removed')),
    -- Both in lower case and without accents.
    username_key text COLLATE "C" NOT NULL,
    name_key text NOT NULL,
    words tsvector NOT NULL,
    -- How many follow the user, up to a twentieth out of date.
    popularity integer NOT NULL DEFAULT 0
);

CREATE INDEX search_users_by_name ON search_users (username_key) WHERE state = 'shown';
CREATE INDEX search_users_by_popularity ON search_users (popularity DESC, user_id DESC) WHERE state = 'shown';
CREATE INDEX search_users_words ON search_users USING gin (words) WITH (fastupdate = off);

-- In how many public posts a tag is. A tag belongs to nobody: no shard.
CREATE TABLE search_tags (
    tag text COLLATE "C" PRIMARY KEY,
    -- Without accents.
    tag_key text COLLATE "C" NOT NULL,
    use_count bigint NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX search_tags_by_key ON search_tags (tag_key);
CREATE INDEX search_tags_unused ON search_tags (tag) WHERE use_count <= 0;

-- How far the posts and users have been indexed that no event tells of: those from before this table, and bulk loads.
-- One row a subject, of no owner: no shard.
CREATE TABLE search_backfills (
    subject text PRIMARY KEY CHECK (subject IN ('posts', 'users')),
    -- Whatever has an id up to this is indexed.
    up_to bigint NOT NULL DEFAULT 0,
    done boolean NOT NULL DEFAULT false,
    -- More was loaded meanwhile, maybe below `up_to`.
    again boolean NOT NULL DEFAULT false
);

INSERT INTO search_backfills (subject) VALUES ('posts'), ('users');

-- That an author used a tag in a public post in an hour: however often, it is one row.
CREATE TABLE tag_uses (
    -- Whole hours since 1970.
    hour integer NOT NULL,
    tag text COLLATE "C" NOT NULL,
    author_id bigint NOT NULL,
    -- Of the author.
    shard smallint NOT NULL,
    -- The first post in which they did.
    post_id bigint NOT NULL,
    PRIMARY KEY (hour, tag, author_id)
);

CREATE INDEX tag_uses_by_post ON tag_uses (post_id);
CREATE INDEX tag_uses_by_author ON tag_uses (author_id);

-- What is asked for, as the worker last computed it. Of no owner: no shard.
CREATE TABLE tag_trends (
    -- What it is a trend of.
    period text NOT NULL CHECK (period IN ('hour', 'day')),
    tag text COLLATE "C" NOT NULL,
    score double precision NOT NULL,
    author_count integer NOT NULL,
    PRIMARY KEY (period, tag)
);

CREATE TABLE tag_trend_runs (
    -- One row a period, of no owner: no shard.
    period text PRIMARY KEY CHECK (period IN ('hour', 'day')),
    computed_at timestamptz NOT NULL DEFAULT '-infinity'
);

INSERT INTO tag_trend_runs (period) VALUES ('hour'), ('day');

-- Authors whose uses of tags do not count: suspended or deleted.
CREATE TABLE discovery_hidden_users (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('suspended', 'deleted'))
);

-- Who asks for suggestions, and what they were last given; only those who asked lately are kept up to date.
CREATE TABLE suggestion_readers (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    asked_at timestamptz NOT NULL,
    computed_at timestamptz NOT NULL,
    -- The best first.
    suggested_ids bigint[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);

CREATE INDEX suggestion_readers_by_age ON suggestion_readers (computed_at);
CREATE INDEX suggestion_readers_by_question ON suggestion_readers (asked_at);

CREATE TABLE suggestion_dismissals (
    user_id bigint NOT NULL,
    dismissed_id bigint NOT NULL,
    -- Of who dismissed.
    shard smallint NOT NULL,
    dismissed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, dismissed_id)
);

-- For the erasure of the dismissed.
CREATE INDEX suggestion_dismissals_by_dismissed ON suggestion_dismissals (dismissed_id);
