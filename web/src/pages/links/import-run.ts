/** One run of an import, as its rows come in. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { postLines } from '../../api/lines.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { ImportResult } from '../../api/types.ts';

export const FORMATS = ['csv', 'bitly', 'yourls', 'kutt', 'shlink'] as const;
export type Format = (typeof FORMATS)[number];
export const OUTCOMES = ['kept', 'renamed', 'created', 'skipped'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ImportRun {
  readonly isTrial: boolean;
  /** In the order of the table. */
  readonly results: ReadonlySignal<readonly ImportResult[]>;
  readonly counts: ReadonlySignal<Readonly<Record<Outcome, number>>>;
  readonly isRunning: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<Problem | undefined>;
  stop(): void;
}

const NONE: Readonly<Record<Outcome, number>> = { kept: 0, renamed: 0, created: 0, skipped: 0 };

export function runImport(format: Format, table: Blob | string, isTrial: boolean): ImportRun {
  const results = signal<readonly ImportResult[]>([]);
  const counts = signal(NONE);
  const isRunning = signal(true);
  const problem = signal<Problem>();
  const ended = new AbortController();
  const query = new URLSearchParams({ format, dry_run: String(isTrial) });

  function take(lines: readonly ImportResult[]): void {
    const counted = { ...counts.value };
    for (const { outcome } of lines) counted[outcome] += 1;
    batch(() => {
      results.value = [...results.value, ...lines];
      counts.value = counted;
    });
  }

  postLines<ImportResult>(`/links/import?${query}`, table, { signal: ended.signal, onLines: take })
    .catch((error: unknown) => {
      if (!ended.signal.aborted) problem.value = toProblem(error);
    })
    .finally(() => {
      isRunning.value = false;
    });
  return { isTrial, results, counts, isRunning, problem, stop: () => ended.abort() };
}
