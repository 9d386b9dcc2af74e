/** The rides of a city, for the staff who run it. */
import { Type } from 'typebox';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { MAP_BOX_DEGREES_MAX, parseBox } from '../cities/map-box.ts';
import { RIDE_TYPES } from '../drivers/driver.ts';
import { DRIVERS_MAX } from './drivers-in-box.ts';
import { type Operations, REQUESTS_MAX, SHOWN_STATES } from './operations.ts';
import {
  CityOperationsSchema,
  presentCity,
  presentSeen,
  presentWaiting,
  SeenDriverSchema,
  WaitingRequestSchema,
} from './operations-schema-routes.ts';

export interface OperationsRoutesDeps {
  readonly operations: Operations;
}

const config = { access: 'moderator' } as const;
const tags = ['rides'];
const BoxText = Type.String({
  maxLength: 100,
  description: `west,south,east,north in degrees; at most ${MAP_BOX_DEGREES_MAX} wide and high.`,
  examples: ['-74.1,40.6,-73.8,40.9'],
});

export function operationsRoutes(app: App, { operations }: OperationsRoutesDeps): void {
  app.get(
    '/rides/operations',
    {
      config: { ...config, problems: [404] },
      schema: {
        tags,
        summary: 'How rides go in a city',
        description: 'Drivers, who waits, how matching went in the last hour, and which process does it.',
        operationId: 'getCityOperations',
        querystring: Type.Object({
          city: Type.String({
            maxLength: 100,
            description: 'As `GET /rides/cities` names it.',
            examples: ['new_york'],
          }),
        }),
        response: { 200: reference(CityOperationsSchema) },
      },
    },
    async (request) => presentCity(await operations.city(request.query.city)),
  );
  app.get(
    '/rides/operations/drivers',
    {
      config,
      schema: {
        tags,
        summary: 'Drivers on a part of the map',
        description: `On duty, and heard of in the last ten minutes. ${DRIVERS_MAX} at most, spread over the map.`,
        operationId: 'listDriversOnMap',
        querystring: Type.Object({
          bbox: BoxText,
          state: Type.Optional(Type.Enum([...SHOWN_STATES], { description: 'Absent: all.' })),
          ride_type: Type.Optional(
            Type.Enum([...RIDE_TYPES], { description: 'Who offers it; absent: all.' }),
          ),
        }),
        response: {
          200: Type.Object({
            drivers: Type.Array(reference(SeenDriverSchema)),
            is_complete: Type.Boolean({
              description: 'If not, there are more where they are close together: look at a smaller part.',
            }),
            is_of_all_processes: Type.Boolean({
              description:
                'If not, those connected to other processes are missing: without a Redis, none knows them.',
            }),
          }),
        },
      },
    },
    async (request) => {
      const { bbox, state, ride_type: rideType } = request.query;
      const seen = await operations.drivers(parseBox(bbox), state, rideType);
      return {
        drivers: seen.drivers.map(presentSeen),
        ...{ is_complete: seen.isComplete, is_of_all_processes: seen.isOfAllProcesses },
      };
    },
  );
  app.get(
    '/rides/operations/requests',
    {
      config,
      schema: {
        tags,
        summary: 'Requests that wait on a part of the map',
        description: `By their pickups; the oldest first, ${REQUESTS_MAX} at most.`,
        operationId: 'listWaitingRequests',
        querystring: Type.Object({ bbox: BoxText }),
        response: { 200: Type.Object({ requests: Type.Array(reference(WaitingRequestSchema)) }) },
      },
    },
    async (request) => ({
      requests: (await operations.requests(parseBox(request.query.bbox))).map(presentWaiting),
    }),
  );
}
