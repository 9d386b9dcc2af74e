/**
 * `GET /media/<token>/<variant>`: the bytes of pictures. The address says it all, so nothing is asked of the database, and
 * what is under it never changes.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Clock } from '../../../core/clock.ts';
import { isKnown, rangeOf } from '../../../http/byte-range.ts';
import { PROBLEM_TYPE } from '../../../http/problem.ts';
import type { App } from '../../../http/server.ts';
import type { BlobFacts, BlobStore } from '../../../ports/blob-store/blob-store.ts';
import { EDGE_KEEP_GONE_S, EDGE_KEEP_S, PURGE_HEADER } from '../../../ports/edge-cache/edge-cache.ts';
import type { MediaAddresses, OpenedToken } from './media-addresses.ts';
import { SERVED_FORMATS } from './served-formats.ts';

const PUBLIC = 'public, max-age=31536000, immutable';

/** For nginx alone, which keeps it from clients: for so many seconds, whatever Cache-Control says to them. */
const EDGE_KEEP_HEADER = 'x-accel-expires';

/** Whatever a browser takes it for, it runs nothing of it; other sites may show it. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'accept-ranges': 'bytes',
  vary: 'Accept',
} as const;

export interface ServingRoutesDeps {
  readonly addresses: Pick<MediaAddresses, 'open'>;
  readonly blobStore: BlobStore;
  readonly clock: Clock;
}

export function servingRoutes(app: App, { addresses, blobStore, clock }: ServingRoutesDeps): void {
  /** In the first format that the client takes and that there is. */
  async function find(key: string, variant: string, accept: string) {
    for (const format of SERVED_FORMATS.filter(({ isTaken }) => isTaken(accept))) {
      const facts = await blobStore.head(`${key}/${variant}.${format.extension}`);
      if (facts !== undefined) return { facts, format };
    }
    return undefined;
  }

  async function send(reply: FastifyReply, facts: BlobFacts, etag: string): Promise<FastifyReply> {
    const range = rangeOf(reply.request, { bytes: facts.bytes, etag });
    if (range === 'unsatisfiable') {
      return reply
        .code(416)
        .header('content-range', `bytes */${facts.bytes}`)
        .removeHeader('content-type')
        .send();
    }
    const found = await blobStore.get(facts.name, range);
    if (found === undefined) return notThere(reply);
    if (range === undefined) return reply.header('content-length', found.bytes).send(found.content);
    return reply
      .code(206)
      .header('content-range', `bytes ${range.first}-${range.last}/${found.bytes}`)
      .header('content-length', range.last - range.first + 1)
      .send(found.content);
  }

  app.get(
    '/media/:token/:variant',
    {
      config: { access: 'public', limit: 'visit' },
      schema: {
        hide: true,
        params: Type.Object({ token: Type.String(), variant: Type.String() }),
      },
    },
    async ({ params, headers }, reply) => {
      const opened = addresses.open(params.token);
      if (!opened?.variants.some((name) => name === params.variant)) return notThere(reply);
      const found = await find(opened.key, params.variant, headers.accept ?? '');
      if (found === undefined) return isPurge(headers, opened) ? gone(reply) : notThere(reply);
      const { extension, type } = found.format;
      const etag = `"${opened.key.slice(0, 16)}-${params.variant}-${extension}"`;
      reply.headers(HEADERS).header('etag', etag).header('cache-control', keeping(opened, clock.nowMs()));
      if (opened.expiresMs === undefined) reply.header(EDGE_KEEP_HEADER, EDGE_KEEP_S);
      if (isKnown(reply.request, etag)) return reply.code(304).send();
      reply.type(type).header('content-disposition', `inline; filename="${params.variant}.${extension}"`);
      return send(reply, found.facts, etag);
    },
  );
}

/** An edge that was told to ask anew. Clients cannot say so: it passes on what it has found itself. */
function isPurge(headers: IncomingHttpHeaders, { expiresMs }: OpenedToken): boolean {
  return headers[PURGE_HEADER] === '1' && expiresMs === undefined;
}

/** To be remembered by the edge, in place of the picture. */
function gone(reply: FastifyReply): FastifyReply {
  return notThere(reply.header(EDGE_KEEP_HEADER, EDGE_KEEP_GONE_S));
}

/** Of an address that expires, no shared cache keeps anything, and a browser no longer than it is good for. */
function keeping({ expiresMs }: OpenedToken, nowMs: number): string {
  if (expiresMs === undefined) return PUBLIC;
  return `private, max-age=${Math.max(0, Math.floor((expiresMs - nowMs) / 1_000))}, immutable`;
}

/** Not to be remembered: it may be there as soon as it is processed. */
function notThere(reply: FastifyReply): FastifyReply {
  const detail = 'There is no picture here: it is being processed, was deleted, or its address has expired.';
  const problem = {
    type: 'about:blank',
    title: 'Not found',
    status: 404,
    code: 'not_found',
    detail,
    errors: [],
    request_id: reply.request.id,
  };
  return reply.code(404).header('cache-control', 'no-store').type(PROBLEM_TYPE).send(JSON.stringify(problem));
}
