import type { HistoryEvent } from './history-event.ts';

/** A broken promise, with as little of the history as shows it. */
export interface Anomaly {
  /** The property's id in the list of promises. */
  readonly property: string;
  readonly name: string;
  readonly message: string;
  readonly excerpt: readonly HistoryEvent[];
}

export interface Staleness {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface CheckReport {
  /** `unknown`: nothing contradicts the promises, but the history is no proof of them either, see `reasons`. */
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  readonly reasons: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** How often each anomaly was found. */
  readonly anomalyCounts: Readonly<Record<string, number>>;
  /** The first few of each name. */
  readonly anomalies: readonly Anomaly[];
  /** Of reads from replicas, which may be behind. */
  readonly staleness: Staleness | undefined;
}

export const ANOMALIES_KEPT_PER_NAME = 5;
export const EXCERPT_EVENTS_MAX = 20;

export interface AnomalyCollector {
  /** Events may come in any order and more than once. */
  add(property: string, name: string, message: string, events: readonly (HistoryEvent | undefined)[]): void;
  readonly counts: Readonly<Record<string, number>>;
  readonly kept: readonly Anomaly[];
}

export function createAnomalyCollector(): AnomalyCollector {
  const counts: Record<string, number> = {};
  const kept: Anomaly[] = [];
  return {
    add(property, name, message, events) {
      const count = (counts[name] ?? 0) + 1;
      counts[name] = count;
      if (count <= ANOMALIES_KEPT_PER_NAME)
        kept.push({ property, name, message, excerpt: excerptOf(events) });
    },
    counts,
    kept,
  };
}

function excerptOf(events: readonly (HistoryEvent | undefined)[]): HistoryEvent[] {
  const byI = new Map(events.filter((event) => event !== undefined).map((event) => [event.i, event]));
  return [...byI.values()].sort((left, right) => left.i - right.i).slice(0, EXCERPT_EVENTS_MAX);
}

/** The report as text for a terminal or a test's message: one line an event, times from the excerpt's first. */
export function formatReport(report: CheckReport): string {
  const counts = Object.entries(report.counts).map(([name, count]) => `${count} ${name}`);
  const lines = [`${report.verdict}: ${counts.join(', ')}`, ...report.reasons.map((reason) => `  ${reason}`)];
  for (const [name, count] of Object.entries(report.anomalyCounts)) lines.push(`  ${name}: ${count}`);
  for (const anomaly of report.anomalies) lines.push('', ...formatAnomaly(anomaly));
  return lines.join('\n');
}

function formatAnomaly({ property, name, message, excerpt }: Anomaly): string[] {
  const startNs = excerpt[0]?.t_ns ?? 0;
  return [
    `${property} ${name}: ${message}`,
    ...excerpt.map(({ i, t_ns, process, type, f, key, value, idem }) => {
      const atMs = ((t_ns - startNs) / 1e6).toFixed(3).padStart(12);
      const about = [key, idem && `idem=${idem}`, JSON.stringify(value)].filter(Boolean).join(' ');
      return `${atMs} ms  #${i} ${process} ${type.padEnd(6)} ${f} ${about}`;
    }),
  ];
}
