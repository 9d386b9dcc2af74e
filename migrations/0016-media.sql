-- Media: pictures of users, what is to be removed of them, and what their posts show.

CREATE TABLE media (
    media_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    owner_id bigint NOT NULL,
    -- Of all its blobs. Random, because it begins every address of the picture.
    blob_key text NOT NULL,
    state text NOT NULL CHECK (state IN ('processing', 'ready', 'failed')),
    -- Of what was sent, which is removed when the variants are made.
    format text NOT NULL,
    original_bytes bigint NOT NULL,
    animated boolean NOT NULL DEFAULT false,
    width integer,
    height integer,
    thumbhash text,
    variants json NOT NULL DEFAULT '[]',
    -- Why it failed, for its owner.
    failure text,
    alt text,
    focus_x real,
    focus_y real,
    -- Null: nowhere yet, and to be deleted after a day.
    post_id bigint,
    attempts smallint NOT NULL DEFAULT 0,
    -- When it is processed, or processed again because who began has not ended; of one that is ready or failed, when what
    -- was sent is removed. Null: there is nothing left to do.
    due_at timestamptz DEFAULT now(),
    CHECK ((focus_x IS NULL) = (focus_y IS NULL)),
    CHECK (state <> 'ready' OR (width IS NOT NULL AND height IS NOT NULL AND thumbhash IS NOT NULL))
);

CREATE INDEX media_by_owner ON media (owner_id, media_id);
CREATE INDEX media_by_post ON media (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX media_unattached ON media (media_id) WHERE post_id IS NULL;
CREATE INDEX media_due ON media (due_at, media_id) WHERE due_at IS NOT NULL;

-- Blobs that no record stands for: of an upload until it is committed, of media that were deleted. When the lease has
-- expired, they are removed, and then the lease. So there are never bytes without a row here or in media.
CREATE TABLE blob_leases (
    blob_key text PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    owner_id bigint NOT NULL,
    -- Of the upload, so that the same request is not carried out twice at a time.
    idempotency_key text,
    expires_at timestamptz NOT NULL
);

CREATE INDEX blob_leases_by_expiry ON blob_leases (expires_at);
CREATE UNIQUE INDEX blob_leases_by_key ON blob_leases (owner_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What addresses of pictures are signed with. One row, of the whole server: no shard.
CREATE TABLE media_signing_keys (
    signing_key_id smallint PRIMARY KEY CHECK (signing_key_id = 1),
    secret bytea NOT NULL
);

-- The pictures of a post as it shows them, by the system of posts: null for the many that have none.
ALTER TABLE posts ADD COLUMN media json;
