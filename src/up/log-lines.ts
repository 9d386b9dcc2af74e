/** What processes write, as lines for a person: our own are JSON, PostgreSQL's and those of others are as they are. */
import { stripVTControlCharacters } from 'node:util';
import { logLevelOf, parseLogLine } from '../ports/sql-store/embedded-postgres/log.ts';
import { prettyLine } from '../telemetry/log-pretty.ts';

export interface ReadLine {
  /** One line, or several where there is a stack; without a line end. */
  readonly text: string;
  /** What is worth a look for whoever does not read everything. */
  readonly isNotable: boolean;
  /** The same in a few words. */
  readonly short: string;
}

const NOTABLE_LEVELS = new Set(['warn', 'error', 'fatal']);
/** Of HAProxy, Redis and Kafka. */
const NOTABLE_WORDS = /\b(ALERT|WARNING|WARN|ERROR|FATAL)\b|\bis (DOWN|UP)\b/;
/** `[WARNING]  (1234) : `. */
const HAPROXY_PREFIX = /^\[[A-Z]+\]\s+\(\d+\) : /;

export function readLogLine(line: string, { colour }: { readonly colour: boolean }): ReadLine {
  const read = line.startsWith('{') ? readOwn(line, colour) : undefined;
  return read ?? readForeign(line);
}

function readOwn(line: string, colour: boolean): ReadLine | undefined {
  try {
    const fields = JSON.parse(line) as Readonly<Record<string, unknown>>; // Checked where it is used.
    const { level, time: _time, msg, err, error, ...others } = fields;
    const pretty = prettyLine(line).trimEnd();
    const reason = messageOf(err ?? error);
    const said = typeof msg === 'string' ? msg : '';
    return {
      text: colour ? pretty : stripVTControlCharacters(pretty),
      isNotable: NOTABLE_LEVELS.has(String(level)),
      short: harmless(`${said}${reason === undefined ? '' : `: ${reason}`}${shortFields(others)}`),
    };
  } catch {
    return undefined;
  }
}

function readForeign(line: string): ReadLine {
  const parsed = parseLogLine(line);
  const text = harmless(parsed.pid === undefined ? line.replace(HAPROXY_PREFIX, '') : parsed.message);
  const isNotable =
    parsed.pid === undefined ? NOTABLE_WORDS.test(line) : NOTABLE_LEVELS.has(logLevelOf(parsed));
  return { text, isNotable, short: text };
}

/** Those that are a word or a number. */
function shortFields(fields: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(fields).filter(
    ([, value]) => typeof value === 'number' || (typeof value === 'string' && /^\S{1,40}$/.test(value)),
  );
  return shown.length === 0 ? '' : ` (${shown.map(([name, value]) => `${name}=${value}`).join(' ')})`;
}

function messageOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message).split('\n')[0];
}

/** Without anything that a terminal obeys. */
function harmless(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
}
