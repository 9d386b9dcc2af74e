/**
 * Prometheus' rules for the promises of the service: alerts by the speed at which what may fail is used up, each over a long
 * window, which says that it matters, and a short one, which says that it goes on (Site Reliability Workbook, chapter 5).
 */
import { stringify } from 'yaml';
import { SERVICE_OBJECTIVES, type ServiceObjective } from './service-objectives.ts';

interface BurnRate {
  readonly severity: 'page' | 'ticket';
  readonly longWindow: string;
  /** A twelfth of the long one. */
  readonly shortWindow: string;
  /** How many times faster than what would last for 30 days. */
  readonly factor: number;
}

/** They use up 2 %, 5 % and 10 % of what may fail in 30 days. */
export const BURN_RATES: readonly BurnRate[] = [
  { severity: 'page', longWindow: '1h', shortWindow: '5m', factor: 14.4 },
  { severity: 'page', longWindow: '6h', shortWindow: '30m', factor: 6 },
  { severity: 'ticket', longWindow: '3d', shortWindow: '6h', factor: 1 },
];

/** In the night one failure among a hundred requests must wake nobody: so many, in the long window. */
export const BAD_EVENTS_MIN = 10;

/** Long windows read much and change slowly. Within the five minutes for which Prometheus takes a value for current. */
const RECORDED: readonly { readonly windows: readonly string[]; readonly interval: string }[] = [
  { windows: ['5m', '30m', '1h'], interval: '30s' },
  { windows: ['6h', '3d'], interval: '2m' },
];

const HEAD = `# Made from src/planner/service-objectives.ts by: groundswell render prometheus
`;

/** The file for Prometheus. */
export function renderPrometheusRules(): string {
  const groups = [
    ...RECORDED.map(({ windows, interval }) => ({
      name: `groundswell-objectives-${windows.at(-1)}`,
      interval,
      rules: SERVICE_OBJECTIVES.flatMap((objective) => recordingRules(objective, windows)),
    })),
    { name: 'groundswell-objective-alerts', rules: SERVICE_OBJECTIVES.flatMap(alertRules) },
  ];
  return HEAD + stringify({ groups }, { lineWidth: 0 });
}

function recordingRules({ name, events, badEvents }: ServiceObjective, windows: readonly string[]): object[] {
  return windows.flatMap((window) => [
    recordingRule(`slo:events:increase${window}`, events, window, name),
    recordingRule(`slo:bad_events:increase${window}`, badEvents, window, name),
  ]);
}

function recordingRule(record: string, expression: string, window: string, slo: string): object {
  return { record, expr: expression.replaceAll('$window', window), labels: { slo } };
}

function alertRules({ name, promise, objective }: ServiceObjective): object[] {
  const alert = alertNameOf(name);
  return (['page', 'ticket'] as const).map((severity) => ({
    alert,
    expr: BURN_RATES.filter((rate) => rate.severity === severity)
      .map((rate) => burns(name, objective, rate))
      .join('\nor\n'),
    labels: { severity, slo: name },
    annotations: {
      summary: promise,
      description: `Objective: ${formatPercent(objective)} over 30 days. Failing now: {{ $value | humanizePercentage }}.`,
      runbook: `docs/runbook.md#${alert.toLowerCase()}`,
    },
  }));
}

function burns(name: string, objective: number, { longWindow, shortWindow, factor }: BurnRate): string {
  const slo = `{slo="${name}"}`;
  const ratio = (window: string) =>
    `slo:bad_events:increase${window}${slo} / slo:events:increase${window}${slo}`;
  // Rounded, because 1 - 0.9999 is not 0.0001.
  const budget = Number((1 - objective).toFixed(6));
  return [
    `(${ratio(longWindow)} > ${factor} * ${budget}`,
    `  and ${ratio(shortWindow)} > ${factor} * ${budget}`,
    `  and slo:bad_events:increase${longWindow}${slo} >= ${BAD_EVENTS_MIN})`,
  ].join('\n');
}

function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}

/** `critical-answered` is announced as CriticalAnswered. */
export function alertNameOf(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
