import type { FastifyInstance } from 'fastify';
import { AppError, type ErrorCode } from '../core/errors.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

/** Answers 405 with `Allow` where the path exists under another method, and 404 where it does not. */
export function registerAllowedMethods(app: FastifyInstance): void {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return; // CORS preflight: every path has it.
    const source = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escapeRegExp(part)));
    routes.push({ pattern: new RegExp(`^${source.join('/')}/?$`), methods: [method].flat() });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = new Set(
      routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods),
    );
    if (methods.size > 0) {
      const allow = [...methods].sort().join(', ');
      const problem = {
        ...problemOf(undefined, request.id),
        title: 'Method not allowed',
        status: 405,
        code: 'invalid' satisfies ErrorCode,
        detail: `This path takes ${allow}.`,
      };
      return reply
        .code(405)
        .header('allow', allow)
        .type(PROBLEM_TYPE)
        .serializer(JSON.stringify)
        .send(problem);
    }
    throw new AppError('not_found', `There is nothing at ${path}. The calls are listed at /docs.`);
  });
}

function escapeRegExp(part: string): string {
  return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('\\*', '.*');
}
