import { DatabaseError } from 'pg';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../core/errors.ts';
import { UniqueViolation } from './sql-store.ts';

type Outcome = NonNullable<AppErrorOptions['outcome']>;

interface Translation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterS?: number;
  /** Of a statement on its own: a server that reports an error has rolled the statement back. */
  readonly outcome: Outcome;
}

const BUSY = 'The database is busy. Try again shortly.';
const UNREACHABLE = 'The database cannot be reached right now. Try again shortly.';
const FULL = 'The database is out of space or memory. Try again later.';
const UNSTORABLE = 'A text has characters that cannot be stored. Remove what is not text.';
const REFUSED =
  'The database does not let this server in. An operator must look at GROUNDSWELL_DATABASE_URL.';
const SLOW = 'The database did not answer in time.';

/** By SQLSTATE, or by its class (the first two characters). https://www.postgresql.org/docs/18/errcodes-appendix.html */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  // A NUL or half a surrogate pair, which its texts and its JSON cannot have: whoever let it through, it is the caller's.
  22021: { code: 'invalid', message: UNSTORABLE, outcome: 'not_applied' },
  '22P05': { code: 'invalid', message: UNSTORABLE, outcome: 'not_applied' },
  // Serialization failure, deadlock, lock timeout.
  40001: { code: 'unavailable', message: BUSY, retryAfterS: 1, outcome: 'not_applied' },
  '40P01': { code: 'unavailable', message: BUSY, retryAfterS: 1, outcome: 'not_applied' },
  '55P03': { code: 'unavailable', message: BUSY, retryAfterS: 1, outcome: 'not_applied' },
  // The statement's own timeout, or an operator's pg_cancel_backend.
  57014: { code: 'timeout', message: SLOW, outcome: 'not_applied' },
  // Idle in a transaction for too long: the server has rolled it back.
  '25P03': { code: 'timeout', message: SLOW, outcome: 'not_applied' },
  // A primary that has become a standby.
  25006: { code: 'unavailable', message: UNREACHABLE, retryAfterS: 1, outcome: 'not_applied' },
  // Shutdown and crash: a commit that waits for its standby is durable here although it reports this.
  '57P01': { code: 'unavailable', message: UNREACHABLE, retryAfterS: 1, outcome: 'unknown' },
  '57P02': { code: 'unavailable', message: UNREACHABLE, retryAfterS: 1, outcome: 'unknown' },
  // Starting up or shutting down: refused at the door.
  '57P03': { code: 'unavailable', message: UNREACHABLE, retryAfterS: 1, outcome: 'not_applied' },
  // No such database, or a user or password that is not right.
  '3D000': { code: 'unavailable', message: REFUSED, retryAfterS: 5, outcome: 'not_applied' },
  28: { code: 'unavailable', message: REFUSED, retryAfterS: 5, outcome: 'not_applied' },
  // Classes: connection exception, out of resources (connections, disk, memory), input and output.
  '08': { code: 'unavailable', message: UNREACHABLE, retryAfterS: 1, outcome: 'unknown' },
  53: { code: 'unavailable', message: FULL, retryAfterS: 5, outcome: 'not_applied' },
  58: { code: 'unavailable', message: FULL, retryAfterS: 5, outcome: 'unknown' },
};

const UNIQUE_VIOLATION = '23505';
const ABORTED_BY_CONCURRENCY = new Set(['40001', '40P01']);

/** What an error of `pg` means to a caller. `outcome` overrides the table where the place of failure decides. */
export function translateError(error: unknown, outcome?: Outcome): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof DatabaseError) return translateServerError(error, outcome);
  if (error instanceof NoAnswer) {
    return new AppError('timeout', SLOW, { cause: error, outcome: outcome ?? 'unknown' });
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    return new AppError('internal', 'A value could not be exchanged with the database.', { cause: error });
  }
  return unreachable(error, outcome ?? 'unknown');
}

function translateServerError(error: DatabaseError, outcome?: Outcome): AppError {
  const sqlState = error.code ?? '';
  if (sqlState === UNIQUE_VIOLATION) {
    const cause = new UniqueViolation(error.constraint ?? '', error);
    return new AppError('conflict', 'This is already taken.', { cause, outcome: 'not_applied' });
  }
  const known = TRANSLATIONS[sqlState] ?? TRANSLATIONS[sqlState.slice(0, 2)];
  if (known === undefined) {
    return new AppError('internal', 'The database refused a statement.', {
      cause: error,
      outcome: outcome ?? 'not_applied',
    });
  }
  return new AppError(known.code, known.message, {
    cause: error,
    outcome: outcome ?? known.outcome,
    ...(known.retryAfterS === undefined ? {} : { retryAfterS: known.retryAfterS }),
  });
}

export function unreachable(cause: unknown, outcome: Outcome): AppError {
  return new AppError('unavailable', UNREACHABLE, { cause, outcome, retryAfterS: 1 });
}

export function tooManyWaiting(cause: unknown): AppError {
  return new AppError('unavailable', BUSY, { cause, outcome: 'not_applied', retryAfterS: 1 });
}

/** Neither an answer nor the server's own time-out arrived. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Whether running the whole transaction again is the remedy. */
export function abortedByConcurrency(error: unknown): boolean {
  return error instanceof DatabaseError && ABORTED_BY_CONCURRENCY.has(error.code ?? '');
}

/** Whether the connection can serve no further statement after this. FATAL errors end it. */
export function endsConnection(error: unknown): boolean {
  return !(error instanceof DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC';
}
