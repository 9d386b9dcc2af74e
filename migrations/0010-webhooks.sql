-- Webhooks: where users want to be told of what happens, and what has been or is to be sent there.

-- Whatever changes the row of a webhook or the deliveries that wait in its queue holds the row's lock until the commit.
CREATE TABLE webhooks (
    webhook_id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    -- Of the user.
    shard smallint NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    events text[] NOT NULL,
    -- What signs must be known as it is, so it stands here as it is (docs/decisions/0015).
    secret text NOT NULL,
    -- The one before signs too, until then.
    previous_secret text,
    previous_secret_until timestamptz,
    -- The rows of a deleted one are erased a batch at a time.
    state text NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled', 'deleted')),
    disabled_reason text CHECK (disabled_reason IN ('owner', 'gone', 'failing')),
    -- Its owner is suspended: nothing is sent meanwhile.
    suspended boolean NOT NULL DEFAULT false,
    -- The owner is to be told by mail that it was disabled.
    notice_due boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL,
    -- Deliveries in state waiting.
    waiting integer NOT NULL DEFAULT 0,
    -- Deliveries that were given up unsent because too many waited.
    dropped bigint NOT NULL DEFAULT 0,
    -- When the next delivery is to be sent; null if there is none, or nothing is to be sent.
    due_at timestamptz,
    -- A worker sends until then, the one that took the lease with this number.
    leased_until timestamptz,
    lease integer NOT NULL DEFAULT 0,
    -- Its last answer took long: it waits for its turn among its like.
    slow boolean NOT NULL DEFAULT false,
    -- Attempts of any deliveries that failed since the last that did not.
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    paused_until timestamptz
) WITH (
    -- Most deliveries write the row anew.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000
);

CREATE INDEX webhooks_by_user ON webhooks (user_id, webhook_id DESC);
CREATE INDEX webhooks_due ON webhooks (slow, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhooks_deleted ON webhooks (webhook_id) WHERE state = 'deleted';
CREATE INDEX webhooks_notice_due ON webhooks (webhook_id) WHERE notice_due;

-- One event for one webhook: what is sent, and how that went.
CREATE TABLE webhook_deliveries (
    delivery_id bigint PRIMARY KEY,
    webhook_id bigint NOT NULL,
    -- Of the user.
    shard smallint NOT NULL,
    event text NOT NULL,
    event_at timestamptz NOT NULL,
    -- To the byte what is signed and sent.
    body text NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled', 'dropped')),
    attempts smallint NOT NULL DEFAULT 0,
    -- Of one that waits.
    due_at timestamptz,
    -- Of the last attempt: the answer, or why there is none.
    attempted_at timestamptz,
    took_ms integer,
    response_status smallint,
    response_body text,
    error text
) WITH (fillfactor = 80);

CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, delivery_id DESC);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, delivery_id)
    WHERE state = 'waiting';
-- The oldest that wait are dropped when there are too many.
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, delivery_id) WHERE state = 'waiting';
