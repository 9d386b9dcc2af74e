/** What the last batches of each city took in this process, which their leases carry along for whoever wants to know. */
import type { Clock } from '../../../core/clock.ts';

/** Of a city: of so many the figures are, of ten minutes at most. */
export const BATCHES_KEPT = 100;
export const KEPT_MS = 10 * 60_000;

export type BatchOutcome = 'written' | 'idle' | 'fenced' | 'failed';

/** As it is kept with the lease. */
export interface BatchesJson {
  readonly last_at: string;
  readonly last_ms: number;
  readonly batches: number;
  readonly failed: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
}

interface Batch {
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: BatchOutcome;
}

export interface BatchLog {
  add(city: string, outcome: BatchOutcome, durationMs: number): void;
  /** `undefined`: this process has made none of late. */
  of(city: string): BatchesJson | undefined;
}

export function createBatchLog({ clock }: { readonly clock: Pick<Clock, 'nowMs'> }): BatchLog {
  const byCity = new Map<string, readonly Batch[]>();

  function recent(city: string): readonly Batch[] {
    const sinceMs = clock.nowMs() - KEPT_MS;
    return (byCity.get(city) ?? []).filter(({ atMs }) => atMs >= sinceMs);
  }

  return {
    add(city, outcome, durationMs) {
      const batch = { atMs: clock.nowMs(), durationMs, outcome };
      byCity.set(city, [...recent(city).slice(1 - BATCHES_KEPT), batch]);
    },
    of(city) {
      const batches = recent(city);
      const last = batches.at(-1);
      if (last === undefined) return undefined;
      const sorted = batches.map(({ durationMs }) => durationMs).sort((one, other) => one - other);
      const atPart = (part: number) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? 0);
      return {
        ...{ last_at: new Date(last.atMs).toISOString(), last_ms: Math.round(last.durationMs) },
        ...{
          batches: batches.length,
          failed: batches.filter(({ outcome }) => outcome === 'failed').length,
        },
        ...{ p50_ms: atPart(0.5), p95_ms: atPart(0.95), max_ms: atPart(1) },
      };
    },
  };
}
