/** The rating that stars add up to (docs/decisions/0029-trips.md). */
import { assert } from '../../../core/errors.ts';

export const STARS_MIN = 1;
export const STARS_MAX = 5;
/** Fewer ratings say nothing: whoever has fewer counts as not rated, and is offered every ride. */
export const RATINGS_MIN = 5;
/** As if everybody began with so many ratings of so many stars: one bad ride among the first weighs little. */
export const PRIOR_RATINGS = 10;
export const PRIOR_STARS = 4.8;

/** `null`: not rated yet. Else from STARS_MIN to STARS_MAX. */
export function ratingOf({ sum, count }: { readonly sum: number; readonly count: number }): number | null {
  assert(sum >= count * STARS_MIN && sum <= count * STARS_MAX, 'stars are from one to five');
  if (count < RATINGS_MIN) return null;
  return (sum + PRIOR_RATINGS * PRIOR_STARS) / (count + PRIOR_RATINGS);
}
