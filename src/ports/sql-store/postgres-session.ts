/** What every session of the sql-store is told: by the driver when it connects, by a pooler when that does. */
import { STATEMENT_TIMEOUT_MS } from './sql-store-policies.ts';

/**
 * A statement is planned once a connection: PostgreSQL would otherwise plan most of ours anew at every call, for
 * arrays of unknown length look dearer than those it is given (a post by id: 393 us of its CPU, of which 306 were
 * planning). And by index also while a table is small, for the plan outlives that; every statement has its index.
 * Compiling them (jit) would cost up to 100 ms each: before PostgreSQL 18 what is disabled counts as very dear.
 */
const PLANNING = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', jit: 'off' } as const;
/** A process that stops inside a transaction loses it, and with it the locks, after this. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;

/** Names and values of PostgreSQL's settings, times in milliseconds. */
function sessionSettings(statementTimeoutMs: number): Readonly<Record<string, string>> {
  return {
    ...PLANNING,
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_TIMEOUT_MS),
  };
}

/** As `options` of a connection. */
export function sessionOptions(statementTimeoutMs: number): string {
  const settings = Object.entries(sessionSettings(statementTimeoutMs));
  return settings.map(([name, value]) => `-c ${name}=${value}`).join(' ');
}

/** Of the sessions of a pooler, whose clients cannot tell them. */
export function poolerSettings(): Readonly<Record<string, string>> {
  return sessionSettings(STATEMENT_TIMEOUT_MS);
}
