/**
 * The surge of one cell, for one type of ride: pure, and in whole numbers alone, so that it comes out the same on any machine and at any
 * time (docs/decisions/0030-fares-and-surge.md).
 *
 * Pressure is requests for each free driver, in thousandths, weighed over the cell and its neighbours, and smoothed over time. Each level
 * begins at a pressure, and ends at a somewhat lower one, so that it does not come and go. A cell moves by one level a version at most.
 */
import { assert } from '../../../core/errors.ts';
import { wholeQuotient } from '../fares/whole-quotient.ts';

export interface SurgeLevel {
  /** 150 is 1.5 times. */
  readonly percent: number;
  /** Requests for each free driver from which it applies, in thousandths. */
  readonly fromPressure: number;
}

/** What is counted in a cell. */
export interface CellCounts {
  readonly requests: number;
  readonly drivers: number;
}

/** What is remembered of a cell from version to version. */
export interface CellSurge {
  /** Smoothed, in thousandths. */
  readonly pressure: number;
  /** Which of the levels. */
  readonly level: number;
}

/** The cell itself, beside 1 for each of its six neighbours: half of what counts. */
export const OWN_WEIGHT = 6;
const WEIGHTS = 12;
/** As if one more driver were free: one request where nobody drives is no rush. */
const SPARE_DRIVERS = 1;
/** After so long, half of the smoothed pressure is new. */
export const SMOOTHING_MS = 5 * 60_000;
/** Longer ago is as long ago: the rest of what was is nothing by then. */
const ELAPSED_MS_MAX = 6 * 3_600_000;
/** A level ends below this part of the pressure at which it begins. */
const HOLD_PERCENT = 80;
/** Counts of a cell, so that all stays exact. */
const COUNT_MAX = 100_000;

export const CALM: CellSurge = { pressure: 0, level: 0 };

/** `around`: the counts of the cell itself, and then those of its neighbours; none at all are as many zeros. */
export function pressureOf(around: readonly CellCounts[]): number {
  const weigh = (count: (counts: CellCounts) => number): number =>
    around.reduce(
      (sum, counts, index) => sum + Math.min(COUNT_MAX, count(counts)) * (index === 0 ? OWN_WEIGHT : 1),
      0,
    );
  const requests = weigh((counts) => counts.requests);
  const drivers = weigh((counts) => counts.drivers);
  return wholeQuotient(1_000 * requests, drivers + SPARE_DRIVERS * WEIGHTS);
}

/** The levels begin with that without surge, and grow in percent and pressure. */
export function nextSurge(
  levels: readonly SurgeLevel[],
  before: CellSurge,
  around: readonly CellCounts[],
  elapsedMs: number,
): CellSurge {
  assert(levels[0]?.fromPressure === 0, 'the first level is that without surge');
  const pressure = smoothed(before.pressure, pressureOf(around), elapsedMs);
  return { pressure, level: nextLevel(levels, Math.min(before.level, levels.length - 1), pressure) };
}

/** Rounded towards what is new, so that it gets there. */
function smoothed(before: number, now: number, elapsedMs: number): number {
  const elapsed = Math.min(ELAPSED_MS_MAX, Math.max(0, Math.round(elapsedMs)));
  const sum = before * SMOOTHING_MS + now * elapsed;
  const rest = sum % (SMOOTHING_MS + elapsed);
  const below = (sum - rest) / (SMOOTHING_MS + elapsed);
  return now > before && rest > 0 ? below + 1 : below;
}

function nextLevel(levels: readonly SurgeLevel[], level: number, pressure: number): number {
  const next = levels[level + 1];
  if (next !== undefined && pressure >= next.fromPressure) return level + 1;
  const own = levels[level]?.fromPressure ?? 0;
  return pressure * 100 < own * HOLD_PERCENT ? level - 1 : level;
}

export function percentOf(levels: readonly SurgeLevel[], { level }: CellSurge): number {
  return levels[Math.min(level, levels.length - 1)]?.percent ?? 100;
}
