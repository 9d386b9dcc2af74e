/** Surge on a map, for anyone signed in: riders see where it is dear, drivers where they are wanted. */
import { Type } from 'typebox';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { Cities } from '../cities/cities.ts';
import { MAP_BOX_DEGREES_MAX, parseBox } from '../cities/map-box.ts';
import { RIDE_TYPES } from '../drivers/driver.ts';
import { type PricedCell, SURGE_CELLS_MAX, surgeIn } from './surge-area.ts';
import type { SurgeBoard } from './surge-board.ts';

export const SurgeCellSchema = Type.Object(
  {
    cell: Type.String({ description: 'A hexagon of H3, resolution 7.', examples: ['872a1072bffffff'] }),
    surge_percent: Type.Integer({ minimum: 101, description: '150: 1.5 times.' }),
    city: Type.String(),
    surge_version: IdText,
    computed_at: Type.String({ format: 'date-time' }),
    corners: Type.Array(Type.Object({ lat: Type.Number(), lng: Type.Number() }), {
      description: 'In order, in degrees.',
    }),
  },
  { $id: 'SurgeCell', title: 'Surge of a cell' },
);

export const SURGE_SCHEMAS = [SurgeCellSchema] as const;

export interface SurgeRoutesDeps {
  readonly board: SurgeBoard;
  readonly cities: Cities;
}

export function surgeRoutes(app: App, deps: SurgeRoutesDeps): void {
  app.get(
    '/rides/surge',
    {
      config: { access: 'user' },
      schema: {
        tags: ['rides'],
        summary: 'Where rides cost more now',
        description: 'Cells that are not named have no surge. It changes every five minutes.',
        operationId: 'listSurge',
        querystring: Type.Object({
          bbox: Type.String({
            maxLength: 100,
            description: `west,south,east,north in degrees; at most ${MAP_BOX_DEGREES_MAX} wide and high.`,
            examples: ['-74.1,40.6,-73.8,40.9'],
          }),
          ride_type: Type.Optional(
            Type.Enum([...RIDE_TYPES], { description: 'Whose surge; absent: that of economy.' }),
          ),
        }),
        response: {
          200: Type.Object({
            cells: Type.Array(reference(SurgeCellSchema), {
              description: `The dearest first, ${SURGE_CELLS_MAX} at most.`,
            }),
          }),
        },
      },
    },
    async (request) => {
      const { bbox, ride_type: rideType = 'economy' } = request.query;
      return { cells: (await surgeIn(deps, parseBox(bbox), rideType)).map(presentCell) };
    },
  );
}

function presentCell({ city, version, cell, percent, corners }: PricedCell) {
  return {
    ...{ cell, surge_percent: percent, city: city.name, surge_version: String(version.version) },
    computed_at: new Date(version.atMs).toISOString(),
    corners: [...corners],
  };
}
