import { AppError } from '../core/errors.ts';

/** Aborts at the first Ctrl-C or SIGTERM, so that a command can clean up. A second one ends the process at once. */
export function interruptionSignal(): AbortSignal {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
  return interruption.signal;
}

/** What comes out of an interrupted command, in place of the errors that the interruption caused. */
export function interruptedOr(error: unknown, signal: AbortSignal, consequence: string): unknown {
  if (!signal.aborted) return error;
  return new AppError('unavailable', `Interrupted. ${consequence}`, { cause: error });
}
