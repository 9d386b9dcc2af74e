-- Warnings: pages that are shown before a link leads on.

-- block: no link leads there. warn: whoever opens a link to it is asked first.
ALTER TABLE blocked_targets
    ADD COLUMN action text NOT NULL DEFAULT 'block' CHECK (action IN ('block', 'warn'));

ALTER TABLE links
    -- Why the staff warns of it, as whoever opens it reads.
    ADD COLUMN warning_reason text,
    -- Several people have reported it, and nobody of the staff has looked at that yet.
    ADD COLUMN reported boolean NOT NULL DEFAULT false;

-- Who reports a link, and whose report of it was closed before.
CREATE INDEX reports_by_link ON reports (link_id, reporter_id) WHERE link_id IS NOT NULL;
DROP INDEX reports_open_by_link;

-- What does not count any more when its reporter is suspended.
CREATE INDEX reports_open_by_reporter ON reports (reporter_id) WHERE resolved_at IS NULL AND link_id IS NOT NULL;
