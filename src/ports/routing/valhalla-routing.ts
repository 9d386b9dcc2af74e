/** Routing by a Valhalla (https://valhalla.github.io/valhalla/api/): `route` and `sources_to_targets`. */

import type { GeoPoint } from '../../core/geo.ts';
import type { RoutingAddress } from '../../core/routing-address.ts';
import { amount, list, member, polylinePlaces } from './engine-answer.ts';
import { createEngineHttp, type EngineAnswer, notOfTheProtocol } from './engine-http.ts';
import { type NoRoute, SNAP_M_MAX } from './routing.ts';
import { createEngineRouting, type EngineRouting } from './routing-engine.ts';

/** By the numbers of its errors. */
const NO_ROUTES: ReadonlyMap<unknown, NoRoute> = new Map([
  [170, 'no_way'],
  [171, 'no_road_near'],
  [442, 'no_way'],
]);
const SHAPE_DIGITS = 6;

export function createValhallaRouting({ url, profile }: RoutingAddress): EngineRouting {
  const http = createEngineHttp(url);
  return createEngineRouting({
    async route(from, to) {
      const locations = [locationOf(from), locationOf(to)];
      const body = { locations, costing: profile, units: 'kilometers', directions_type: 'none' };
      const answer = await http.ask('/route', body);
      const none = NO_ROUTES.get(member(answer.body, 'error_code'));
      if (none !== undefined) return none;
      const trip = member(requireOk(answer), 'trip');
      const summary = member(trip, 'summary');
      const legs = list(member(trip, 'legs'), 'legs');
      return {
        distanceM: amount(member(summary, 'length'), 'a length') * 1_000,
        durationS: amount(member(summary, 'time'), 'a time'),
        path: legs.flatMap((leg) => polylinePlaces(member(leg, 'shape'), SHAPE_DIGITS)),
      };
    },

    async durations(from, to) {
      const body = { sources: from.map(locationOf), targets: [locationOf(to)], costing: profile };
      const answer = await http.ask('/sources_to_targets', body);
      const none = NO_ROUTES.get(member(answer.body, 'error_code'));
      if (none !== undefined) return from.map(() => none);
      const rows = list(member(requireOk(answer), 'sources_to_targets'), 'times');
      if (rows.length !== from.length) throw notOfTheProtocol('all times');
      return rows.map((row) => {
        const [pair] = list(row, 'times');
        const time = member(pair, 'time');
        return time === null ? 'no_way' : amount(time, 'a time');
      });
    },

    async ping() {
      requireOk(await http.ask('/status'));
    },

    close: http.close,
  });
}

function locationOf({ lat, lng }: GeoPoint): object {
  return { lat, lon: lng, search_cutoff: SNAP_M_MAX };
}

function requireOk({ status, body }: EngineAnswer): unknown {
  if (status !== 200) throw notOfTheProtocol('a way or the reason why there is none');
  return body;
}
