/** The surge that counts now, in the memory of each process: a copy of the newest version of each city, some seconds old at most. */
import type { Clock } from '../../../core/clock.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';
import type { SurgeReading } from '../quotes/quote.ts';
import { basisOf } from './surge-basis.ts';
import { surgeCellOf } from './surge-cells.ts';
import { fieldsOf } from './surge-json.ts';
import { getNewestSurge, type SurgeVersionRow } from './surge-queries.ts';
import { CALM, percentOf } from './surge-rules.ts';
import type { SurgeVersion } from './surge-version.ts';

/** So long a copy is believed without asking for a newer version. */
export const BOARD_FRESH_MS = 5_000;
/** A version that no other has followed for so long counts no more: nobody reckons there. */
export const SURGE_VALID_MS = 15 * 60_000;

export const NO_SURGE: SurgeReading = { percent: 100, version: undefined, basis: undefined };

export interface SurgeBoard {
  /** `undefined`: the city has none that counts. */
  current(city: string): Promise<SurgeVersion | undefined>;
  /** This process has just made one. */
  learn(version: SurgeVersion): void;
  at(city: string, rideType: RideType, place: GeoPoint): Promise<SurgeReading>;
}

interface Copy {
  readonly checkedMs: number;
  readonly version: SurgeVersion | undefined;
}

export interface SurgeBoardDeps {
  readonly sql: SqlSession;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
}

export function createSurgeBoard({ sql, clock }: SurgeBoardDeps): SurgeBoard {
  const copies = new Map<string, Copy>();
  const loading = new Map<string, Promise<SurgeVersion | undefined>>();

  async function load(city: string, known: SurgeVersion | undefined): Promise<SurgeVersion | undefined> {
    const checkedMs = clock.monotonicMs();
    const [row] = await sql.query(getNewestSurge, [city, known?.version ?? 0]);
    const version = row === undefined ? known : versionOf(row);
    copies.set(city, { checkedMs, version });
    return version;
  }

  /** Those who ask meanwhile wait for the same answer. */
  function newest(city: string): Promise<SurgeVersion | undefined> {
    const copy = copies.get(city);
    if (copy !== undefined && clock.monotonicMs() - copy.checkedMs < BOARD_FRESH_MS) {
      return Promise.resolve(copy.version);
    }
    const underWay = loading.get(city);
    if (underWay !== undefined) return underWay;
    const started = load(city, copy?.version).finally(() => loading.delete(city));
    loading.set(city, started);
    return started;
  }

  async function current(city: string): Promise<SurgeVersion | undefined> {
    const version = await newest(city);
    // Where all is calm, no version follows.
    const isValid =
      version !== undefined && (version.fields.size === 0 || clock.nowMs() - version.atMs < SURGE_VALID_MS);
    return isValid ? version : undefined;
  }

  return {
    current,
    learn: (version) => void copies.set(version.city, { checkedMs: clock.monotonicMs(), version }),
    async at(city, rideType, place) {
      const version = await current(city);
      if (version === undefined) return NO_SURGE;
      const cell = surgeCellOf(place);
      const field = version.fields.get(rideType);
      return {
        percent: percentOf(version.levels, field?.cells.get(cell)?.now ?? CALM),
        version: version.version,
        basis: basisOf(version, field, cell),
      };
    },
  };
}

export function versionOf(row: SurgeVersionRow): SurgeVersion {
  return {
    ...{ version: row.surge_version, city: row.city, atMs: row.computed_at.getTime() },
    ...{ elapsedMs: row.elapsed_ms, levels: row.levels, fields: fieldsOf(row.fields) },
  };
}
