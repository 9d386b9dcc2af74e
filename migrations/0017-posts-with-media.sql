-- transaction: none
-- The posts with pictures of a user, newest first.

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_with_media ON posts (author_id, post_id DESC)
    WHERE deleted_at IS NULL AND media_ids <> '{}';
