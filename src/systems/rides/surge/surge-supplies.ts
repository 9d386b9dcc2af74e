/**
 * Free drivers by cell, of all processes. Where the geo-index is shared, who leads a city may have none of its drivers, or some: each process that has
 * streams says every half minute how many are free in which cell. Where it is not, a process offers rides to its own drivers alone, and counts these.
 */
import type { Clock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Cities } from '../cities/cities.ts';
import { type CountedPlace, countPlaces, FRESH_MS } from './surge-counting.ts';
import { deleteSupplies, getSupplies, putSupplies, type SuppliesJson } from './surge-supplies-queries.ts';

export const REPORT_EVERY_MS = 30_000;
/** A process that said nothing for so long is gone, or its drivers are. */
export const REPORT_VALID_MS = 90_000;

export interface SurgeSupplies {
  /** Of the other processes, for a city. */
  elsewhere(city: string): Promise<readonly SuppliesJson[string][]>;
  /** Tells the others. It does so by itself every REPORT_EVERY_MS. */
  report(): Promise<void>;
  close(): Promise<void>;
}

export interface SurgeSuppliesDeps {
  readonly sql: SqlSession;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly log: Log;
  readonly cities: Cities;
  /** This run of the process. */
  readonly serverId: string;
  /** Whether others offer rides to the drivers of this process, too. */
  readonly shared: boolean;
  readonly freeDrivers: (sinceMs: number) => readonly CountedPlace[];
}

export function createSurgeSupplies(deps: SurgeSuppliesDeps): SurgeSupplies {
  const { sql, log, serverId, shared } = deps;
  let reported = false;

  async function report(): Promise<void> {
    const drivers = await countByCity(deps);
    const hasNone = Object.keys(drivers).length === 0;
    if (!shared || (hasNone && !reported)) return;
    reported = !hasNone;
    if (hasNone) await sql.query(deleteSupplies, [serverId]);
    else await sql.query(putSupplies, [serverId, JSON.stringify(drivers)]);
  }

  const warn = (error: unknown): void => log.warn({ err: error }, 'others could not be told of free drivers');
  const timer = shared ? setInterval(() => void report().catch(warn), REPORT_EVERY_MS).unref() : undefined;

  return {
    report,

    async elsewhere(city) {
      if (!shared) return [];
      const rows = await sql.query(getSupplies, [serverId, city, REPORT_VALID_MS / 1_000]);
      return rows.map(({ drivers }) => drivers);
    },

    async close() {
      clearInterval(timer);
      // Where it cannot be said, it is forgotten by itself.
      if (reported) await sql.query(deleteSupplies, [serverId]).catch(warn);
    },
  };
}

async function countByCity({ clock, cities, freeDrivers }: SurgeSuppliesDeps): Promise<SuppliesJson> {
  const byCity = new Map<string, CountedPlace[]>();
  for (const place of freeDrivers(clock.nowMs() - FRESH_MS)) {
    const city = cities.cityOf(place);
    if (city === undefined) continue;
    const known = byCity.get(city.name) ?? [];
    byCity.set(city.name, known);
    known.push(place);
  }
  const supplies: Record<string, SuppliesJson[string]> = {};
  for (const [city, places] of byCity) {
    const counts = await countPlaces(clock, [], places);
    supplies[city] = Object.fromEntries(
      [...counts].map(([type, cells]) => [type, [...cells].map(([cell, { drivers }]) => [cell, drivers])]),
    );
  }
  return supplies;
}
