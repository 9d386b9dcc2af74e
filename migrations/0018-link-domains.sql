-- Host names of owners that are deleted: kept until the links below them are.

ALTER TABLE link_domains ADD COLUMN deleted_at timestamptz;
ALTER TABLE link_domains ADD CHECK (deleted_at IS NULL OR verified_at IS NULL);

-- The same host name may be brought again at once.
DROP INDEX link_domains_by_owner;
CREATE UNIQUE INDEX link_domains_by_owner ON link_domains (owner_id, host) WHERE deleted_at IS NULL;
CREATE INDEX link_domains_to_erase ON link_domains (domain_id) WHERE deleted_at IS NOT NULL;
