/** What failures of the driver and of Redis mean to callers of a port. */
import { AppError } from '../../core/errors.ts';

/** How a server says that it, or the cluster, cannot serve now and may soon; the first word of its answer. */
const NOT_NOW =
  /^(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|READONLY|BUSY|MOVED|ASK|MISCONF|NOREPLICAS|UNBLOCKED)\b/;
/** Of Redis before 7, in the middle of what a script failed with. */
const FULL = /\bOOM command not allowed/;
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|Client sent AUTH|max number of clients))/;

/** The same for every call: `timeout` when there was no answer, `unavailable` when there is nobody to ask. */
export function translateRedisError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError || error instanceof TypeError) return error;
  if (error.message === 'Command timed out') {
    return new AppError('timeout', 'Redis did not answer in time.', { cause: error });
  }
  const isAnswer = error.name === 'ReplyError';
  const isExpected = NOT_NOW.test(error.message) || REFUSED.test(error.message) || FULL.test(error.message);
  if (isAnswer && !isExpected) return error;
  return new AppError('unavailable', 'Redis cannot be reached at the moment.', {
    cause: error,
    outcome: isAnswer ? 'not_applied' : 'unknown',
  });
}

/** Its memory is full, and it may not let go of anything by itself. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof Error && FULL.test(error.cause.message);
}
