/** What a simulation has shown: how long people waited, who got no ride and why, and how drivers fared. */
import type { RideRecord } from './ride-journal.ts';

export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface SimulationReport {
  readonly requests: number;
  /** By how they ended, with the reason where there is one: `unmatched: no_driver`. */
  readonly ends: Readonly<Record<string, number>>;
  /** Of the requests that were not cut off before anybody could have taken them, 0 to 1. */
  readonly matchRate: number | undefined;
  /** Seconds from the request, of those that came so far. */
  readonly waitS: {
    readonly offer: Quantiles;
    readonly acceptance: Quantiles;
    readonly pickup: Quantiles;
  };
  readonly offersPerRide: number | undefined;
  /** Shares of the drivers' time, 0 to 1: with a ride, and with a rider in the car. */
  readonly utilisation: { readonly engaged: number; readonly occupied: number };
  /** How unevenly rides, and what was earned, are spread over the drivers: 0 is even, near 1 is one driver having all. */
  readonly gini: { readonly rides: number; readonly earnings: number };
  /** Whether earnings are fares, or seconds with a rider where the server says no fare. */
  readonly earningsAre: 'fares' | 'seconds';
}

export interface ReportedTown {
  readonly records: readonly RideRecord[];
  readonly driverIds: readonly string[];
  /** How long drivers were there. */
  readonly totalMs: number;
}

export function reportOn({ records, driverIds, totalMs }: ReportedTown): SimulationReport {
  const served = records.filter(({ acceptedMs }) => acceptedMs !== undefined);
  const decided = records.filter(({ isCut, acceptedMs }) => acceptedMs !== undefined || !isCut);
  const fares = records.some(({ fare }) => fare !== undefined);
  const earned = (record: RideRecord): number => (fares ? (record.fare ?? 0) : occupiedMs(record) / 1_000);
  const onDutyMs = driverIds.length * totalMs;
  return {
    requests: records.length,
    ends: endsOf(records),
    matchRate: decided.length === 0 ? undefined : served.length / decided.length,
    waitS: {
      offer: waits(records, ({ offeredMs }) => offeredMs),
      acceptance: waits(records, ({ acceptedMs }) => acceptedMs),
      pickup: waits(records, ({ startedMs }) => startedMs),
    },
    offersPerRide: served.length === 0 ? undefined : sum(records, ({ offers }) => offers) / served.length,
    utilisation: {
      engaged: onDutyMs === 0 ? 0 : sum(served, engagedMs) / onDutyMs,
      occupied: onDutyMs === 0 ? 0 : sum(served, occupiedMs) / onDutyMs,
    },
    gini: {
      rides: gini(byDriver(served, driverIds, () => 1)),
      earnings: gini(byDriver(served, driverIds, earned)),
    },
    earningsAre: fares ? 'fares' : 'seconds',
  };
}

function engagedMs({ acceptedMs = 0, endedMs = acceptedMs }: RideRecord): number {
  return endedMs - acceptedMs;
}

function occupiedMs({ startedMs, endedMs }: RideRecord): number {
  return startedMs === undefined || endedMs === undefined ? 0 : endedMs - startedMs;
}

function endsOf(records: readonly RideRecord[]): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { status = 'no end', reason, isCut } of records) {
    const why = isCut && status === 'cancelled' ? 'the simulation was over' : reason;
    const name = why === undefined ? status : `${status}: ${why}`;
    ends[name] = (ends[name] ?? 0) + 1;
  }
  return ends;
}

function waits(records: readonly RideRecord[], until: (record: RideRecord) => number | undefined): Quantiles {
  return quantiles(
    records.flatMap((record) => {
      const untilMs = until(record);
      return untilMs === undefined ? [] : [(untilMs - record.requestedMs) / 1_000];
    }),
  );
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function byDriver(
  records: readonly RideRecord[],
  driverIds: readonly string[],
  value: (record: RideRecord) => number,
): number[] {
  const values = new Map(driverIds.map((driverId) => [driverId, 0]));
  for (const record of records) {
    const { driverId } = record;
    if (driverId !== undefined) values.set(driverId, (values.get(driverId) ?? 0) + value(record));
  }
  return [...values.values()];
}

/** The mean difference between two of them, over twice the mean. */
export function gini(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const total = sum(sorted, (value) => value);
  if (total === 0) return 0;
  const weighted = sorted.reduce((all, value, index) => all + (index + 1) * value, 0);
  return (2 * weighted) / (sorted.length * total) - (sorted.length + 1) / sorted.length;
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
