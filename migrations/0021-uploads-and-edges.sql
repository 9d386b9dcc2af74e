-- Pictures that arrive in pieces or go directly into the object storage, and those that edge caches are still to forget.

-- What has arrived lies in blobs of its own, until all is there and is stored as one, like any other upload.
CREATE TABLE media_uploads (
    upload_id bigint PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    owner_id bigint NOT NULL,
    -- Of the blobs of the pieces. When the row goes, or has become a medium, a lease stands for them.
    blob_key text NOT NULL,
    -- Who writes into the storage: this server, piece by piece, or the client itself, all at once.
    way text NOT NULL CHECK (way IN ('pieces', 'direct')),
    total_bytes bigint NOT NULL,
    received_bytes bigint NOT NULL DEFAULT 0,
    -- Their files, in order.
    pieces text[] NOT NULL DEFAULT '{}',
    alt text,
    focus_x real,
    focus_y real,
    -- What it has become; then it stays for whoever has not heard of it, until it expires.
    media_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK (received_bytes BETWEEN 0 AND total_bytes),
    CHECK ((focus_x IS NULL) = (focus_y IS NULL))
);

-- Those under way count towards a limit.
CREATE INDEX media_uploads_by_owner ON media_uploads (owner_id, upload_id);
CREATE INDEX media_uploads_by_expiry ON media_uploads (expires_at);

-- Pictures whose bytes are gone, and which edge caches may still have. Empty where there are no edge caches.
CREATE TABLE edge_purges (
    blob_key text PRIMARY KEY,
    -- Of the owner.
    shard smallint NOT NULL,
    -- How often all edges were told: the second time is for what was on its way to them at the first.
    passes smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX edge_purges_by_due ON edge_purges (due_at);
