-- People: who they are, how they sign in, and what moderators did. Every row lies on the shard of the user it is about.

CREATE TABLE users (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    username text NOT NULL,
    -- In lower case. It stays when the account is deleted, so that nobody can pose as its former owner.
    username_key text NOT NULL CONSTRAINT users_username_key UNIQUE,
    display_name text NOT NULL,
    bio text NOT NULL DEFAULT '',
    avatar_url text,
    -- New followers must ask.
    locked boolean NOT NULL DEFAULT false,
    email text,
    -- In lower case.
    email_key text CONSTRAINT users_email_key UNIQUE,
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'moderator', 'administrator')),
    tier text NOT NULL DEFAULT 'standard' CHECK (tier IN ('standard', 'trusted')),
    suspended_at timestamptz,
    deleted_at timestamptz
);

-- How a user proves to be one. Who has no row (loaded in bulk, or deleted) cannot sign in.
CREATE TABLE credentials (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    -- Argon2id in the PHC format, with its parameters and salt.
    password_hash text NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    session_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    user_id bigint NOT NULL,
    -- SHA-256 of the token; the token itself is nowhere.
    token_hash bytea NOT NULL CONSTRAINT sessions_token_hash UNIQUE,
    created_at timestamptz NOT NULL,
    -- Late by up to five minutes.
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_agent text,
    address text
);

CREATE INDEX sessions_user_id ON sessions (user_id, session_id);
-- For the janitor.
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE password_resets (
    -- SHA-256 of the token; the token itself is only in the mail.
    token_hash bytea PRIMARY KEY,
    shard smallint NOT NULL,
    user_id bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX password_resets_user_id ON password_resets (user_id);
-- For the janitor.
CREATE INDEX password_resets_expires_at ON password_resets (expires_at);

-- What users told the moderators. The shard is that of the reporter.
CREATE TABLE reports (
    report_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    reporter_id bigint NOT NULL,
    -- Reported is either a user or a post. Posts are another system's, so nothing refers to them.
    user_id bigint,
    post_id bigint,
    reason text NOT NULL,
    comment text NOT NULL DEFAULT '',
    resolved_at timestamptz,
    resolved_by bigint,
    note text,
    CHECK (num_nonnulls(user_id, post_id) = 1)
);

CREATE INDEX reports_open ON reports (report_id) WHERE resolved_at IS NULL;

-- Every act of a moderator or administrator; rows are only added. The shard is that of the actor, or of the
-- user acted on where the act came from the command line.
CREATE TABLE audit_log (
    entry_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    -- Null: whoever has the command line of the server.
    actor_id bigint,
    action text NOT NULL,
    user_id bigint,
    report_id bigint,
    -- The reason or note that was given.
    detail text NOT NULL DEFAULT '',
    CHECK (num_nonnulls(actor_id, user_id) > 0)
);
