/**
 * Makes the versions of the surge of the cities that this process leads: every five minutes, and soon after somebody ordered one. Under the token
 * of the lease, as offers are, so that a city has one maker. Each goes on from the version before, which is read again, so any process can go on.
 */
import type { Clock } from '../../../core/clock.ts';
import type { IdGenerator } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { City } from '../cities/cities.ts';
import type { CityLease, DispatchLeases } from '../dispatch/dispatch-leases.ts';
import { versionOf } from './surge-board.ts';
import { countCity, type SurgeCountingDeps } from './surge-counting.ts';
import { fieldsJson } from './surge-json.ts';
import type { SurgeObserver } from './surge-observer.ts';
import { getNewestSurge, insertSurgeVersion, takeSurgeOrders } from './surge-queries.ts';
import { SMOOTHING_MS, type SurgeLevel } from './surge-rules.ts';
import { nextFields, type SurgeVersion } from './surge-version.ts';

export const SURGE_EVERY_MS = 5 * 60_000;
/** Versions that are ordered come no closer after one another, or they would climb all levels at once. */
export const SURGE_APART_MS = 60_000;

export interface SurgeMaking {
  /** Makes what is due. To be called every few seconds. */
  run(): Promise<void>;
}

export interface SurgeMakingDeps extends SurgeCountingDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'sleep'>;
  readonly log: Log;
  readonly leases: Pick<DispatchLeases, 'led' | 'fence'>;
  /** The first is that without surge. One alone: there is no surge. */
  readonly levels: readonly SurgeLevel[];
  readonly observer: SurgeObserver;
  readonly onMade: (version: SurgeVersion) => void;
}

interface Term {
  readonly token: number;
  readonly madeMs: number;
}

export function createSurgeMaking(deps: SurgeMakingDeps): SurgeMaking {
  const { sql, clock, log, leases, cities, levels, observer } = deps;
  /** Since when this process made no version of a city, as far as it knows, by the token under which it did. */
  const made = new Map<string, Term>();

  async function makeFor(lease: CityLease, city: City): Promise<void> {
    const beganMs = clock.monotonicMs();
    try {
      const outcome = await makeVersion(deps, lease, city);
      made.set(lease.city, { token: lease.token, madeMs: beganMs });
      observer.made(outcome, clock.monotonicMs() - beganMs);
    } catch (error) {
      observer.made('failed', clock.monotonicMs() - beganMs);
      log.warn({ err: error, city: lease.city }, 'the surge could not be reckoned; it is tried again');
    }
  }

  function ageMs({ city, token }: CityLease): number {
    const term = made.get(city);
    return term === undefined || term.token !== token
      ? Number.POSITIVE_INFINITY
      : clock.monotonicMs() - term.madeMs;
  }

  return {
    async run() {
      const led = leases.led();
      if (led.length === 0 || levels.length < 2) return;
      const patient = led.filter((lease) => ageMs(lease) >= SURGE_APART_MS).map(({ city }) => city);
      const orders = patient.length === 0 ? [] : await sql.query(takeSurgeOrders, [patient]);
      const ordered = new Set(orders.map(({ city }) => city));
      for (const lease of led) {
        const city = cities.all.find(({ name }) => name === lease.city);
        const isDue = ageMs(lease) >= SURGE_EVERY_MS || ordered.has(lease.city);
        if (city !== undefined && isDue) await makeFor(lease, city);
      }
    },
  };
}

/** `calm`: nobody asks, and nobody did, so nothing is written. `early`: another process has just made one. */
type Outcome = 'written' | 'calm' | 'early' | 'fenced';

async function makeVersion(deps: SurgeMakingDeps, lease: CityLease, city: City): Promise<Outcome> {
  const { sql, ids, clock, leases, levels, observer } = deps;
  const [row] = await sql.query(getNewestSurge, [city.name, 0]);
  const last = row === undefined ? undefined : versionOf(row);
  const nowMs = clock.nowMs();
  const elapsedMs = last === undefined ? SMOOTHING_MS : Math.max(0, nowMs - last.atMs);
  if (last !== undefined && elapsedMs < SURGE_APART_MS) return 'early';
  const counts = await countCity(deps, city);
  const fields = nextFields({ levels, elapsedMs: withinInteger(elapsedMs), before: last?.fields, counts });
  if (fields.size === 0 && last?.fields.size === 0) return 'calm';
  const version: SurgeVersion = {
    ...{
      version: ids.next(),
      city: city.name,
      atMs: nowMs,
      elapsedMs: withinInteger(elapsedMs),
      levels,
      fields,
    },
  };
  const written = await sql.transaction(async (transaction) => {
    if (!(await leases.fence(transaction, lease))) return false;
    await transaction.query(insertSurgeVersion, [
      ...([version.version, version.city, new Date(nowMs), version.elapsedMs] as const),
      ...([JSON.stringify(levels), JSON.stringify(fieldsJson(fields))] as const),
    ]);
    return true;
  });
  if (!written) return 'fenced';
  deps.onMade(version);
  observer.cells(city.name, cellsByPercent(version));
  return 'written';
}

/** As the column has it. Longer ago makes no difference. */
function withinInteger(elapsedMs: number): number {
  return Math.min(Math.round(elapsedMs), 2_147_483_647);
}

function cellsByPercent({ levels, fields }: SurgeVersion): ReadonlyMap<number, number> {
  const counts = new Map(levels.map(({ percent }) => [percent, 0]));
  for (const { cells } of fields.values()) {
    for (const { now } of cells.values()) {
      const percent = levels[now.level]?.percent ?? 100;
      counts.set(percent, (counts.get(percent) ?? 0) + 1);
    }
  }
  return counts;
}
