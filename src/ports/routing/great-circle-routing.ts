/** Routing without roads: the great circle, a little longer, at the speed of the hour. Everything can be reached, and it answers at once. */
import {
  assertApproaches,
  assertPlaces,
  type Routing,
  straightDurationS,
  straightEstimate,
} from './routing.ts';

export const greatCircleRouting = {
  estimate(from, to, atMs) {
    assertPlaces(from, to);
    return straightEstimate(from, to, atMs);
  },

  route(from, to, atMs) {
    assertPlaces(from, to);
    return { ...straightEstimate(from, to, atMs), path: [from, to] };
  },

  durations(approaches, atMs) {
    assertApproaches(approaches);
    return approaches.map(({ from, to }) => from.map((one) => straightDurationS(one, to, atMs)));
  },

  close: async () => undefined,
} satisfies Routing;
