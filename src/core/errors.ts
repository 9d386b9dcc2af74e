/** The nine ways in which a call can be expected to fail. Act on the code, never on the text. */
export type ErrorCode =
  | 'not_found'
  | 'conflict'
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'internal';

/** One wrong input: which field, what is wrong with it, and what would be right. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly fields?: readonly FieldError[];
  /** Seconds after which the same call may succeed. */
  readonly retryAfterS?: number;
  /**
   * `not_applied`: the effect certainly did not happen, so even a call that is not idempotent may be tried
   * again. `unknown` (the default): it may have happened, or may yet.
   */
  readonly outcome?: 'not_applied' | 'unknown';
}

/** An expected failure. `message` is safe to show to anyone; what is not goes into `cause`, for the log. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  readonly retryAfterS: number | undefined;
  readonly outcome: 'not_applied' | 'unknown';

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? [];
    this.retryAfterS = options.retryAfterS;
    this.outcome = options.outcome ?? 'unknown';
  }
}

/** The failure of one named input field; `message` says what is wrong and what would be right. */
export function invalidField(field: string, message: string): AppError {
  return new AppError('invalid', `${field}: ${message}`, { fields: [{ field, message }] });
}

export function notFound(what: string): AppError {
  return new AppError('not_found', `There is no such ${what}.`);
}

export function hasCode(error: unknown, code: ErrorCode): error is AppError {
  return error instanceof AppError && error.code === code;
}

/** For what the code before it makes impossible. A failure here is a defect of ours, never of the input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}
