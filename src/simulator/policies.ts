/**
 * How requests may be given to drivers, for a comparison in virtual time (virtual-town.ts). `batched` is what the product does: all
 * requests of two seconds at once, so that all wait least together. `greedy` is what most do: each request by itself, in the
 * order in which they came, to whoever is nearest.
 */
import { BATCH_MS } from '../systems/rides/dispatch/dispatch-loop.ts';
import {
  type BatchOffers,
  type BatchRequest,
  matchBatch,
  OFFERS_PER_REQUEST,
} from '../systems/rides/matching/match-batch.ts';

export const POLICY_NAMES = ['batched', 'greedy'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

export interface Policy {
  /** How often requests are matched. */
  readonly everyMs: number;
  /** The candidates of a request with what each costs. A driver has one offer at a time. */
  match(requests: readonly PolicyRequest[]): readonly BatchOffers[];
}

export interface PolicyRequest {
  readonly rideId: number;
  /** `pickupS`: how long the driver would take. */
  readonly candidates: readonly (BatchRequest['candidates'][number] & { readonly pickupS: number })[];
}

const AT_ONCE_MS = 100;

export const POLICIES: Readonly<Record<PolicyName, Policy>> = {
  batched: { everyMs: BATCH_MS, match: (requests) => matchBatch(requests).offers },
  greedy: {
    everyMs: AT_ONCE_MS,
    match(requests) {
      const taken = new Set<number>();
      return requests.map(({ rideId, candidates }) => {
        const free = candidates
          .filter(({ driverId }) => !taken.has(driverId))
          .toSorted((one, other) => one.pickupS - other.pickupS);
        const driverIds = free.slice(0, OFFERS_PER_REQUEST).map(({ driverId }) => driverId);
        for (const driverId of driverIds) taken.add(driverId);
        return { rideId, driverIds };
      });
    },
  },
};
