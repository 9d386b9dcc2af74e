/** Who could take which request of a batch, and what sending them costs. */

import type { Clock } from '../../../core/clock.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import { type Id, idTimeMs } from '../../../core/ids.ts';
import { type GeoIndex, NEAREST_MAX, type NearDriver } from '../../../ports/geo-index/geo-index.ts';
import type { NoRoute, Routing } from '../../../ports/routing/routing.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { typeBits } from '../drivers/driver.ts';
import { SERVER_SUSPECT_MS } from '../drivers/driver-contacts.ts';
import { stateNumber } from '../drivers/driver-states.ts';
import type { BatchRequest } from '../matching/match-batch.ts';
import { pickupCost } from '../matching/pickup-cost.ts';
import { OFFERS_COUNTED } from '../offers/offer-retention.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import { type FreeDriverRow, getFreeDrivers, type RequestRow } from './dispatch-queries.ts';
import { searchRadiusM } from './search-radius.ts';

/** Of a request. */
export const CANDIDATES_MAX = 20;
/** Fewer are only taken where there are no more. */
const CANDIDATES_LEAST = 10;
/** Looked at for a request: some of the nearest have an offer to think about. */
export const NEAR_FIRST = 40;
/** And so many times as many where nearly all of them have: at an airport, or after a concert. */
const NEAR_TIMES = 4;
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
  const free = new Map<Id, FreeDriverRow>();
  const ableTo = await findAble(deps, requests, free);
  const able = requests.map(({ ride_id: rideId }) => ableTo.get(rideId) ?? []);
  const approaches = requests.map((request, index) => ({ from: able[index] ?? [], to: pickupOf(request) }));
  const durations = await deps.routing.durations(approaches, deps.clock.nowMs());
  return requests.map(({ ride_id: rideId }, index) => ({
    rideId,
    candidates: candidatesOf(deps, able[index] ?? [], durations[index] ?? [], free),
  }));
}

/** By ride: the nearest who are free, who are written into `free`. Where most of the nearest are busy, more are looked at. */
async function findAble(
  deps: CandidatesDeps,
  requests: readonly RequestRow[],
  free: Map<Id, FreeDriverRow>,
): Promise<ReadonlyMap<Id, readonly NearDriver[]>> {
  const able = new Map<Id, readonly NearDriver[]>();
  const known = new Set<Id>();
  let short = requests;
  for (let most = NEAR_FIRST; short.length > 0; most *= NEAR_TIMES) {
    const near = await searchAround(deps, short, most);
    await readFree(deps, near, known, free);
    short = short.filter((request, index) => {
      const found = near[index] ?? [];
      const some = nearestAble(request, found, free);
      able.set(request.ride_id, some);
      const isAll = found.length < limitOf(request, most) || found.length >= NEAREST_MAX;
      return some.length < CANDIDATES_LEAST && !isAll;
    });
  }
  return able;
}

/** Adds those who are free of whom it was not known. */
async function readFree(
  { sql }: CandidatesDeps,
  near: readonly (readonly NearDriver[])[],
  known: Set<Id>,
  free: Map<Id, FreeDriverRow>,
): Promise<void> {
  const all = new Set(near.flat().map(({ driverId }) => driverId));
  const unknown = [...all].filter((driverId) => !known.has(driverId));
  if (unknown.length === 0) return;
  for (const driverId of unknown) known.add(driverId);
  for (const row of await sql.query(getFreeDrivers, [unknown, OFFERS_COUNTED, SERVER_SUSPECT_MS / 1_000]))
    free.set(row.driver_id, row);
}

async function searchAround(
  deps: CandidatesDeps,
  requests: readonly RequestRow[],
  most: number,
): Promise<readonly (readonly NearDriver[])[]> {
  const near: (readonly NearDriver[])[] = [];
  for (let from = 0; from < requests.length; from += SEARCHES_PER_TURN) {
    if (from > 0) await deps.clock.sleep(0);
    const some = requests.slice(from, from + SEARCHES_PER_TURN);
    near.push(...(await Promise.all(some.map((request) => search(deps, request, most)))));
  }
  return near;
}

function search({ geoIndex, clock, ratingAbove }: CandidatesDeps, request: RequestRow, most: number) {
  const nowMs = clock.nowMs();
  return geoIndex.nearest({
    around: pickupOf(request),
    radiusM: searchRadiusM(nowMs - idTimeMs(request.ride_id)),
    limit: limitOf(request, most),
    states: 1 << stateNumber('available'),
    types: typeBits([request.ride_type]),
    ratingAbove,
    sinceMs: nowMs - FRESH_MS,
  });
}

/** Whoever has had an offer of the ride may still be there. */
function limitOf({ refused_by: refusedBy }: RequestRow, most: number): number {
  return Math.min(NEAREST_MAX, most + refusedBy.length);
}

/** The nearest who are free. Never who has had an offer of this ride, nor the rider. */
function nearestAble(
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
