import { seededFraction } from '../core/clock.ts';

export interface PowerLawGraphOptions {
  readonly people: number;
  /** Mean number of people that one follows. */
  readonly followsMean: number;
  readonly seed: number;
}

/** How unevenly followers are spread: person k is followed in proportion to 1 / k^0.9, as in published graphs. */
const POPULARITY_EXPONENT = 0.9;
/** The tail of how many one follows: most a few, some very many. */
const ACTIVITY_EXPONENT = 1.8;

/**
 * A follow graph with celebrities, for loading without a file: pairs of person numbers, from 0, without loops or
 * repetitions, the same for the same options. Person 0 is the most followed. Each person draws how many to follow
 * from a Pareto distribution and whom from Zipf's, by inversion of the continuous approximation.
 */
export function* powerLawGraph(options: PowerLawGraphOptions): Generator<readonly [number, number]> {
  const { people, followsMean, seed } = options;
  const fraction = seededFraction(seed);
  const activityMin = (followsMean * (ACTIVITY_EXPONENT - 1)) / ACTIVITY_EXPONENT;
  for (let follower = 0; follower < people; follower += 1) {
    const wanted = Math.floor(activityMin / (1 - fraction()) ** (1 / ACTIVITY_EXPONENT) + fraction());
    const most = Math.min(wanted, Math.floor((people - 1) / 2));
    const followees = new Set<number>();
    // Popular people are drawn again and again, so that the tries are bounded, not the distinct results.
    for (let tries = 0; followees.size < most && tries < most * 20; tries += 1) {
      const followee = zipfRank(fraction(), people);
      if (followee !== follower) followees.add(followee);
    }
    for (const followee of followees) yield [follower, followee];
  }
}

/** A rank from 0 to `count` - 1 by Zipf's law, for a uniform `fraction`. */
function zipfRank(fraction: number, count: number): number {
  const power = 1 - POPULARITY_EXPONENT;
  const rank = (1 + fraction * ((count + 1) ** power - 1)) ** (1 / power);
  return Math.min(count - 1, Math.floor(rank) - 1);
}

/** How many of `total` posts each of `people` writes: few write much. Sums up to `total`. */
export function postsPerPerson(people: number, total: number): number[] {
  const weights = Array.from({ length: people }, (_, index) => 1 / (index + 1) ** 0.6);
  const sum = weights.reduce((left, right) => left + right, 0);
  let carried = 0;
  return weights.map((weight) => {
    const share = (weight / sum) * total + carried;
    const posts = Math.floor(share + 1e-9);
    carried = share - posts;
    return posts;
  });
}
