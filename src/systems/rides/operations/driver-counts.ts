/**
 * How many drivers are on duty in which city, and what they do. Only the process that a driver is connected to knows where they are, so each counts its
 * own every ten seconds and writes that down: one small row a process, and none where nobody drives. Whoever is asked adds the rows up.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Cities } from '../cities/cities.ts';
import type { DriverOnDuty } from '../stream/driver-streams.ts';
import {
  type DriverCountsJson,
  type DriversLine,
  deleteDriverCounts,
  deleteOldDriverCounts,
  getDriverCounts,
  putDriverCounts,
} from './driver-counts-queries.ts';

export const COUNT_EVERY_MS = 10_000;
/** A process that said nothing for so long is gone, or its drivers are. */
export const COUNT_VALID_MS = 35_000;
/** Of whom nothing was heard for so long may be elsewhere. */
export const STALE_MS = 15_000;
const FORGET_EVERY_MS = 60_000;

export interface DriverCounts {
  /** The lines of all processes, and how old the oldest of them is; `undefined`: nobody is on duty anywhere. */
  of(city: string): Promise<{ readonly lines: readonly DriversLine[]; readonly countedAt: Date | undefined }>;
  /** Whether other processes have drivers. */
  hasOthers(): Promise<boolean>;
  /** Tells the others. It does so by itself every COUNT_EVERY_MS. */
  report(): Promise<void>;
  readonly job: Job;
  close(): Promise<void>;
}

export interface DriverCountsDeps {
  readonly sql: SqlSession;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  readonly cities: Cities;
  /** This run of the process. */
  readonly serverId: string;
  /** Of this process. */
  readonly onDuty: () => readonly DriverOnDuty[];
}

export function createDriverCounts(deps: DriverCountsDeps): DriverCounts {
  const { sql, log, serverId } = deps;
  let reported = false;

  async function report(): Promise<void> {
    const drivers = countByCity(deps);
    const hasNone = Object.keys(drivers).length === 0;
    if (hasNone && !reported) return;
    if (hasNone) await sql.query(deleteDriverCounts, [serverId]);
    else await sql.query(putDriverCounts, [serverId, JSON.stringify(drivers)]);
    reported = !hasNone;
  }

  const warn = (error: unknown): void => log.warn({ err: error }, 'drivers on duty could not be counted');
  const timer = setInterval(() => void report().catch(warn), COUNT_EVERY_MS).unref();
  const rowsOf = (city: string) => sql.query(getDriverCounts, [city, COUNT_VALID_MS / 1_000]);

  return {
    report,
    async of(city) {
      const rows = await rowsOf(city);
      const times = rows.map(({ counted_at: at }) => at.getTime());
      return {
        lines: rows.flatMap(({ drivers }) => drivers ?? []),
        countedAt: times.length === 0 ? undefined : new Date(Math.min(...times)),
      };
    },
    hasOthers: async () => (await rowsOf('')).some(({ server_id: other }) => other !== serverId),
    job: {
      name: 'forget-driver-counts',
      everyMs: FORGET_EVERY_MS,
      async run() {
        await sql.query(deleteOldDriverCounts, [(COUNT_VALID_MS + FORGET_EVERY_MS) / 1_000]);
        return 'done';
      },
    },
    async close() {
      clearInterval(timer);
      // Where it cannot be said, it is forgotten by itself.
      if (reported) await sql.query(deleteDriverCounts, [serverId]).catch(warn);
    },
  };
}

function countByCity({ clock, cities, onDuty }: DriverCountsDeps): DriverCountsJson {
  const staleMs = clock.nowMs() - STALE_MS;
  const byCity: Record<string, Map<string, DriversLine>> = {};
  for (const driver of onDuty()) {
    const city = cities.cityOf(driver)?.name;
    if (city === undefined) continue;
    const lines = byCity[city] ?? new Map<string, DriversLine>();
    byCity[city] = lines;
    const { state, types, atMs } = driver;
    const [, , drivers, stale] = lines.get(`${state} ${types}`) ?? [state, types, 0, 0];
    lines.set(`${state} ${types}`, [state, types, drivers + 1, stale + Number(atMs < staleMs)]);
  }
  return Object.fromEntries(Object.entries(byCity).map(([city, lines]) => [city, [...lines.values()]]));
}
