-- Payments: the ledger, what riders pay, what drivers are paid, and the records of the sandbox provider.

-- Double entry, one row a transfer: the same amount of the same currency is debited to one account and credited to another, so whatever rows
-- there are, all accounts together are zero. An account is (account, owner_id, currency); it exists by being named.
CREATE TABLE ledger_transfers (
    -- What it was made for (a payment), and what as. Once for each.
    cause_id bigint NOT NULL,
    code text NOT NULL CHECK (code IN ('driver_share', 'platform_share', 'charged', 'refund_granted', 'refund_paid',
        'refund_returned', 'payout_started', 'payout_paid', 'payout_returned')),
    -- Of the owner of the payment.
    shard smallint NOT NULL,
    debit_account text NOT NULL,
    debit_owner_id bigint NOT NULL,
    credit_account text NOT NULL,
    credit_owner_id bigint NOT NULL,
    -- ISO 4217.
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- In minor units, such as cents.
    amount bigint NOT NULL CHECK (amount > 0 AND amount <= 100000000),
    posted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cause_id, code),
    CHECK (debit_account <> credit_account OR debit_owner_id <> credit_owner_id)
);

-- A mistake is corrected by another transfer, never by changing one. Only a restore empties the table, as a whole.
CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger_transfers are immutable' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER ledger_transfers_immutable BEFORE UPDATE OR DELETE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger();

-- What accounts have, as far as it was summed up: with ledger_deltas it is exact.
CREATE TABLE ledger_balances (
    account text NOT NULL,
    owner_id bigint NOT NULL,
    currency text NOT NULL,
    shard smallint NOT NULL,
    debits bigint NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account, owner_id, currency)
);

-- Whom there is something to pay.
CREATE INDEX ledger_balances_payable ON ledger_balances ((credits - debits) DESC, owner_id)
    WHERE account = 'driver_payable';

-- What is still to be added to ledger_balances: a transfer waits for no other one that has an account in common with it.
CREATE TABLE ledger_deltas (
    account text NOT NULL,
    owner_id bigint NOT NULL,
    currency text NOT NULL,
    cause_id bigint NOT NULL,
    code text NOT NULL,
    shard smallint NOT NULL,
    debits bigint NOT NULL,
    credits bigint NOT NULL,
    PRIMARY KEY (account, owner_id, currency, cause_id, code)
);

-- What the provider is asked to do: charge a rider, give back some of it, pay a driver.
CREATE TABLE payments (
    payment_id bigint PRIMARY KEY,
    -- Of the user.
    shard smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('charge', 'refund', 'payout')),
    -- The rider, or the driver of a payout.
    user_id bigint NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- In minor units.
    amount bigint NOT NULL CHECK (amount > 0 AND amount <= 100000000),
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'succeeded', 'declined')),
    -- Why it was declined.
    reason text,
    -- One more each time that it is asked for anew after it was declined: the provider is given (kind, payment_id, attempt) as the key.
    attempt integer NOT NULL DEFAULT 1,
    -- Of an attempt, from its first call until it is settled: the method of the rider.
    token text,
    -- When it is to be looked at: now, or when whoever is doing so has had time enough. Null: it is settled.
    due_at timestamptz,
    -- Calls of this attempt.
    calls integer NOT NULL DEFAULT 0,
    -- Under which the provider has it.
    provider_id text,
    -- How the rider knows the method.
    method text,
    settled_at timestamptz,
    -- Of a charge: what for. 'ride' or 'cancellation'.
    cause text CHECK (cause IN ('ride', 'cancellation')),
    ride_id bigint,
    driver_id bigint,
    driver_amount bigint,
    -- The fare as it was announced, for the receipt.
    fare jsonb,
    -- What was or is being given back of a charge.
    refunded bigint NOT NULL DEFAULT 0,
    -- Of a refund: of which charge.
    charge_id bigint,
    -- The rider is to be told that it was declined.
    notice_due boolean NOT NULL DEFAULT false,
    -- The account of the user is deleted.
    erased boolean NOT NULL DEFAULT false,
    CHECK ((state = 'due') = (due_at IS NOT NULL)),
    CHECK ((kind = 'charge') = (ride_id IS NOT NULL AND cause IS NOT NULL AND driver_amount IS NOT NULL)),
    CHECK ((kind = 'refund') = (charge_id IS NOT NULL)),
    CHECK (driver_amount IS NULL OR (driver_amount >= 0 AND driver_amount <= amount)),
    CHECK (refunded >= 0 AND refunded <= amount)
);

-- A ride is charged for once, whatever any program does.
CREATE UNIQUE INDEX payments_by_ride ON payments (ride_id) WHERE kind = 'charge';
-- A driver is paid once at a time.
CREATE UNIQUE INDEX payments_payout_under_way ON payments (user_id, currency) WHERE kind = 'payout' AND state = 'due';
CREATE INDEX payments_due ON payments (due_at, payment_id) WHERE state = 'due';
CREATE INDEX payments_by_user ON payments (user_id, kind, payment_id);
CREATE INDEX payments_by_driver ON payments (driver_id, payment_id) WHERE kind = 'charge';
CREATE INDEX payments_by_charge ON payments (charge_id, payment_id) WHERE kind = 'refund';
CREATE INDEX payments_by_state ON payments (state, payment_id);
-- Who has to name another method before the next ride.
CREATE INDEX payments_owed ON payments (user_id) WHERE kind = 'charge' AND (state = 'declined' OR (state = 'due' AND attempt > 1));
CREATE INDEX payments_notice_due ON payments (payment_id) WHERE notice_due;

-- What riders pay with: a token of the provider, never a card.
CREATE TABLE payment_methods (
    user_id bigint PRIMARY KEY,
    shard smallint NOT NULL,
    token text NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What the sandbox provider has done: its own books, which know nothing of the tables above. Of no owner here: no shard.
CREATE TABLE sandbox_payments (
    payment_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('charge', 'refund', 'payout')),
    source text NOT NULL,
    reference text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    -- How often it was asked for, heard or not.
    calls integer NOT NULL DEFAULT 1,
    -- Null: no call of it has arrived.
    outcome text CHECK (outcome IN ('succeeded', 'declined')),
    reason text,
    -- Until then it says that it does not know yet.
    settles_at timestamptz
);

CREATE INDEX sandbox_payments_refunds ON sandbox_payments (source) WHERE kind = 'refund';
