/** The QR code of a link. */

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { callerOf } from '../../../http/auth.ts';
import type { App } from '../../../http/server.ts';
import type { LinkAddresses } from '../link-addresses.ts';
import { LinkIdParams } from '../link-schemas-routes.ts';
import type { Links } from '../links.ts';
import { linkIdOf } from '../links-routes.ts';
import {
  CONTRAST_MIN,
  drawQrCode,
  QR_FORMATS,
  QR_MARGIN_DEFAULT,
  QR_MARGIN_MAX,
  QR_SIZE_DEFAULT,
  QR_SIZE_MAX,
  QR_SIZE_MIN,
  type QrFormat,
  type QrRequest,
} from './qr-code.ts';
import { QR_LEVELS, type QrLevel } from './qr-modules.ts';

/** The picture stays the same for as long as the link is opened under the same address. */
const CACHE_CONTROL = 'private, max-age=3600';

const Colour = (fallback: string, description: string) =>
  Type.Optional(
    Type.String({ pattern: '^#?[0-9A-Fa-f]{6}$', default: fallback, description, examples: ['1d3557'] }),
  );

const QrQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Unsafe<QrFormat>({
        type: 'string',
        enum: [...QR_FORMATS],
        default: 'svg',
        description: 'By default svg.',
      }),
    ),
    size: Type.Optional(
      Type.Integer({
        minimum: QR_SIZE_MIN,
        maximum: QR_SIZE_MAX,
        default: QR_SIZE_DEFAULT,
        description: 'Pixels on each side.',
      }),
    ),
    margin: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: QR_MARGIN_MAX,
        default: QR_MARGIN_DEFAULT,
        description: 'Modules around it. The standard asks for 4.',
      }),
    ),
    ecc: Type.Optional(
      Type.Unsafe<QrLevel>({
        type: 'string',
        enum: [...QR_LEVELS],
        default: 'M',
        description: 'What may be dirty or torn: L 7 %, M 15 %, Q 25 %, H 30 %.',
      }),
    ),
    dark: Colour(
      '000000',
      `The colour of the modules, in hexadecimal digits; its contrast to light must be ${CONTRAST_MIN} or more.`,
    ),
    light: Colour('ffffff', 'The colour between them.'),
  },
  { additionalProperties: false },
);

export interface QrRoutesDeps {
  readonly links: Links;
  readonly addresses: LinkAddresses;
}

export function qrRoutes(app: App, { links, addresses }: QrRoutesDeps): void {
  app.get(
    '/links/:link_id/qr',
    {
      config: { access: 'user', scope: 'links:read' },
      schema: {
        tags: ['links'],
        summary: 'The QR code of a link of yours',
        description: 'A picture, SVG or PNG, that leads to its short URL. With an ETag.',
        operationId: 'getLinkQr',
        params: LinkIdParams,
        querystring: QrQuery,
        response: {
          200: {
            description: 'The picture.',
            content: { 'image/svg+xml': { schema: Type.String() }, 'image/png': { schema: Type.String() } },
          },
          304: Type.Null({ description: 'It is the one whose ETag was sent.' }),
        },
      },
    },
    async (request, reply) => {
      const link = await links.get(callerOf(request).userId, linkIdOf(request.params));
      const { format = 'svg', size = QR_SIZE_DEFAULT, margin = QR_MARGIN_DEFAULT } = request.query;
      const { ecc: level = 'M', dark = '000000', light = 'ffffff' } = request.query;
      const wanted = { text: addresses.shortUrl(link), format, size, margin, level, dark, light };
      return sendQrCode(request, reply, wanted);
    },
  );
}

async function sendQrCode(
  request: FastifyRequest,
  reply: FastifyReply,
  wanted: QrRequest,
): Promise<FastifyReply> {
  const etag = `"${createHash('sha256').update(JSON.stringify(wanted)).digest('base64url').slice(0, 22)}"`;
  if (request.headers['if-none-match'] === etag) {
    return reply.header('etag', etag).header('cache-control', CACHE_CONTROL).code(304).send();
  }
  const { mediaType, bytes } = await drawQrCode(wanted);
  return reply.header('etag', etag).header('cache-control', CACHE_CONTROL).type(mediaType).send(bytes);
}
