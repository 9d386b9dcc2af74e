/** How the chain of wrappers treats each call of the sql-store. */
import type { BulkheadLimits } from '../../resilience/bulkhead.ts';
import type { MethodPolicies } from '../../resilience/wrap-port.ts';
import type { SqlStore, SqlValue, Statement } from './sql-store.ts';

/** The server cancels a statement after this; the client gives up a little later. */
export const STATEMENT_TIMEOUT_MS = 5_000;
const TRY_MS = STATEMENT_TIMEOUT_MS + 1_500;
/** Room for one try that hangs and one that does not. */
const TOTAL_MS = 8_000;
/** Several statements; what is not done by then is not worth waiting for. */
const TRANSACTION_MS = 15_000;

/** Calls that wait for a connection, at most; what is beyond them is refused at once. */
const QUEUE_MAX = 2_000;
const QUEUE_AGE_MAX_MS = 2_000;
/** Connections that no transaction takes. */
const STATEMENTS_RESERVED = 2;

type AnyStatement = Statement<readonly SqlValue[], unknown>;

export function sqlStoreBulkhead(connections: number): BulkheadLimits {
  return { concurrencyMax: connections, queueMax: QUEUE_MAX, queueAgeMaxMs: QUEUE_AGE_MAX_MS };
}

/**
 * Transactions leave connections to single statements: to reads, while writes wait for each other, and to what is read for
 * a transaction beside it, such as the users of an answer, through caches that many share. Were all connections theirs,
 * each would wait for one more.
 */
export function sqlStorePolicies(connections: number): MethodPolicies<SqlStore> {
  return {
    query: {
      idempotent: (statement: AnyStatement) => statement.kind === 'read',
      totalMs: TOTAL_MS,
      tryMs: TRY_MS,
      label: (statement: AnyStatement) => statement.name,
    },
    // Not idempotent: a failed COMMIT may have committed. What certainly did not is tried again all the same.
    transaction: {
      idempotent: false,
      totalMs: TRANSACTION_MS,
      tryMs: TRANSACTION_MS,
      bulkhead: sqlStoreBulkhead(Math.max(1, connections - STATEMENTS_RESERVED)),
    },
  };
}

/** Reads of what may be stale take a few ms; what takes longer is asked of the primary instead. */
export const REPLICA_STATEMENT_TIMEOUT_MS = 1_500;
const REPLICA_TRY_MS = REPLICA_STATEMENT_TIMEOUT_MS + 500;

export const REPLICA_POLICIES: MethodPolicies<SqlStore> = {
  query: {
    idempotent: true,
    retriesMax: 0,
    totalMs: REPLICA_TRY_MS,
    tryMs: REPLICA_TRY_MS,
    label: (statement: AnyStatement) => statement.name,
  },
};
