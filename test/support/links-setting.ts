/** The URL shortener on a database of its own, over HTTP, for people who exist only in the test. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createIdGenerator, type Id } from '../../src/core/ids.ts';
import { registerFront } from '../../src/http/front.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import { USER_SCHEMAS } from '../../src/http/user-schema.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createMemoryRateLimiter } from '../../src/ports/rate-limiter/memory-rate-limiter.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { Click } from '../../src/systems/links/clicks/click-recorder.ts';
import { DOMAIN_SCHEMAS, domainRoutes } from '../../src/systems/links/domains/domains-routes.ts';
import { LINK_SCHEMAS } from '../../src/systems/links/link-schemas-routes.ts';
import { linkRoutes } from '../../src/systems/links/links-routes.ts';
import {
  MODERATED_LINK_SCHEMAS,
  moderatedLinkRoutes,
} from '../../src/systems/links/moderation/moderated-links-routes.ts';
import type { StaffAct } from '../../src/systems/links/moderation/staff-acts.ts';
import { createRedirectFront, redirectRoutes } from '../../src/systems/links/redirect/redirect-routes.ts';
import { selectedLinksRoutes } from '../../src/systems/links/selections/selected-links-routes.ts';
import { createShortener } from '../../src/systems/links/shortener.ts';
import {
  BLOCKED_TARGET_SCHEMAS,
  blockedTargetRoutes,
} from '../../src/systems/links/targets/blocked-targets-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { noOutsideWorld, type OutsideWorldPorts } from './outside-world.ts';
import { serverOptions } from './server-options.ts';

export const ALICE: Id = 1_600_000_000_000_000;
export const BOB: Id = 1_600_000_000_000_008;
/** A moderator. */
export const CAROL: Id = 1_600_000_000_000_016;

export const PUBLIC_URL = 'http://main.example';
export const LINKS_HOST = 'go.example';
const POOL_SIZE = 8;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into whatever came back
  readonly body: any;
}

export interface LinksProcessOptions {
  readonly clock?: Clock;
  readonly rateLimits?: boolean;
  readonly countryOf?: (address: string) => string | undefined;
  readonly trustedProxies?: readonly string[];
  readonly outsideWorld?: OutsideWorldPorts;
  /** What targets of links may be; what is asked for is as `outsideWorld` says. */
  readonly privateAddresses?: 'refuse' | 'allow';
  /** Default 1 MB. */
  readonly cacheBytes?: number;
}

export type LinksProcess = Awaited<ReturnType<typeof openLinksProcess>>;

/** What one process serves; several may share a database. */
export async function openLinksProcess(
  database: TestDatabase,
  writer: number,
  options: LinksProcessOptions = {},
) {
  const {
    clock = systemClock,
    rateLimits = false,
    countryOf = () => undefined,
    trustedProxies = [],
    outsideWorld = noOutsideWorld(),
  } = options;
  const log = createLog({ level: 'silent', pretty: false });
  const sql = createPostgresSqlStore({
    connection: database.connection,
    poolSize: POOL_SIZE,
    clock: systemClock,
    log,
  });
  const lease = { writer, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, systemClock);
  const randomness = systemRandomness;
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock: systemClock, randomness, log });
  const clicks: Click[] = [];
  const acts: (StaffAct & { readonly actorId: Id })[] = [];
  const metrics = createMetrics({ version: 'test' });
  const rateLimiter = rateLimits ? createMemoryRateLimiter({ clock }) : undefined;
  const shortener = createShortener({
    ...{ sql, ids, eventLog, clock, randomness, log, rateLimiter, countryOf, tracing: tracingOff },
    clicks: { record: (click) => void clicks.push(click) },
    publicUrl: () => PUBLIC_URL,
    linksUrl: `https://${LINKS_HOST}`,
    cacheBytes: options.cacheBytes ?? 1_000_000,
    privateAddresses: options.privateAddresses ?? 'refuse',
    checksTargets: true,
    ...outsideWorld,
    recordAct: async (_transaction, actorId, act) => void acts.push({ actorId, ...act }),
    // What is tested is what comes of it, not argon2.
    hashPassword: async (password) => `hash of ${password}`,
    verifyPassword: async (passwordHash, password) => passwordHash === `hash of ${password}`,
  });
  await shortener.open();
  const tail = await eventLog.tail({
    topics: shortener.tail.topics,
    hear: (events) => shortener.tail.hear(events),
    committed: (events) => shortener.tail.committed?.(events),
  });
  shortener.tail.follow(tail);
  const app = await createServer(
    serverOptions({
      authenticate: (token) => ({
        ...{ userId: Number(token), sessionId: 1, tier: 'standard' },
        role: Number(token) === CAROL ? 'moderator' : 'user',
      }),
      ...{ log, clock, metrics, trustedProxies },
    }),
  );
  for (const schema of [
    ...USER_SCHEMAS,
    ...LINK_SCHEMAS,
    ...BLOCKED_TARGET_SCHEMAS,
    ...DOMAIN_SCHEMAS,
    ...MODERATED_LINK_SCHEMAS,
  ])
    app.addSchema(schema);
  const redirects = {
    ...shortener,
    ...{ trustedProxies, secure: true },
  };
  redirectRoutes(app, redirects);
  const writes = createWrites(sql);
  await app.register(
    async (api) => {
      linkRoutes(api, { ...shortener, writes, nowMs: () => clock.nowMs() });
      selectedLinksRoutes(api, { ...shortener, writes });
      blockedTargetRoutes(api, { ...shortener, writes });
      domainRoutes(api, { ...shortener, writes });
      moderatedLinkRoutes(api, { ...shortener, writes });
    },
    { prefix: '/api/v1' },
  );
  registerFront(app, { front: createRedirectFront(redirects), isOverloaded: () => false, metrics, clock });
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));

  /** As it goes over the wire: nothing is followed, and the path is sent as it is. */
  async function send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Answer> {
    const sent = request({ host: url.hostname, port: url.port, method, path, headers });
    sent.end(body);
    const [answer] = await once(sent, 'response');
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    const isJson = /json/.test(answer.headers['content-type'] ?? '');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  }

  return {
    ...{ sql, eventLog, shortener, clicks, acts, metrics, tail, send },

    call(
      method: string,
      path: string,
      userId: Id | undefined,
      body?: object,
      more: Record<string, string> = {},
    ) {
      const headers = {
        ...(userId === undefined ? {} : { authorization: `Bearer ${userId}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      };
      return send(method, `/api/v1${path}`, headers, body === undefined ? undefined : JSON.stringify(body));
    },

    /** Opens a link as a browser does, or as `headers` say. */
    open: (code: string, headers: Readonly<Record<string, string>> = {}) =>
      send('GET', `/l/${code}`, { 'user-agent': BROWSER, ...headers }),

    async close() {
      await shortener.close();
      await app.close();
      await eventLog.close();
      await sql.close();
    },
  };
}

export const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
export const PREVIEWER = 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)';

export type LinksSetting = Awaited<ReturnType<typeof createLinksSetting>>;

export async function createLinksSetting(options: LinksProcessOptions = {}) {
  const database = await createTestDatabase();
  const process = await openLinksProcess(database, 1, options);
  return {
    ...process,
    database,
    /** Makes a link of Alice's. */
    async create(body: object, ownerId: Id = ALICE) {
      const answer = await process.call('POST', '/links', ownerId, body);
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body as { readonly link_id: string; readonly code: string; readonly short_url: string };
    },
    async close() {
      await process.close();
      await database.close();
    },
  };
}
