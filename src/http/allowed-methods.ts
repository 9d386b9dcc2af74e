import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';

/**
 * Answers 405 with `Allow` where the path exists under another method, and 404 where it does not. A path without
 * parameters is a thing of its own: `/links/bulk` does not take what `/links/:link_id` takes.
 */
export function registerAllowedMethods(app: FastifyInstance): void {
  const routes: { url: string; pattern: RegExp; methods: string[] }[] = [];
  const fixed = new Set<string>();
  /** Those with parameters, in whose place a fixed path may stand. */
  const shadowed = new Set<string>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return; // CORS preflight: every path has it.
    const source = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escapeRegExp(part)));
    routes.push({ url, pattern: new RegExp(`^${source.join('/')}/?$`), methods: [method].flat() });
    if (!/[:*]/.test(url)) fixed.add(url);
  });
  app.addHook('onReady', (done) => {
    for (const { url, pattern } of routes) {
      if (url.includes(':') && [...fixed].some((path) => pattern.test(path))) shadowed.add(url);
    }
    done();
  });
  function refusalOf(request: FastifyRequest, reply: FastifyReply): Error {
    const path = pathOf(request);
    const matching = routes.filter(({ pattern }) => pattern.test(path));
    const exact = matching.filter(({ url }) => fixed.has(url));
    const methods = new Set((exact.length > 0 ? exact : matching).flatMap((route) => route.methods));
    if (methods.size === 0 || methods.has(request.method)) {
      return new AppError('not_found', `There is nothing at ${path}. The calls are listed at /docs.`);
    }
    const allow = [...methods].sort().join(', ');
    reply.header('allow', allow);
    return Object.assign(new Error(`This path takes ${allow}.`), { statusCode: 405 });
  }
  // Before the body is looked at: whatever is wrong with it, it is not what the client has to hear.
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const isOfFixed = shadowed.has(request.routeOptions.url ?? '') && fixed.has(pathOf(request));
    return request.is404 || isOfFixed ? done(refusalOf(request, reply)) : done();
  });
  app.setNotFoundHandler((request, reply) => {
    throw refusalOf(request, reply);
  });
}

function pathOf({ url }: FastifyRequest): string {
  const path = url.split('?', 1)[0] ?? '';
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function escapeRegExp(part: string): string {
  return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('\\*', '.*');
}
