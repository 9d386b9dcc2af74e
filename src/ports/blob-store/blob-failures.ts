/** How a blob-store fails, whatever it keeps the bytes in. */
import { AppError } from '../../core/errors.ts';

/** `what`: what was tried, such as `stored`. What is an AppError already stays as it is. */
export function failure(
  what: string,
  cause: unknown,
  outcome: 'not_applied' | 'unknown' = 'not_applied',
): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError('unavailable', `Files cannot be ${what} right now.`, { cause, outcome });
}

export function tooLarge(bytesMax: number): AppError {
  return new AppError('invalid', `It is larger than ${bytesMax} bytes.`, { outcome: 'not_applied' });
}

export function nameTaken(cause?: unknown): AppError {
  return new AppError('conflict', 'There is something under this name already.', {
    cause,
    outcome: 'not_applied',
  });
}
