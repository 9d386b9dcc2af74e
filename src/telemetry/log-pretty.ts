/** Turns a JSON line of the log into one for a person at a terminal. */

const DIM = '\u001b[2m';
const PLAIN = '\u001b[0m';
const LEVEL_COLOURS: Readonly<Record<string, string>> = {
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[1;31m',
};

/** `12:34:56.789 INFO  message  field=value …`, then the stack of an error and of its causes. */
export function prettyLine(line: string): string {
  const { time, level, msg, err, error, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const levelText = String(level);
  const clockTime = String(time).slice(11, 23);
  const colour = LEVEL_COLOURS[levelText] ?? '';
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${prettyValue(value)}`);
  const head = `${DIM}${clockTime}${PLAIN} ${colour}${levelText.toUpperCase().padEnd(5)}${PLAIN} ${msg ?? ''}`;
  return `${head}${DIM}${rest.join('')}${PLAIN}\n${prettyStack(err ?? error, '')}`;
}

function prettyValue(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

function prettyStack(error: unknown, prefix: string): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message, cause } = error as Record<string, unknown>;
  return `  ${prefix}${stack ?? message}\n${prettyStack(cause, 'caused by: ')}`;
}
