/** Routing by an OSRM (https://project-osrm.org/docs/v5.24.0/api/): its services `route` and `table`. */

import type { GeoPoint } from '../../core/geo.ts';
import type { RoutingAddress } from '../../core/routing-address.ts';
import { amount, list, lngLatPlace, member } from './engine-answer.ts';
import { createEngineHttp, type EngineAnswer, notOfTheProtocol } from './engine-http.ts';
import { type NoRoute, SNAP_M_MAX } from './routing.ts';
import { createEngineRouting, type EngineRouting } from './routing-engine.ts';

const NO_ROUTES: ReadonlyMap<unknown, NoRoute> = new Map([
  ['NoRoute', 'no_way'],
  ['NoSegment', 'no_road_near'],
]);

export function createOsrmRouting({ url, profile }: RoutingAddress): EngineRouting {
  const http = createEngineHttp(url);
  return createEngineRouting({
    async route(from, to) {
      const radiuses = `${SNAP_M_MAX};${SNAP_M_MAX}`;
      const answer = await http.ask(
        `/route/v1/${profile}/${placesOf(from, to)}?overview=full&geometries=geojson&radiuses=${radiuses}`,
      );
      const none = NO_ROUTES.get(member(answer.body, 'code'));
      if (none !== undefined) return none;
      const [way] = list(member(requireOk(answer), 'routes'), 'routes');
      const coordinates = list(member(member(way, 'geometry'), 'coordinates'), 'a geometry');
      return {
        distanceM: amount(member(way, 'distance'), 'a distance'),
        durationS: amount(member(way, 'duration'), 'a duration'),
        path: coordinates.map(lngLatPlace),
      };
    },

    async durations(from, to) {
      // With radiuses one place far from all roads would leave all of them without an answer.
      const sources = [...from.keys()].join(';');
      const path = `/table/v1/${profile}/${placesOf(...from, to)}?sources=${sources}&destinations=${from.length}`;
      const body = requireOk(await http.ask(path));
      const rows = list(member(body, 'durations'), 'durations');
      const starts = list(member(body, 'sources'), 'sources');
      const [end] = list(member(body, 'destinations'), 'destinations');
      if (rows.length !== from.length || starts.length !== from.length)
        throw notOfTheProtocol('all durations');
      return rows.map((row, index) => {
        if (isAway(starts[index]) || isAway(end)) return 'no_road_near';
        const [duration] = list(row, 'durations');
        return duration === null ? 'no_way' : amount(duration, 'a duration');
      });
    },

    async ping() {
      // Whether it has a road there or not, it answers in its own words.
      const { body } = await http.ask(`/nearest/v1/${profile}/0,0`);
      if (typeof member(body, 'code') !== 'string') throw notOfTheProtocol('a code');
    },

    close: http.close,
  });
}

function placesOf(...places: readonly GeoPoint[]): string {
  return places.map(({ lat, lng }) => `${lng.toFixed(6)},${lat.toFixed(6)}`).join(';');
}

function requireOk({ body }: EngineAnswer): unknown {
  if (member(body, 'code') !== 'Ok') throw notOfTheProtocol('the code Ok');
  return body;
}

/** Whether a place is too far from the road that was taken for it. */
function isAway(waypoint: unknown): boolean {
  return amount(member(waypoint, 'distance'), 'the distance to a road') > SNAP_M_MAX;
}
