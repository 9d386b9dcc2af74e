/** What people are like. All of it is drawn from the seed, for each of them by themselves, so that what one does changes nothing for others. */
import { seededFraction } from '../core/clock.ts';

export interface Behaviour {
  /** Of the offers, 0 to 1. */
  readonly acceptShare: number;
  /** Offers that nobody looks at; what is left is declined. */
  readonly ignoreShare: number;
  /** Of the riders. */
  readonly cancelShare: number;
  /** Of the drivers who have got to a rider. */
  readonly driverCancelShare: number;
  /** How long somebody looks at an offer. */
  readonly thinkingMs: Range;
  /** From the driver's arrival until the rider sits in the car. */
  readonly boardingMs: Range;
  /** From the request until a rider thinks better of it. */
  readonly cancellingMs: Range;
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

export const BEHAVIOUR: Behaviour = {
  ...{ acceptShare: 0.85, ignoreShare: 0.05, cancelShare: 0.03, driverCancelShare: 0.01 },
  thinkingMs: { least: 1_000, most: 7_000 },
  boardingMs: { least: 5_000, most: 40_000 },
  cancellingMs: { least: 5_000, most: 120_000 },
};

export type OfferWish = { readonly wish: 'accept' | 'decline' | 'ignore'; readonly afterMs: number };

export function wishOf({ acceptShare, ignoreShare, thinkingMs }: Behaviour, draw: () => number): OfferWish {
  const drawn = draw();
  const wish = drawn < acceptShare ? 'accept' : drawn < acceptShare + ignoreShare ? 'ignore' : 'decline';
  return { wish, afterMs: between(thinkingMs, draw) };
}

export function boardingMs(behaviour: Behaviour, draw: () => number): number {
  return between(behaviour.boardingMs, draw);
}

/** Who has seen the rider, and does not want to, or cannot. */
export function driverCancels({ driverCancelShare }: Behaviour, draw: () => number): boolean {
  return draw() < driverCancelShare;
}

/** When the rider thinks better of it; `undefined`: does not. */
export function cancelsAfterMs(
  { cancelShare, cancellingMs }: Behaviour,
  draw: () => number,
): number | undefined {
  return draw() < cancelShare ? between(cancellingMs, draw) : undefined;
}

/** Numbers of one person. */
export function drawsOf(seed: number, kind: number, number: number): () => number {
  // Neighbouring seeds of the generator are far apart after a step.
  const draw = seededFraction(seed ^ (kind * 0x9e37_79b1) ^ (number * 0x85eb_ca6b));
  draw();
  return draw;
}

function between({ least, most }: Range, draw: () => number): number {
  return least + draw() * (most - least);
}
