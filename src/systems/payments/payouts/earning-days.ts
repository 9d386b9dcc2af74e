/** What a driver has earned and was paid, day by day: of the clock on their wall, by its distance from UTC. */
import type { Clock } from '../../../core/clock.ts';
import { composeId, ID_TIME_MIN_MS, type Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { type EarningDayRow, sumEarningDays } from './payouts-queries.ts';

export const DAYS_MAX = 31;
/** So far back one may look. */
export const DAYS_AGO_MAX = 1_000;
/** From Baker Island to Kiribati. */
export const OFFSET_MINUTES_MAX = 14 * 60;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** In one currency, in minor units. */
export interface DaySum {
  readonly currency: string;
  readonly rides: number;
  readonly earned: number;
  /** Payouts that were begun on that day, and not declined. */
  readonly paidOut: number;
}

export interface EarningDay {
  /** `2026-11-22`. */
  readonly date: string;
  /** By currency; none: nothing happened. */
  readonly sums: readonly DaySum[];
}

export interface EarningDaysRequest {
  /** The last of them was so long ago; 0: it is today, of that clock. To DAYS_AGO_MAX. */
  readonly daysAgo: number;
  /** 1 to DAYS_MAX. */
  readonly days: number;
  /** The driver's clock is so far ahead of UTC. */
  readonly offsetMinutes: number;
}

export interface EarningDays {
  /** All of the days, the last first. */
  of(session: SqlSession, driverId: Id, request: EarningDaysRequest): Promise<readonly EarningDay[]>;
}

export function createEarningDays({ clock }: { readonly clock: Pick<Clock, 'nowMs'> }): EarningDays {
  return {
    async of(session, driverId, { daysAgo, days, offsetMinutes }) {
      const offsetMs = offsetMinutes * MINUTE_MS;
      const lastMs = Math.floor((clock.nowMs() + offsetMs) / DAY_MS) * DAY_MS - daysAgo * DAY_MS;
      const firstMs = lastMs - (days - 1) * DAY_MS;
      const rows = await session.query(sumEarningDays, [
        ...([driverId, lowestIdOf(firstMs - offsetMs)] as const),
        ...([lowestIdOf(lastMs + DAY_MS - offsetMs), offsetMinutes] as const),
      ]);
      return Array.from({ length: days }, (_, number) => {
        const date = dateOf(lastMs - number * DAY_MS);
        return { date, sums: rows.filter((row) => row.day === date).map(daySumOf) };
      });
    },
  };
}

function lowestIdOf(timeMs: number): Id {
  return composeId(Math.max(timeMs, ID_TIME_MIN_MS), 0, 0);
}

function dateOf(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10);
}

function daySumOf({ currency, rides, earned, paid_out: paidOut }: EarningDayRow): DaySum {
  return { currency, rides, earned, paidOut };
}
