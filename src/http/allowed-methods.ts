import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';

/** Answers 405 with `Allow` where the path exists under another method, and 404 where it does not. */
export function registerAllowedMethods(app: FastifyInstance): void {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return; // CORS preflight: every path has it.
    const source = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escapeRegExp(part)));
    routes.push({ pattern: new RegExp(`^${source.join('/')}/?$`), methods: [method].flat() });
  });
  function refusalOf(request: FastifyRequest, reply: FastifyReply): Error {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = new Set(
      routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods),
    );
    if (methods.size === 0 || methods.has(request.method)) {
      return new AppError('not_found', `There is nothing at ${path}. The calls are listed at /docs.`);
    }
    const allow = [...methods].sort().join(', ');
    reply.header('allow', allow);
    return Object.assign(new Error(`This path takes ${allow}.`), { statusCode: 405 });
  }
  // Before the body is looked at: whatever is wrong with it, it is not what the client has to hear.
  app.addHook('preParsing', (request, reply, _payload, done) =>
    request.is404 ? done(refusalOf(request, reply)) : done(),
  );
  app.setNotFoundHandler((request, reply) => {
    throw refusalOf(request, reply);
  });
}

function escapeRegExp(part: string): string {
  return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('\\*', '.*');
}
