/**
 * Where the lines of a log go: standard output. A line that cannot be written, because the disk is full or nobody reads any
 * more, is dropped and counted, for a process that ends takes more with it than its log. Written synchronously, so that the
 * last line before a crash is there.
 */
import { fstatSync, writeSync } from 'node:fs';
import { Counter, type Registry } from 'prom-client';

export interface LogOutput {
  write(line: string): void;
  /** Lines that could not be written, or not to their end. */
  dropped(): number;
}

const STANDARD_OUTPUT = 1;

/** To be called once in a process: from then on nothing that it writes to standard output or standard error can end it. */
export function openLogOutput(): LogOutput {
  let dropped = 0;
  const drop = (error: unknown): void => {
    if (error) dropped += 1;
  };
  // Each line that fails is told to whoever wrote it; of the stream's own event the default is to end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { stdout } = process;
  const write = isStream(STANDARD_OUTPUT)
    ? (line: string) => void stdout.write(line, drop)
    : createFileWriter(STANDARD_OUTPUT, drop);
  return { write, dropped: () => dropped };
}

/**
 * NOTE: process.stdout takes nothing any more once a file could not be written, also when there is room again. What was cut
 * gets a line end when that happens, so that the next line can be read.
 */
function createFileWriter(descriptor: number, drop: (error: unknown) => void): (line: string) => void {
  let isCut = false;
  return (line) => {
    const bytes = Buffer.from(isCut ? `\n${line}` : line);
    try {
      isCut = writeSync(descriptor, bytes) < bytes.length;
      if (isCut) drop(true);
    } catch (error) {
      drop(error);
    }
  };
}

function isStream(descriptor: number): boolean {
  const status = fstatSync(descriptor);
  return process.stdout.isTTY || status.isFIFO() || status.isSocket();
}

export function watchLogOutput(registry: Registry, output: LogOutput): void {
  let told = 0;
  new Counter({
    name: 'log_lines_dropped_total',
    help: 'Lines of the log that could not be written, because the disk was full or nobody read them.',
    registers: [registry],
    collect() {
      const dropped = output.dropped();
      this.inc(dropped - told);
      told = dropped;
    },
  });
}
