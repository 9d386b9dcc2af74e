/**
 * How rides go in each city: what is open now, and what became of those of the last hour. Read for all cities at once, and for all who look
 * at the same time: however many pages of the staff are open, a process asks the database every FIGURES_FRESH_MS at most.
 */
import type { Clock } from '../../../core/clock.ts';
import { composeId, idTimeMs } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import {
  countOpenRides,
  countRecentRides,
  type OpenRidesRow,
  type RecentRidesRow,
} from './operations-queries.ts';

export const FIGURES_FRESH_MS = 5_000;
export const RECENT_MS = 3_600_000;
/** Of the last hour, of all cities: some 100 ms to go through. With more, the figures are of a shorter time. */
export const RECENT_RIDES_MAX = 100_000;

export interface CityFigures {
  /** When it was read. */
  readonly atMs: number;
  readonly open: readonly OpenRidesRow[];
  /** `undefined`: nobody has asked for a ride. */
  readonly recent: RecentRidesRow | undefined;
  /** From when on rides are counted in `recent`. */
  readonly sinceMs: number;
}

export interface RideFigures {
  of(city: string): Promise<CityFigures>;
}

interface Reading {
  readonly atMs: number;
  readonly sinceMs: number;
  readonly open: readonly OpenRidesRow[];
  readonly recent: readonly RecentRidesRow[];
}

export interface RideFiguresDeps {
  readonly sql: SqlSession;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
}

export function createRideFigures(deps: RideFiguresDeps): RideFigures {
  const { clock } = deps;
  let readMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Reading> | undefined;

  /** Those who ask meanwhile wait for the same answer; one that fails is not kept. */
  function newest(): Promise<Reading> {
    if (reading !== undefined && clock.monotonicMs() - readMs < FIGURES_FRESH_MS) return reading;
    readMs = clock.monotonicMs();
    const started = read(deps).catch((error: unknown) => {
      if (reading === started) reading = undefined;
      throw error;
    });
    reading = started;
    return started;
  }

  return {
    async of(city) {
      const { atMs, sinceMs, open, recent } = await newest();
      return {
        ...{ atMs, sinceMs, open: open.filter((row) => row.city === city) },
        recent: recent.find((row) => row.city === city),
      };
    },
  };
}

async function read({ sql, clock }: RideFiguresDeps): Promise<Reading> {
  const atMs = clock.nowMs();
  const hourMs = atMs - RECENT_MS;
  const [open, recent] = await Promise.all([
    sql.query(countOpenRides, []),
    sql.query(countRecentRides, [composeId(hourMs, 0, 0), RECENT_RIDES_MAX]),
  ]);
  const isCut = recent.reduce((sum, { requests }) => sum + requests, 0) === RECENT_RIDES_MAX;
  const oldestMs = Math.min(...recent.map(({ oldest_ride_id: rideId }) => idTimeMs(rideId)));
  return { atMs, open, recent, sinceMs: isCut ? oldestMs : hourMs };
}
