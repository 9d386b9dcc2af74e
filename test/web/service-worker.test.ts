/** The worker that keeps the app, as it is built, with caches and a network of the test's. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { packageRoot } from '../../src/config/package-info.ts';

const ORIGIN = 'https://social.example';
const script = readFileSync(path.join(packageRoot(), 'dist/web/service-worker.js'), 'utf8');
const page = readFileSync(path.join(packageRoot(), 'dist/web/index.html'), 'utf8');
const PAGE_MS_MAX = 2_000;

describe('the service worker', () => {
  let browser: ReturnType<typeof createBrowser>;
  beforeEach(() => {
    browser = createBrowser();
  });

  it('keeps the page and every file of its build, and nothing else', async () => {
    await browser.start();
    const [kept] = browser.cached();
    assert(kept !== undefined && kept.length > 50);
    assert.deepEqual(
      kept.filter((url) => !/^\/(assets\/[\w-]+\.(js|css|svg))?$/.test(url)),
      [],
    );
  });

  it('keeps nothing of a page that another build has answered', async () => {
    browser.answers.set('/', () => new Response(page.replaceAll('/assets/', '/assets/other-')));
    await assert.rejects(browser.start(), /another build/);
    assert.deepEqual(browser.cached(), []);
  });

  it('answers with the kept page when the server is away, late, or not behind its proxy', async () => {
    await browser.start();
    browser.answers.set('/@alice', () => new Response('from the server'));
    assert.equal(await browser.open('/@alice'), 'from the server');
    browser.answers.set('/@alice', () => Promise.reject(new TypeError('no connection')));
    assert.equal(await browser.open('/@alice'), page);
    browser.answers.set('/@alice', () => new Response('Bad gateway', { status: 502 }));
    assert.equal(await browser.open('/@alice'), page);
    browser.answers.set('/@alice', () => new Promise(() => undefined));
    const opened = browser.open('/@alice');
    await new Promise(setImmediate);
    browser.pass(PAGE_MS_MAX);
    assert.equal(await opened, page);
    // What the server says of itself stands.
    browser.answers.set('/@alice', () => new Response('There is no such page', { status: 404 }));
    assert.equal(await browser.open('/@alice'), 'There is no such page');
  });

  it('leaves alone what is not of the app: calls, pictures, other pages, and whatever is written', async () => {
    await browser.start();
    for (const [path, mode] of [
      ['/api/v1/feed', 'cors'],
      ['/media/1/640.webp', 'no-cors'],
      ['/docs', 'navigate'],
      ['/l/spring', 'navigate'],
    ] as const)
      assert.equal(await browser.open(path, { mode }), undefined, path);
    assert.equal(await browser.open('/', { method: 'POST' }), undefined);
    assert.equal(await browser.open('https://elsewhere.example/assets/a.js', { mode: 'no-cors' }), undefined);
  });

  it('answers with files that it has, also those of the build before, and removes those of older ones', async () => {
    await browser.put('groundswell-shell-first', '/assets/first.js', 'of the first');
    await browser.put('groundswell-shell-second', '/assets/second.js', 'of the second');
    await browser.put('of-something-else', '/assets/else.js', 'else');
    await browser.start();
    assert.equal(await browser.open('/assets/second.js', { mode: 'cors' }), 'of the second');
    await assert.rejects(Promise.resolve(browser.open('/assets/first.js', { mode: 'cors' })));
    assert.equal(browser.cached().length, 3);
  });

  it('tells the pages that are open which files there are now, so that one of an older build knows', async () => {
    await browser.start();
    const [{ files = [] } = {}] = browser.told;
    for (const [file] of page.matchAll(/\/assets\/[\w.-]+/g)) assert(files.includes(file), file);
  });
});

/** As much of a browser as the worker speaks to; files of the build are answered by their names. */
function createBrowser() {
  type Waiting = { waitUntil(work: Promise<unknown>): void };
  const listeners = new Map<string, (event: never) => void>();
  const stores = new Map<string, Map<string, Response>>();
  const timers: { readonly run: () => void; readonly ms: number }[] = [];
  const answers = new Map<string, () => Response | Promise<Response>>([['/', () => new Response(page)]]);
  const told: { readonly files?: readonly string[] }[] = [];

  async function fetchFrom(request: string | { readonly url: string }): Promise<Response> {
    const { pathname } = new URL(typeof request === 'string' ? request : request.url, ORIGIN);
    const answer = answers.get(pathname);
    if (answer === undefined && !script.includes(`"${pathname}"`)) throw new TypeError('no connection');
    return answer === undefined ? new Response(pathname) : answer();
  }

  function match(store: Map<string, Response> | undefined, request: string | { readonly url: string }) {
    const { pathname } = new URL(typeof request === 'string' ? request : request.url, ORIGIN);
    return store?.get(pathname)?.clone();
  }

  async function open(name: string) {
    const store = stores.get(name) ?? new Map<string, Response>();
    stores.set(name, store);
    return {
      addAll: async (urls: string[]) => {
        for (const url of urls) store.set(url, await fetchFrom(url));
      },
      put: async (url: string, response: Response) => void store.set(url, response),
      match: async (request: string) => match(store, request),
    };
  }

  async function fire(name: string): Promise<void> {
    let work: Promise<unknown> = Promise.resolve();
    const event: Waiting = {
      waitUntil(given) {
        work = given;
      },
    };
    listeners.get(name)?.(event as never);
    await work;
  }

  runInNewContext(script, {
    URL,
    Promise,
    Error,
    fetch: fetchFrom,
    setTimeout: (run: () => void, ms: number) => void timers.push({ run, ms }),
    caches: {
      open,
      keys: async () => [...stores.keys()],
      delete: async (name: string) => stores.delete(name),
      match: async (request: { readonly url: string }) =>
        [...stores.values()].map((store) => match(store, request)).find((found) => found !== undefined),
    },
    self: {
      location: { origin: ORIGIN },
      skipWaiting: async () => undefined,
      clients: {
        claim: async () => undefined,
        matchAll: async () => [{ postMessage: (message: never) => told.push(message) }],
      },
      addEventListener: (name: string, listener: (event: never) => void) => listeners.set(name, listener),
    },
  });

  return {
    answers,
    told,
    async start(): Promise<void> {
      await fire('install');
      await fire('activate');
    },
    /** The text that the worker answers with; `undefined` where it leaves the request to the browser. */
    async open(path: string, { mode = 'navigate', method = 'GET' } = {}): Promise<string | undefined> {
      let answer: Promise<Response> | undefined;
      const request = { url: new URL(path, ORIGIN).href, mode, method };
      listeners.get('fetch')?.({
        request,
        respondWith(given: Promise<Response>) {
          answer = given;
        },
      } as never);
      return answer && (await answer).text();
    },
    async put(name: string, url: string, text: string): Promise<void> {
      await (await open(name)).put(url, new Response(text));
    },
    /** What each of the caches holds, in the order of their making. */
    cached: (): readonly (readonly string[])[] => [...stores.values()].map((store) => [...store.keys()]),
    pass(ms: number): void {
      for (const timer of timers.splice(0)) if (timer.ms <= ms) timer.run();
    },
  };
}
