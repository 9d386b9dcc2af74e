/** Who could take which request of a batch, and what sending them costs. */
import type { Clock } from '../../../core/clock.ts';
import { type Id, idTimeMs } from '../../../core/ids.ts';
import {
  type GeoIndex,
  type GeoPoint,
  NEAREST_MAX,
  type NearDriver,
} from '../../../ports/geo-index/geo-index.ts';
import type { NoRoute, Routing } from '../../../ports/routing/routing.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { typeBits } from '../drivers/driver.ts';
import { stateNumber } from '../drivers/driver-states.ts';
import type { BatchRequest } from '../matching/match-batch.ts';
import { pickupCost } from '../matching/pickup-cost.ts';
import { OFFERS_COUNTED } from '../offers/offer-retention.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import { type FreeDriverRow, getFreeDrivers, type RequestRow } from './dispatch-queries.ts';
import { searchRadiusM } from './search-radius.ts';

/** Of a request. */
export const CANDIDATES_MAX = 20;
/** Looked at for a request: some of the nearest have an offer to think about. */
const NEAR_MAX = 40;
/** Where a driver was longer ago is no longer where they are. */
export const FRESH_MS = 60_000;
/** Searches at a time, after which others get a turn: in memory some 3 ms. */
const SEARCHES_PER_TURN = 25;

export interface CandidatesDeps {
  readonly sql: SqlSession;
  readonly geoIndex: Pick<GeoIndex, 'nearest'>;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly routing: Pick<Routing, 'durations'>;
  /** Rated drivers above it, and all who are not rated yet. */
  readonly ratingAbove: number;
}

export async function findCandidates(
  deps: CandidatesDeps,
  requests: readonly RequestRow[],
): Promise<readonly BatchRequest[]> {
  const near = await searchAround(deps, requests);
  const driverIds = new Set(near.flat().map(({ driverId }) => driverId));
  const rows = await deps.sql.query(getFreeDrivers, [[...driverIds], OFFERS_COUNTED]);
  const free = new Map(rows.map((row) => [row.driver_id, row]));
  const able = requests.map((request, index) => ableTo(request, near[index] ?? [], free));
  const approaches = requests.map((request, index) => ({ from: able[index] ?? [], to: pickupOf(request) }));
  const durations = await deps.routing.durations(approaches, deps.clock.nowMs());
  return requests.map(({ ride_id: rideId }, index) => ({
    rideId,
    candidates: candidatesOf(deps, able[index] ?? [], durations[index] ?? [], free),
  }));
}

async function searchAround(
  deps: CandidatesDeps,
  requests: readonly RequestRow[],
): Promise<readonly (readonly NearDriver[])[]> {
  const near: (readonly NearDriver[])[] = [];
  for (let from = 0; from < requests.length; from += SEARCHES_PER_TURN) {
    if (from > 0) await deps.clock.sleep(0);
    const some = requests.slice(from, from + SEARCHES_PER_TURN);
    near.push(...(await Promise.all(some.map((request) => search(deps, request)))));
  }
  return near;
}

function search({ geoIndex, clock, ratingAbove }: CandidatesDeps, request: RequestRow) {
  const nowMs = clock.nowMs();
  return geoIndex.nearest({
    around: pickupOf(request),
    radiusM: searchRadiusM(nowMs - idTimeMs(request.ride_id)),
    limit: Math.min(NEAREST_MAX, NEAR_MAX + request.refused_by.length),
    states: 1 << stateNumber('available'),
    types: typeBits([request.ride_type]),
    ratingAbove,
    sinceMs: nowMs - FRESH_MS,
  });
}

/** The nearest who are free. Never who has had an offer of this ride, nor the rider. */
function ableTo(
  request: RequestRow,
  near: readonly NearDriver[],
  free: ReadonlyMap<Id, FreeDriverRow>,
): readonly NearDriver[] {
  const able = near.filter(({ driverId }) => {
    return free.has(driverId) && driverId !== request.rider_id && !request.refused_by.includes(driverId);
  });
  return able.slice(0, CANDIDATES_MAX);
}

/** Without those from whom no road leads to the pickup. */
function candidatesOf(
  { clock }: CandidatesDeps,
  drivers: readonly NearDriver[],
  durations: readonly (number | NoRoute)[],
  free: ReadonlyMap<Id, FreeDriverRow>,
): BatchRequest['candidates'] {
  const nowMs = clock.nowMs();
  return drivers.flatMap(({ driverId }, index) => {
    const pickupS = durations[index];
    if (typeof pickupS !== 'number') return [];
    const row = free.get(driverId);
    const cost = pickupCost({
      pickupS,
      rating: row?.rating ?? undefined,
      acceptance: row?.acceptance ?? undefined,
      idleS: Math.max(0, nowMs - (row?.state_changed_at.getTime() ?? nowMs)) / 1_000,
    });
    return [{ driverId, cost }];
  });
}

function pickupOf({ pickup_lat_e7: lat, pickup_lng_e7: lng }: RequestRow): GeoPoint {
  return { lat: lat / UNITS_PER_DEGREE, lng: lng / UNITS_PER_DEGREE };
}
