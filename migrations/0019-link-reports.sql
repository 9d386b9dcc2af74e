-- Reports of links, also by people who are not signed in; links that the staff turns off.

ALTER TABLE reports
    -- Null: whoever reported a link without being signed in. The shard is that of the link's owner then.
    ALTER COLUMN reporter_id DROP NOT NULL,
    ADD COLUMN link_id bigint,
    -- Whose it was and where it led when it was reported: {"owner_id": "…", "short_url": …, "targets": […]}
    ADD COLUMN link json,
    DROP CONSTRAINT reports_check,
    ADD CONSTRAINT reports_subject CHECK (num_nonnulls(user_id, post_id, link_id) = 1),
    ADD CONSTRAINT reports_link CHECK ((link_id IS NULL) = (link IS NULL)),
    ADD CONSTRAINT reports_reporter CHECK (reporter_id IS NOT NULL OR link_id IS NOT NULL);

CREATE INDEX reports_open_by_link ON reports (link_id) WHERE resolved_at IS NULL AND link_id IS NOT NULL;

-- Why the staff has turned the link off, as whoever opens it reads.
ALTER TABLE links ADD COLUMN disabled_reason text;
