/** What the staff sees of the rides of a city: the drivers, who waits, how matching goes, and who does it. Read anew from what all processes share. */
import type { Clock } from '../../../core/clock.ts';
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { GeoIndex, NearDriver } from '../../../ports/geo-index/geo-index.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Cities } from '../cities/cities.ts';
import { type MapBox, touches } from '../cities/map-box.ts';
import { RIDE_TYPES, type RideType, typeBits } from '../drivers/driver.ts';
import { DRIVER_STATES, type DriverState, stateNumber } from '../drivers/driver-states.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { DriverCounts } from './driver-counts.ts';
import type { DriversLine } from './driver-counts-queries.ts';
import { driversInBox } from './drivers-in-box.ts';
import {
  getLeader,
  getPlates,
  getWaitingRequests,
  type LeaderRow,
  type WaitingRequestRow,
} from './operations-queries.ts';
import type { CityFigures, RideFigures } from './ride-figures.ts';

/** The oldest, of a part of a map. */
export const REQUESTS_MAX = 500;
/** Off duty nobody is looked for. */
export const SHOWN_STATES = DRIVER_STATES.filter(
  (state) => state !== 'non_operational' && state !== 'removed',
);

export interface CityOperations {
  readonly city: string;
  readonly figures: CityFigures;
  readonly drivers: { readonly lines: readonly DriversLine[]; readonly countedAt: Date | undefined };
  readonly leader: LeaderRow | undefined;
}

export interface SeenDriver extends NearDriver {
  /** Null: not known any more. */
  readonly plate: string | null;
}

export interface SeenDrivers {
  readonly drivers: readonly SeenDriver[];
  /** Whether these are all of the box that the index knows. */
  readonly isComplete: boolean;
  /** If not, drivers of other processes are not among them. */
  readonly isOfAllProcesses: boolean;
}

export interface Operations {
  /** Fails with `not_found` for what is no city. */
  city(name: string): Promise<CityOperations>;
  drivers(box: MapBox, state: DriverState | undefined, rideType: RideType | undefined): Promise<SeenDrivers>;
  /** REQUESTS_MAX at most, the oldest first. */
  requests(box: MapBox): Promise<readonly WaitingRequestRow[]>;
}

export interface OperationsDeps {
  readonly sql: SqlSession;
  readonly geoIndex: Pick<GeoIndex, 'nearest' | 'shared'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly cities: Cities;
  readonly counts: Pick<DriverCounts, 'of' | 'hasOthers'>;
  readonly figures: RideFigures;
}

export function createOperations(deps: OperationsDeps): Operations {
  const { sql, geoIndex, clock, cities, counts, figures } = deps;

  async function platesOf(drivers: readonly NearDriver[]): Promise<ReadonlyMap<Id, string>> {
    if (drivers.length === 0) return new Map();
    const rows = await sql.query(getPlates, [drivers.map(({ driverId }) => driverId)]);
    return new Map(rows.map((row) => [row.driver_id, row.plate]));
  }

  return {
    async city(name) {
      if (!cities.all.some((city) => city.name === name)) throw notFound('city');
      const [ofCity, drivers, [leader]] = await Promise.all([
        figures.of(name),
        counts.of(name),
        sql.query(getLeader, [name]),
      ]);
      return { city: name, figures: ofCity, drivers, leader };
    },

    async drivers(box, state, rideType) {
      const states = state === undefined ? SHOWN_STATES : [state];
      const { drivers, isComplete } = await driversInBox(geoIndex, clock.nowMs(), {
        ...{ box, states: states.reduce((bits, one) => bits | (1 << stateNumber(one)), 0) },
        types: typeBits(rideType === undefined ? RIDE_TYPES : [rideType]),
      });
      const [plates, hasOthers] = await Promise.all([
        platesOf(drivers),
        geoIndex.shared ? false : counts.hasOthers(),
      ]);
      const seen = drivers.map((driver) => ({ ...driver, plate: plates.get(driver.driverId) ?? null }));
      return { drivers: seen, isComplete, isOfAllProcesses: !hasOthers };
    },

    async requests(box) {
      const touched = cities.all.filter((city) => touches(city, box)).map(({ name }) => name);
      if (touched.length === 0) return [];
      const { south, north, west, east } = box;
      const units = (degrees: number): number => Math.round(degrees * UNITS_PER_DEGREE);
      return sql.query(getWaitingRequests, [
        ...([touched, units(south), units(north), units(west), units(east)] as const),
        REQUESTS_MAX,
      ]);
    },
  };
}
