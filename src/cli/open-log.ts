import { stripVTControlCharacters } from 'node:util';
import type { Config } from '../config/config.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import type { LogOutput } from '../telemetry/log-output.ts';

/** The log of a command whose standard output is its result: warnings and worse, on standard error. */
export function openCommandLog(): Log {
  const { stderr } = process;
  const write = (line: string) => void stderr.write(stderr.isTTY ? line : stripVTControlCharacters(line));
  return createLog({ level: 'warn', pretty: true, write });
}

/** The log of `serve`, as configured. */
export function openServerLog({ log: { level, format } }: Config, { write }: LogOutput): Log {
  return createLog({
    level,
    write,
    pretty: format === 'pretty' || (format === 'auto' && process.stdout.isTTY),
  });
}
