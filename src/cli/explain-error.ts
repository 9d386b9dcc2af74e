/** What a command says of what went wrong, to whoever runs it. */
import { ConfigError } from '../config/config.ts';
import { AppError } from '../core/errors.ts';

/** With the reason below it where something is away: an operator can mend it, while clients of the API are not told. */
export function explainError(error: unknown): string {
  if (error instanceof ConfigError) {
    return [error.message, ...error.problems.map((problem) => `  - ${problem}`)].join('\n');
  }
  if (error instanceof AppError && error.code !== 'internal') {
    const reason = error.code === 'unavailable' ? reasonOf(error.cause) : undefined;
    return `groundswell: ${error.message}${reason === undefined ? '' : `\n  ${reason}`}`;
  }
  return [error instanceof Error ? (error.stack ?? error.message) : String(error), ...causesOf(error)].join(
    '\n',
  );
}

/** Why it happened: what the message of an internal error keeps to itself. */
function causesOf(error: unknown): string[] {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return [];
  const { cause } = error;
  const code = 'code' in cause && cause.code !== undefined ? ` (${String(cause.code)})` : '';
  return [`caused by: ${cause.message}${code}`, ...causesOf(cause)];
}

/** The first of its causes that came from without, such as a driver. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if (cause instanceof AppError) return reasonOf(cause.cause);
  // Of a name with several addresses; it says nothing itself.
  const [first] = cause instanceof AggregateError ? cause.errors : [];
  return cause.message || reasonOf(first);
}
