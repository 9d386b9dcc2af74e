/** Open requests and free drivers by cell. A city may have very many, so others get a turn now and then. */
import type { Clock } from '../../../core/clock.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Cities, City } from '../cities/cities.ts';
import { RIDE_TYPES, type RideType, typeBits } from '../drivers/driver.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import { surgeCellOf } from './surge-cells.ts';
import { getOpenRequests } from './surge-queries.ts';
import type { CellCounts } from './surge-rules.ts';
import type { SuppliesJson } from './surge-supplies-queries.ts';
import type { CountsByType } from './surge-version.ts';

/** Where a driver was longer ago is no longer where they are. */
export const FRESH_MS = 60_000;
/** Of a city: more are no more surge. */
export const OPEN_REQUESTS_MAX = 100_000;
/** Places whose cells are found before others get a turn: some 2 ms. */
const PLACES_PER_TURN = 1_000;

/** Where somebody is, and for which types of rides they count, as bits. */
export interface CountedPlace extends GeoPoint {
  readonly types: number;
}

export interface SurgeCountingDeps {
  readonly sql: SqlSession;
  readonly cities: Cities;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  /** Drivers who are available, where they were at `sinceMs` or later. */
  readonly freeDrivers: (sinceMs: number) => readonly CountedPlace[];
  /** Counts of the drivers of other processes. */
  readonly elsewhere: (city: string) => Promise<readonly SuppliesJson[string][]>;
}

type MutableCountsByType = Map<RideType, Map<string, MutableCounts>>;
type MutableCounts = { -readonly [Field in keyof CellCounts]: CellCounts[Field] };

export async function countCity(deps: SurgeCountingDeps, city: City): Promise<CountsByType> {
  const { sql, cities, clock, freeDrivers } = deps;
  const rows = await sql.query(getOpenRequests, [city.name, OPEN_REQUESTS_MAX]);
  const requests = rows.map(({ ride_type: type, pickup_lat_e7: lat, pickup_lng_e7: lng }) => ({
    ...{ lat: lat / UNITS_PER_DEGREE, lng: lng / UNITS_PER_DEGREE, types: typeBits([type]) },
  }));
  const drivers = freeDrivers(clock.nowMs() - FRESH_MS).filter((place) => cities.cityOf(place) === city);
  const counts = await countPlaces(clock, requests, drivers);
  for (const supplies of await deps.elsewhere(city.name)) addSupplies(counts, supplies);
  return counts;
}

function addSupplies(counts: MutableCountsByType, supplies: SuppliesJson[string]): void {
  for (const type of RIDE_TYPES) {
    for (const [cell, drivers] of supplies[type] ?? []) cellIn(counts, type, cell).drivers += drivers;
  }
}

/** Each place counts in its cell, for each of its types. */
export async function countPlaces(
  clock: Pick<Clock, 'sleep'>,
  requests: readonly CountedPlace[],
  drivers: readonly CountedPlace[],
): Promise<MutableCountsByType> {
  const counts: MutableCountsByType = new Map();
  await countEach(clock, requests, counts, 'requests');
  await countEach(clock, drivers, counts, 'drivers');
  return counts;
}

async function countEach(
  clock: Pick<Clock, 'sleep'>,
  places: readonly CountedPlace[],
  counts: MutableCountsByType,
  what: keyof CellCounts,
): Promise<void> {
  for (const [index, place] of places.entries()) {
    if (index > 0 && index % PLACES_PER_TURN === 0) await clock.sleep(0);
    const cell = surgeCellOf(place);
    for (const [bit, type] of RIDE_TYPES.entries()) {
      if ((place.types & (1 << bit)) !== 0) cellIn(counts, type, cell)[what] += 1;
    }
  }
}

function cellIn(counts: MutableCountsByType, type: RideType, cell: string): MutableCounts {
  const ofType = counts.get(type) ?? new Map<string, MutableCounts>();
  counts.set(type, ofType);
  const known = ofType.get(cell) ?? { requests: 0, drivers: 0 };
  ofType.set(cell, known);
  return known;
}
