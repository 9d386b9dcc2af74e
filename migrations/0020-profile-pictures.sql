-- Pictures of people: the avatar, and the header of their page.

ALTER TABLE media
    -- What shows it, or will: a post, or its owner's profile. Those of a profile are cut to size when they are chosen.
    ADD COLUMN purpose text NOT NULL DEFAULT 'post' CHECK (purpose IN ('post', 'avatar', 'header')),
    ADD CHECK (purpose = 'post' OR post_id IS NULL);

-- What is on a profile is not swept, unless it failed to be processed.
DROP INDEX media_unattached;
CREATE INDEX media_unattached ON media (media_id) WHERE post_id IS NULL AND (purpose = 'post' OR state = 'failed');

ALTER TABLE users
    -- What is shown: its record and its blobs, by the system of pictures. (The column avatar_url was never set.)
    ADD COLUMN avatar_media_id bigint,
    ADD COLUMN avatar_key text,
    ADD COLUMN header_media_id bigint,
    ADD COLUMN header_key text,
    -- What was chosen, and will be shown when it is processed.
    ADD COLUMN next_avatar_media_id bigint,
    ADD COLUMN next_header_media_id bigint,
    ADD CHECK ((avatar_media_id IS NULL) = (avatar_key IS NULL)),
    ADD CHECK ((header_media_id IS NULL) = (header_key IS NULL));
