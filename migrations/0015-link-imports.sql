-- Where imported links come from.

CREATE TABLE link_imports (
    link_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    owner_id bigint NOT NULL,
    -- The shortener: bitly, yourls, kutt, shlink, or csv for a table of any other.
    source text NOT NULL,
    -- What it was opened by there. Under it a further import of the same links finds them.
    source_code text NOT NULL,
    -- What the shortener said of it: when it was made, and how many clicks it had counted.
    source_created_at timestamptz,
    source_clicks bigint,
    CONSTRAINT link_imports_source_code UNIQUE (owner_id, source, source_code)
);
