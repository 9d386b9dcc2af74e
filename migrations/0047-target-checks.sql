-- Whether what links lead to is still there.

-- Of a link, how its target was found. No row: it was not looked at yet.
CREATE TABLE link_checks (
    link_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    -- Of the target, as it is in link_check_hosts.
    host text COLLATE "C" NOT NULL,
    -- Another one with each new target, so that what was found of the old one is not written down for it.
    version integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'unchecked' CHECK (state IN ('unchecked', 'ok', 'dead')),
    checked_at timestamptz,
    -- Of the last answer. Null: there was none.
    status smallint,
    problem text,
    -- One after the other, and since when.
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    -- Null: as soon as possible.
    due_at timestamptz,
    -- Until the first page is there, or the owner says something of the title.
    wants_title boolean NOT NULL DEFAULT false
);

CREATE INDEX link_checks_due ON link_checks (host, due_at NULLS FIRST, link_id DESC);
CREATE INDEX link_checks_hurried ON link_checks (link_id) WHERE due_at IS NULL;
-- Who answers, if anyone does.
CREATE INDEX link_checks_reached ON link_checks (checked_at) WHERE state = 'ok';

-- A host is asked by one worker at a time. Of no owner: no shard.
CREATE TABLE link_check_hosts (
    host text COLLATE "C" PRIMARY KEY,
    -- Some link to it is to be checked as soon as possible.
    hurried boolean NOT NULL,
    due_at timestamptz NOT NULL,
    -- By a worker, and then for a rest.
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    lease integer NOT NULL DEFAULT 0
);

CREATE INDEX link_check_hosts_due ON link_check_hosts (hurried, due_at);

-- How far all links were gone through for those that have no row. One row, of no owner: no shard.
CREATE TABLE link_check_walks (
    walk_id smallint PRIMARY KEY CHECK (walk_id = 1),
    after_link_id bigint NOT NULL,
    -- The beginning of the next walk, once it is at the end.
    due_at timestamptz NOT NULL
);

INSERT INTO link_check_walks (walk_id, after_link_id, due_at) VALUES (1, 0, '-infinity');
