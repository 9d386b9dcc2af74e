/**
 * The web app: one page for all of its addresses, the files that it loads, whose names change with their content, and the
 * worker that keeps these in the browser.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { packageRoot } from '../config/package-info.ts';
import type { App } from './server.ts';
import { WEB_APP_ADDRESSES } from './web-app-addresses.ts';

/** Nothing but what this server sends, and no style or script that stands in the page itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');
/** It fetches what it keeps. */
const WORKER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'";
const YEAR_MS = 365 * 24 * 3_600_000;
const THEME = /(?:^|;\s*)groundswell_theme=(light|dark)(?:;|$)/;

/** Whether the app was built: a server from sources alone has the calls, and a page that says what they are. */
export function hasWebApp(): boolean {
  return existsSync(path.join(folder(), 'index.html'));
}

export async function webAppRoutes(app: App): Promise<void> {
  const page = readFileSync(path.join(folder(), 'index.html'), 'utf8');
  const worker = readFileSync(path.join(folder(), 'service-worker.js'), 'utf8');
  await app.register(fastifyStatic, {
    root: path.join(folder(), 'assets'),
    serve: false,
    preCompressed: true,
  });
  // Without it nobody in a browser gets to what is critical, and it costs little.
  const config = { access: 'public', priority: 'critical' } as const;

  function sendApp(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const theme = THEME.exec(request.headers.cookie ?? '')?.[1];
    return (
      reply
        .header('content-security-policy', POLICY)
        // The page names the files of this build; and its theme is the reader's.
        .header('cache-control', 'private, no-cache')
        .header('vary', 'cookie')
        .type('text/html; charset=utf-8')
        .send(theme === undefined ? page : page.replace('<html ', `<html data-theme="${theme}" `))
    );
  }

  // A person who mistypes an address is shown the app, which says so; programs get a problem.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 || !isOfPerson(request)) return done();
    sendApp(request, reply.code(404));
  });
  for (const address of WEB_APP_ADDRESSES) app.get(address, { config, schema: { hide: true } }, sendApp);
  app.get('/assets/*', { config, schema: { hide: true } }, (request, reply) => {
    const name = (request.params as { readonly '*': string })['*'];
    return reply.sendFile(name, { maxAge: YEAR_MS, immutable: true });
  });
  app.get('/service-worker.js', { config, schema: { hide: true } }, (_request, reply) =>
    reply
      .header('content-security-policy', WORKER_POLICY)
      // An update is found when the browser next asks for it.
      .header('cache-control', 'no-cache')
      .header('service-worker-allowed', '/')
      .type('text/javascript; charset=utf-8')
      .send(worker),
  );
}

function isOfPerson({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html');
}

function folder(): string {
  return path.join(packageRoot(), 'dist/web');
}
