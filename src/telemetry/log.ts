import { type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyLine } from './log-pretty.ts';
import {
  lineWithoutSecrets,
  requestFields,
  responseFields,
  serializeError,
  withoutSecrets,
} from './log-redaction.ts';

/** The log of one process; `log.child({ … })` adds fields. Call it as `log.info({ fields }, 'message')`. */
export type Log = Logger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for a person at a terminal; otherwise one JSON object a line. */
  readonly pretty: boolean;
  /** Where lines go instead of standard output. */
  readonly write?: (line: string) => void;
}

/**
 * Logs JSON lines (`level` as a word, `time` in RFC 3339) without secrets: whatever is named like one, at any
 * depth, and credentials inside URLs and bearer tokens anywhere, the message included. Errors at any depth keep
 * their cause. A line is written synchronously, so that the last one before a crash is there.
 */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const format = options.pretty ? prettyLine : (line: string) => line;
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: withoutSecrets,
      },
      serializers: { err: serializeError, error: serializeError, req: requestFields, res: responseFields },
      hooks: { streamWrite: lineWithoutSecrets },
    },
    { write: (line: string) => write(format(line)) },
  );
  redactBindings(log);
  return log;
}

/** NOTE: pino runs the bindings formatter for the root only, so a child's fields pass through here instead. */
function redactBindings(log: Log): void {
  const createChild = log.child;
  // Children have `log` as their prototype, so this one override is also theirs; the cast is for its generics.
  log.child = function (this: Log, bindings, options) {
    return createChild.call(this, withoutSecrets(bindings), options);
  } as typeof createChild;
}
