/** What it costs to send a driver to a rider, in seconds of waiting: all that counts is weighed against the time to the pickup. */

export interface PickupFacts {
  /** Until the driver is there. */
  readonly pickupS: number;
  /** 1 to 5; `undefined`: not rated yet. */
  readonly rating: number | undefined;
  /** Of the offers of late, 0 to 1; `undefined`: there were none. */
  readonly acceptance: number | undefined;
  /** Since the driver was last on a ride. */
  readonly idleS: number;
}

/** Seconds for which each is worth waiting. */
export interface PickupWeights {
  /** For one star more. */
  readonly starS: number;
  /** For a driver who takes every offer, before one who takes none. */
  readonly acceptanceS: number;
  /** For a driver who has waited for IDLE_S_FULL, before one who has just dropped someone off. */
  readonly idleS: number;
}

export const PICKUP_WEIGHTS: PickupWeights = { starS: 30, acceptanceS: 60, idleS: 60 };
/** Whoever has waited so long has waited enough. */
export const IDLE_S_FULL = 1_800;
const STARS = 5;
/** New drivers are taken for good ones until something is known of them. */
const NEW_RATING = 4.8;
const NEW_ACCEPTANCE = 0.9;

/** Never negative. */
export function pickupCost(facts: PickupFacts, weights: PickupWeights = PICKUP_WEIGHTS): number {
  const { pickupS, rating = NEW_RATING, acceptance = NEW_ACCEPTANCE, idleS } = facts;
  const fresh = 1 - Math.min(1, idleS / IDLE_S_FULL);
  return (
    pickupS +
    weights.starS * (STARS - rating) +
    weights.acceptanceS * (1 - acceptance) +
    weights.idleS * fresh
  );
}
