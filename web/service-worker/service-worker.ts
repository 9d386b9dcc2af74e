/**
 * Keeps the app itself, and nothing else: its page and the files of its build, so that it opens without the server, and
 * so that a page which was opened before an update still finds the parts that it has not loaded yet. What the API answers
 * never comes here; what was last seen of home is kept by the app, which knows whose it is (state/last-seen.ts).
 */
import { isWebAppAddress } from '../../src/http/web-app-addresses.ts';

declare const self: ServiceWorkerGlobalScope;
/** Of this build; put in when it is written, see vite.config.ts. The files are those of /assets. */
declare const __SHELL__: { readonly version: string; readonly files: readonly string[] };

const { version, files } = __SHELL__;
const PREFIX = 'groundswell-shell-';
const CACHE = PREFIX + version;
const PAGE = '/';
/** So long the server may take to answer with the page before the kept one is as good. */
const PAGE_MS_MAX = 2_000;
/** Answered by what stands before the server, when there is no server. */
const AWAY_STATUS_MIN = 502;

self.addEventListener('install', (event) => {
  // It need not wait for the pages of the build before: they keep their files.
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(removeOldShells().then(announce));
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (isWebAppAddress(pathname)) event.respondWith(page(request));
  } else if (pathname.startsWith('/assets/')) event.respondWith(file(request));
});

/** All of it, or none: a server of another build may have answered meanwhile, and the browser then tries again later. */
async function keepShell(): Promise<void> {
  const answer = await fetch(PAGE, { cache: 'reload' });
  const named = [...(await answer.clone().text()).matchAll(/\/assets\/[\w.-]+/g)].map(([name]) => name);
  if (!answer.ok || named.length === 0 || !named.every((name) => files.includes(name)))
    throw new Error('The page is of another build than its service worker.');
  const cache = await caches.open(CACHE);
  await cache.addAll([...files]);
  await cache.put(PAGE, answer);
}

/** But for the last: pages of that build may still be open. */
async function removeOldShells(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

/** So that a page that is open learns whether there is a newer build than its own. */
async function announce(): Promise<void> {
  await self.clients.claim();
  for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage({ files });
}

async function page(request: Request): Promise<Response> {
  const answer = fetch(request);
  const kept = await (await caches.open(CACHE)).match(PAGE, { ignoreVary: true });
  if (kept === undefined) return answer;
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PAGE_MS_MAX));
  const first = await Promise.race([answer.catch(() => undefined), late]);
  return first === undefined || first.status >= AWAY_STATUS_MIN ? kept : first;
}

/** Their names change with what they hold, so that one that is kept is never out of date. */
async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
