/** A simulation as a person reads it, and as a program does. */
import { type CheckReport, formatReport } from '../history/check-report.ts';
import type { PolicyName } from '../simulator/policies.ts';
import type { SimulationResult } from '../simulator/simulation.ts';
import type { Quantiles, SimulationReport } from '../simulator/simulation-report.ts';
import { counted, formatSeconds } from './quantities.ts';
import { formatTable } from './table.ts';

export interface SimulationOutcome {
  readonly seed: number;
  readonly result: SimulationResult;
  readonly report: SimulationReport;
  /** What ways of matching make of the same demand in virtual time. */
  readonly virtual: readonly { readonly policy: PolicyName; readonly report: SimulationReport }[];
  readonly check: CheckReport;
}

export function formatSimulation(outcome: SimulationOutcome): string {
  const { result, report, seed } = outcome;
  return [
    `${counted(report.requests, 'request')} in ${formatSeconds(result.demandMs)} and ${counted(result.drivers, 'driver')}, seed ${seed}.`,
    '',
    waitTable(report),
    '',
    ...mainLines(report),
    ...troubles(result),
    '',
    ...comparison(outcome),
    `Checked: ${formatReport(outcome.check)}`,
  ].join('\n');
}

function waitTable({ waitS }: SimulationReport): string {
  const row = (name: string, { count, p50, p95, p99 }: Quantiles) => {
    return count === 0
      ? [name, '-', '-', '-', '0']
      : [name, ...[p50, p95, p99].map(seconds), count.toLocaleString('en')];
  };
  return formatTable(
    ['FROM THE REQUEST', 'P50', 'P95', 'P99', 'RIDES'],
    [
      row('to the first offer', waitS.offer),
      row('to a driver', waitS.acceptance),
      row('to the start', waitS.pickup),
    ],
  );
}

function mainLines({
  matchRate,
  offersPerRide,
  utilisation,
  gini,
  earningsAre,
  ends,
}: SimulationReport): string[] {
  const offers = offersPerRide === undefined ? '' : `, ${offersPerRide.toFixed(1)} offers each`;
  const earnings = earningsAre === 'fares' ? 'of fares' : 'of time with a rider';
  return [
    `Found a driver: ${percent(matchRate)} of the riders${offers}.`,
    `Drivers: ${percent(utilisation.engaged)} of their time with a ride, ${percent(utilisation.occupied)} with a rider in the car.`,
    `Spread over drivers (Gini; 0 is even): ${gini.rides.toFixed(2)} of rides, ${gini.earnings.toFixed(2)} ${earnings}.`,
    `Ended: ${endsText(ends)}.`,
  ];
}

function endsText(ends: SimulationReport['ends']): string {
  const sorted = Object.entries(ends).toSorted(([, one], [, other]) => other - one);
  return sorted.length === 0 ? 'none' : sorted.map(([name, count]) => `${count} ${name}`).join('; ');
}

/** Only if there was any. */
function troubles({ dropped, refusals, unanswered }: SimulationResult): string[] {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
  return [
    ...(dropped.size === 0 ? [] : [`Positions dropped: ${list(dropped)}.`]),
    ...(refusals.size === 0 ? [] : [`Sent away for a while, by status: ${list(refusals)}.`]),
    ...(unanswered === 0 ? [] : [`Calls without an answer: ${unanswered}.`]),
  ];
}

function comparison({ virtual }: SimulationOutcome): string[] {
  if (virtual.length === 0) return [];
  const rows = virtual.map(({ policy, report }) => [
    policy,
    percent(report.matchRate),
    ...[report.waitS.acceptance, report.waitS.pickup].flatMap(({ p50, p95 }) => [seconds(p50), seconds(p95)]),
    percent(report.utilisation.engaged),
    report.gini.rides.toFixed(2),
  ]);
  return [
    'The same people in virtual time, without a server, until all rides have ended:',
    formatTable(
      ['MATCHING', 'MATCHED', 'DRIVER P50', 'P95', 'START P50', 'P95', 'ENGAGED', 'GINI OF RIDES'],
      rows,
    ),
    '',
  ];
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}

export function presentSimulation({ seed, result, report, virtual, check }: SimulationOutcome): object {
  return {
    seed,
    drivers: result.drivers,
    demand_s: result.demandMs / 1_000,
    total_s: result.totalMs / 1_000,
    ...presentReport(report),
    positions_dropped: Object.fromEntries(result.dropped),
    refusals: Object.fromEntries(result.refusals),
    unanswered: result.unanswered,
    virtual: virtual.map((one) => ({ policy: one.policy, ...presentReport(one.report) })),
    check: {
      verdict: check.verdict,
      reasons: check.reasons,
      counts: check.counts,
      anomalies: check.anomalies,
    },
  };
}

function presentReport(report: SimulationReport): object {
  const { requests, ends, matchRate = null, waitS, offersPerRide = null, utilisation, gini } = report;
  return {
    ...{ requests, ends, match_rate: matchRate, wait_s: waitS, offers_per_ride: offersPerRide },
    ...{ utilisation, gini, earnings_are: report.earningsAre },
  };
}
