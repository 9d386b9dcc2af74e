/** How the chain of wrappers treats each call of the sql-store. */
import type { MethodPolicies } from '../../resilience/wrap-port.ts';
import type { SqlStore, SqlValue, Statement } from './sql-store.ts';

/** The server cancels a statement after this; the client gives up a little later. */
export const STATEMENT_TIMEOUT_MS = 5_000;
const TRY_MS = STATEMENT_TIMEOUT_MS + 1_500;
/** Room for one try that hangs and one that does not. */
const TOTAL_MS = 8_000;
/** Several statements; what is not done by then is not worth waiting for. */
const TRANSACTION_MS = 15_000;

type AnyStatement = Statement<readonly SqlValue[], unknown>;

export const SQL_STORE_POLICIES: MethodPolicies<SqlStore> = {
  query: {
    idempotent: (statement: AnyStatement) => statement.kind === 'read',
    totalMs: TOTAL_MS,
    tryMs: TRY_MS,
    label: (statement: AnyStatement) => statement.name,
  },
  // Not idempotent: a failed COMMIT may have committed. What certainly did not is tried again all the same.
  transaction: { idempotent: false, totalMs: TRANSACTION_MS, tryMs: TRANSACTION_MS },
};

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
