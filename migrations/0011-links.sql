-- Links: short codes and what they lead to.

-- What the permutation of the counter is keyed with (systems/links/codes): drawn once, by the first process that needs
-- it, and kept for ever, because with another one the counter would come to codes that are taken. No owner: no shard.
CREATE TABLE link_code_secrets (
    secret_id smallint PRIMARY KEY CHECK (secret_id = 1),
    secret bytea NOT NULL
);

-- Numbers below `leased_below` have been given to processes, a block at a time. One row, of no owner: no shard.
CREATE TABLE link_code_counters (
    counter_id smallint PRIMARY KEY CHECK (counter_id = 1),
    leased_below bigint NOT NULL
);

INSERT INTO link_code_counters (counter_id, leased_below) VALUES (1, 0);

CREATE TABLE links (
    link_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    -- Null where the owner is deleted: of such a link the code alone is left.
    owner_id bigint,
    -- The host name it is opened under: 0 is that of the server itself, another one a row of link_domains.
    domain_id bigint NOT NULL DEFAULT 0,
    code text COLLATE "C" NOT NULL,
    -- made: from the counter. chosen: an alias. imported: as another shortener had made it.
    code_origin text NOT NULL CHECK (code_origin IN ('made', 'chosen', 'imported')),
    -- What an alias looks like, so that there is no second one that a reader takes for it.
    code_look text COLLATE "C",
    url text NOT NULL,
    title text NOT NULL,
    tags text[] NOT NULL,
    redirect_type smallint NOT NULL CHECK (redirect_type IN (301, 302, 307, 308)),
    -- What the visitor's query is for: added to that of the target, or nothing.
    pass_query boolean NOT NULL,
    -- {"source": …, "medium": …, "campaign": …, "term": …, "content": …}, those that are set.
    utm json,
    -- [{"url": …, conditions}], in their order.
    rules json,
    expires_at timestamptz,
    -- Visits are counted only where they are limited. In a table of their own: this row would be copied for each.
    max_visits integer CHECK (max_visits > 0),
    -- argon2id.
    password_hash text,
    updated_at timestamptz,
    -- A deleted link is a tombstone, which leads nowhere and keeps its code from ever being somebody else's.
    deleted_at timestamptz,
    CHECK ((code_look IS NOT NULL) = (code_origin = 'chosen')),
    CHECK (deleted_at IS NULL OR (url = '' AND title = '' AND tags = '{}' AND rules IS NULL AND password_hash IS NULL)),
    CONSTRAINT links_code UNIQUE (domain_id, code),
    CONSTRAINT links_code_look UNIQUE (domain_id, code_look)
);

CREATE INDEX links_by_owner ON links (owner_id, link_id DESC);
-- The few codes that did not come from the counter: a code that the counter has not come to is one of them, or none.
CREATE INDEX links_not_made ON links (code) WHERE code_origin <> 'made';

-- What is left of a limited number of visits. Its own table, so that a visit rewrites a few bytes.
CREATE TABLE link_visits (
    link_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    visits integer NOT NULL DEFAULT 0,
    max_visits integer NOT NULL,
    CHECK (visits >= 0)
) WITH (fillfactor = 50);

-- Where a link led until each change.
CREATE TABLE link_changes (
    -- Made at the time of the change.
    change_id bigint PRIMARY KEY,
    link_id bigint NOT NULL,
    -- Of the owner.
    shard smallint NOT NULL,
    url text NOT NULL,
    rules json
);

CREATE INDEX link_changes_by_link ON link_changes (link_id, change_id DESC);

-- What no link may lead to. Managed by moderators, for all owners: no shard.
CREATE TABLE blocked_targets (
    block_id bigint PRIMARY KEY,
    -- A host name, for itself and all below it, or a host name and the beginning of a path: evil.example/login
    target text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    blocked_by bigint NOT NULL,
    CONSTRAINT blocked_targets_once UNIQUE (target)
);

-- Owners whose links lead nowhere: suspended, or deleted and not erased yet. Told by the topic `users`.
CREATE TABLE hidden_link_owners (
    user_id bigint PRIMARY KEY,
    -- Of the user.
    shard smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('suspended', 'deleted', 'erased'))
);

CREATE INDEX hidden_link_owners_to_erase ON hidden_link_owners (user_id) WHERE state = 'deleted';

-- Host names of owners. A link of one is opened as https://host/code.
CREATE TABLE link_domains (
    domain_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    owner_id bigint NOT NULL,
    -- In lower case, punycode.
    host text COLLATE "C" NOT NULL,
    -- What the owner must put into its DNS or serve under it.
    token text NOT NULL,
    verified_at timestamptz
);

-- Many may try, one succeeds.
CREATE UNIQUE INDEX link_domains_verified ON link_domains (host) WHERE verified_at IS NOT NULL;
CREATE UNIQUE INDEX link_domains_by_owner ON link_domains (owner_id, host);
