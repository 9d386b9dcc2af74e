/** The way to follow, for both sides of a ride. */
import { type Static, Type } from 'typebox';
import type { GeoPoint } from '../../../core/geo.ts';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { RideRequests } from '../requests/ride-requests.ts';
import { RideParams } from '../requests/ride-schema-routes.ts';
import type { RideWay, RideWays } from './ride-way.ts';

export interface RideWayRoutesDeps {
  readonly requests: Pick<RideRequests, 'get'>;
  readonly ways: RideWays;
  readonly sql: SqlSession;
}

/** Of degrees: a meter. */
const PLACES_PER_DEGREE = 1e5;

export const RideRouteSchema = Type.Object(
  {
    to: Type.Enum(['pickup', 'dropoff'], { description: 'Where it leads.' }),
    route: Type.Union(
      [
        Type.Object({
          distance_m: Type.Integer({ minimum: 0, description: 'By road, in meters.' }),
          duration_s: Type.Integer({ minimum: 0, description: 'In seconds.' }),
          path: Type.Array(
            // JSON Schema names the parts of a tuple otherwise than TypeBox does.
            Type.Unsafe<[number, number]>(
              Type.Array(Type.Number({ minimum: -180, maximum: 180 }), { minItems: 2, maxItems: 2 }),
            ),
            { description: 'Places as [longitude, latitude], to a meter; straight in between.' },
          ),
        }),
        Type.Null(),
      ],
      { description: 'null: no road leads there, or it is not known where the driver is.' },
    ),
  },
  { $id: 'RideRoute', title: 'Route' },
);

export function rideWayRoutes(app: App, { requests, ways, sql }: RideWayRoutesDeps): void {
  app.get(
    '/rides/:ride_id/route',
    {
      config: { access: 'user' },
      schema: {
        tags: ['rides'],
        summary: 'The way that one of your rides takes next, as a rider or a driver',
        description:
          'From where the driver is to the pickup, until they are there; then from the pickup, and after the start from where the driver is, to the drop-off. By roads where the server knows them, else straight. It changes as the driver drives: ask again when they have left it.',
        operationId: 'getRideRoute',
        params: RideParams,
        response: { 200: reference(RideRouteSchema) },
      },
    },
    async (request) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      return present(await ways.of(await requests.get(sql, userId, rideId)));
    },
  );
}

function present({ to, route }: RideWay): Static<typeof RideRouteSchema> {
  if (route === undefined) return { to, route: null };
  return {
    to,
    route: { distance_m: route.distanceM, duration_s: route.durationS, path: pathOf(route.path) },
  };
}

/** What is at the same place to a meter is said once. */
function pathOf(places: readonly GeoPoint[]): [lng: number, lat: number][] {
  const rounded = places.map(({ lat, lng }): [number, number] => [roundedDegrees(lng), roundedDegrees(lat)]);
  return rounded.filter(([lng, lat], index) => {
    const before = rounded[index - 1];
    return before === undefined || before[0] !== lng || before[1] !== lat;
  });
}

function roundedDegrees(degrees: number): number {
  return Math.round(degrees * PLACES_PER_DEGREE) / PLACES_PER_DEGREE;
}
