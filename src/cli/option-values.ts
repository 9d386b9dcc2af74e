/** What options may be, for commander: each fails with what would be right. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** All of an option that may be given several times. */
export function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `30s`, `10m` or `2h`, in milliseconds. */
export function duration(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(text) ?? [];
  const valueMs = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (Number.isSafeInteger(valueMs)) return valueMs;
  throw new InvalidArgumentError('It must be a number of seconds, minutes or hours, such as 30s, 10m or 2h.');
}

/** The same, from `minMs` to `maxMs`. */
export function durationWithin(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const valueMs = duration(text);
    if (valueMs >= minMs && valueMs <= maxMs) return valueMs;
    throw new InvalidArgumentError(`It must be from ${minMs / 1_000}s to ${maxMs / 1_000}s.`);
  };
}
