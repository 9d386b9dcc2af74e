/**
 * The offers of one batch: each request goes to the driver whom the assignment gives it, and to two more of those who were
 * left unassigned, in case the first declines. A driver has one offer at a time.
 */

import type { Id } from '../../../core/ids.ts';
import { assign } from './assignment.ts';
import { type Candidate, NOBODY } from './assignment-task.ts';

/** With the driver of the assignment. */
export const OFFERS_PER_REQUEST = 3;
/** Seconds of pickup that nobody waits for: so much a request costs that is left for the next batch. */
export const UNASSIGNED_S = 3_600;

export interface BatchRequest {
  readonly rideId: Id;
  /** Who is near and fits, each once, with what sending them costs (pickup-cost.ts). */
  readonly candidates: readonly { readonly driverId: Id; readonly cost: number }[];
}

export interface BatchOffers {
  readonly rideId: Id;
  /** First who was assigned; empty: nobody was left for it. */
  readonly driverIds: readonly Id[];
}

export interface MatchedBatch {
  /** In the order of the requests. */
  readonly offers: readonly BatchOffers[];
  /** How many of them were assigned at the lowest cost, before the time was over. */
  readonly optimal: number;
}

export function matchBatch(requests: readonly BatchRequest[], isOver?: () => boolean): MatchedBatch {
  const driverIds = [...new Set(requests.flatMap(({ candidates }) => candidates.map((one) => one.driverId)))];
  const places = new Map(driverIds.map((driverId, place) => [driverId, place]));
  const candidates = requests.map((request) =>
    request.candidates.map(({ driverId, cost }) => ({ driver: places.get(driverId) ?? NOBODY, cost })),
  );
  const { driverOf, optimal } = assign({
    ...{ candidates, drivers: driverIds.length, unassignedCost: UNASSIGNED_S },
    ...(isOver === undefined ? {} : { isOver }),
  });
  const offered = withRunnersUp(candidates, driverOf);
  const offers = requests.map(({ rideId }, index) => ({
    rideId,
    driverIds: (offered[index] ?? []).map((driver) => driverIds[driver] ?? 0),
  }));
  return { offers, optimal };
}

/** Nobody gets a third before everybody had the choice of a second; the cheapest pairs first. */
function withRunnersUp(
  candidates: readonly (readonly Candidate[])[],
  driverOf: Int32Array,
): readonly number[][] {
  const offered = [...driverOf].map((driver) => (driver === NOBODY ? [] : [driver]));
  const taken = new Set(offered.flat());
  const pairs = candidates
    .flatMap((each, request) => each.map((candidate) => ({ request, ...candidate })))
    .filter(({ request, driver }) => !taken.has(driver) && offered[request]?.length === 1)
    .sort((one, other) => one.cost - other.cost);
  for (let offers = 2; offers <= OFFERS_PER_REQUEST; offers += 1) {
    for (const { request, driver } of pairs) {
      const own = offered[request];
      if (own === undefined || own.length >= offers || taken.has(driver)) continue;
      own.push(driver);
      taken.add(driver);
    }
  }
  return offered;
}
