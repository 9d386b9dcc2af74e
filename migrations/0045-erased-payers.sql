-- Payments: whose account is deleted, so that a charge that comes after that is nobody's, too.

-- What they paid and owed stays in the books under their numbers, so their numbers stay as well.
CREATE TABLE erased_payers (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO erased_payers (user_id, shard) SELECT DISTINCT user_id, shard FROM payments WHERE erased;
