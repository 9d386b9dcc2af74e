/** The links of people, with the calls about tables of them, on a database of its own. */
import type { LightMyRequestResponse } from 'fastify';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { createIdGenerator } from '../../src/core/ids.ts';
import type { Principal } from '../../src/core/principal.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { type App, createServer } from '../../src/http/server.ts';
import { USER_SCHEMAS } from '../../src/http/user-schema.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { LINK_SCHEMAS } from '../../src/systems/links/link-schemas-routes.ts';
import { linkRoutes } from '../../src/systems/links/links-routes.ts';
import { qrRoutes } from '../../src/systems/links/qr/qr-routes.ts';
import { createShortener } from '../../src/systems/links/shortener.ts';
import { createClicksExport } from '../../src/systems/links/transfer/clicks-export.ts';
import { TRANSFER_SCHEMAS } from '../../src/systems/links/transfer/row-answers-routes.ts';
import { transferRoutes } from '../../src/systems/links/transfer/transfer-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';
import { createTestDatabase } from './database.ts';
import { noOutsideWorld } from './outside-world.ts';
import { serverOptions } from './server-options.ts';

export interface TransferSetting {
  readonly sql: SqlStore;
  readonly app: App;
  call(method: Method, user: string, url: string, given?: TransferCall): Promise<LightMyRequestResponse>;
  /** A new user, of whom there is nothing but the id. */
  newUser(): string;
  /** Another server, with a database of its own. */
  onOtherServer(): Promise<TransferSetting>;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'DELETE';

/** Whoever calls is the user whose id the token is. */
const authenticate = (token: string): Principal => ({
  ...{ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' },
});

export interface TransferCall {
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

export async function createTransferSetting(): Promise<TransferSetting> {
  const clock = systemClock;
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const randomness = systemRandomness;
  const sql = createPostgresSqlStore({
    connection: database.connection,
    poolSize: 6,
    clock: systemClock,
    log,
  });
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock: systemClock, randomness, log });
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, systemClock);
  const shortener = createShortener({
    ...{ sql, ids, eventLog, tracing: tracingOff, clock, randomness, log },
    rateLimiter: undefined,
    clicks: { record: () => undefined },
    publicUrl: () => 'https://groundswell.test',
    linksUrl: 'https://go.test',
    cacheBytes: 1_000_000,
    privateAddresses: 'refuse',
    checksTargets: false,
    ...noOutsideWorld(),
    recordAct: async () => undefined,
    hashPassword: createHasher(),
    verifyPassword: async (hash, password) => hash === `hash of ${password}`,
    countryOf: () => undefined,
  });
  await shortener.open();
  const app = await createServer(serverOptions({ authenticate, log, randomness }));
  for (const schema of [...USER_SCHEMAS, ...LINK_SCHEMAS, ...TRANSFER_SCHEMAS]) app.addSchema(schema);
  await app.register(
    async (api) => {
      const clicksExport = createClicksExport({ sql, clock, links: shortener.links, retentionDays: 400 });
      const deps = { ...shortener, clicksExport, writes: createWrites(sql), nowMs: () => clock.nowMs() };
      linkRoutes(api, deps);
      transferRoutes(api, deps);
      qrRoutes(api, deps);
    },
    { prefix: '/api/v1' },
  );
  await app.ready();
  let people = 0;
  let elsewhere: TransferSetting | undefined;

  async function call(method: Method, user: string, url: string, given: TransferCall = {}) {
    const { type, body, headers = {} } = given;
    const typed = type === undefined ? {} : { 'content-type': type };
    const request = {
      method,
      url: `/api/v1${url}`,
      headers: { authorization: `Bearer ${user}`, ...typed, ...headers },
    };
    return app.inject(body === undefined ? request : { ...request, payload: body });
  }

  return {
    ...{ sql, app, call },
    newUser() {
      people += 1;
      return String(1_500_000_000_000_000 + people);
    },
    async onOtherServer() {
      elsewhere ??= await createTransferSetting();
      return elsewhere;
    },
    async close() {
      await elsewhere?.close();
      await app.close();
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}

/** The lines of an answer. */
export function linesOf(body: string) {
  // Of any shape: the tests say which.
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** As the real one, few at a time, but refuses who comes while it is busy, where the real one has a short queue. */
function createHasher() {
  let busy = false;
  return async (password: string): Promise<string> => {
    if (busy) throw new AppError('unavailable', 'Too many passwords are being hashed.');
    busy = true;
    await systemClock.sleep(1);
    busy = false;
    return `hash of ${password}`;
  };
}
