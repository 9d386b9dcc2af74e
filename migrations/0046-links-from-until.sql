-- Links that lead somewhere from a time on, and where those are led who come when it is over.

ALTER TABLE links
    ADD COLUMN starts_at timestamptz,
    -- For who comes after the end, or after the last visit. Null: a page says that it is over.
    ADD COLUMN fallback_url text,
    ADD CHECK (starts_at < expires_at);

ALTER TABLE link_changes ADD COLUMN fallback_url text;
