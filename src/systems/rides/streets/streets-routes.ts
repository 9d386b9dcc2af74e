/** The streets of a part of the town, for maps that are drawn without a server of tiles. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { sendJsonText } from '../../../http/json-text.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import {
  STREET_KINDS,
  STREET_PLACES_MAX,
  type StreetBox,
  type StreetMap,
  type Streets,
} from '../../../ports/street-map/street-map.ts';
import { MAP_BOX_DEGREES_MAX, type MapBox, parseBox } from '../cities/map-box.ts';

export const StreetsSchema = Type.Object(
  {
    layers: Type.Array(
      Type.Object({
        kind: Type.Enum([...STREET_KINDS]),
        lines: Type.Array(
          // JSON Schema names the parts of a tuple otherwise than TypeBox does.
          Type.Unsafe<readonly (readonly [lng: number, lat: number])[]>(
            Type.Array(
              Type.Array(Type.Number({ minimum: -180, maximum: 180 }), { minItems: 2, maxItems: 2 }),
              { minItems: 2 },
            ),
          ),
          {
            description: 'Places as [longitude, latitude]; straight in between, and perhaps out of the box.',
          },
        ),
      }),
      {
        description: `The most important kind first. The larger the box, the fewer kinds and the coarser lines; ${STREET_PLACES_MAX} places at most.`,
      },
    ),
    attributions: Type.Array(Type.String(), {
      description: 'Whom a map that shows them has to name.',
      examples: [['© OpenStreetMap contributors']],
    }),
  },
  { $id: 'Streets', title: 'Streets' },
);

/** They change only when a server starts anew. */
const CACHE_CONTROL = 'private, max-age=3600';

export function streetsRoutes(app: App, { streetMap }: { readonly streetMap: StreetMap }): void {
  app.get(
    '/rides/streets',
    {
      config: { access: 'user' },
      schema: {
        tags: ['rides'],
        summary: 'Streets to draw on a map',
        description:
          'From the roads that this server knows (`groundswell rides roads`); without any there are none. May be kept for an hour; `If-None-Match` is heeded.',
        operationId: 'listStreets',
        querystring: Type.Object({
          bbox: Type.String({
            maxLength: 100,
            description: `west,south,east,north in degrees; at most ${MAP_BOX_DEGREES_MAX} wide and high.`,
            examples: ['-74.02,40.7,-73.96,40.76'],
          }),
        }),
        response: { 200: reference(StreetsSchema), 304: Type.Null({ description: 'As it was.' }) },
      },
    },
    async (request, reply) => {
      const text = JSON.stringify(streetsIn(streetMap, parseBox(request.query.bbox)));
      return sendStreets(request, reply, text);
    },
  );
}

function sendStreets(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const etag = etagOf(text);
  reply.header('etag', etag).header('cache-control', CACHE_CONTROL);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  // As it is: half a megabyte is not written twice.
  return sendJsonText(reply, text);
}

/** One across the antimeridian is two; what lies there is drawn on one side of it alone, the western. */
function streetsIn(streetMap: StreetMap, box: MapBox): Streets {
  const whole: StreetBox = box.west < box.east ? box : { ...box, east: 180 };
  return streetMap.streetsIn(whole);
}

/** Weak: whether the answer is compressed, and how, it does not say. */
function etagOf(text: string): string {
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}
