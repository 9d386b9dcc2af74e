/** The system `webhooks` on a database of its own, over HTTP, for people who exist only in the test. */
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, type Id } from '../../src/core/ids.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import type { NewEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import type { Mail } from '../../src/ports/mailer/mailer.ts';
import {
  createNodeOutboundHttp,
  type NodeOutboundHttpDeps,
} from '../../src/ports/outbound-http/node-outbound-http.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlValue, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { startJobs } from '../../src/roles/jobs.ts';
import { createWebhooks } from '../../src/systems/webhooks/webhooks.ts';
import { WEBHOOKS_SCHEMAS, webhooksRoutes } from '../../src/systems/webhooks/webhooks-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type Answer, createCallAs } from './call-as.ts';
import { createTestDatabase } from './database.ts';
import { serverOptions } from './server-options.ts';
import { until } from './until.ts';

export type WebhooksSetting = Awaited<ReturnType<typeof createWebhooksSetting>>;

export interface WebhooksSettingOptions {
  readonly outbound?: Partial<NodeOutboundHttpDeps>;
  /** What registration refuses; sending is as `outbound` says. */
  readonly privateAddresses?: 'refuse' | 'allow';
}

const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);
const POOL_SIZE = 10;

export async function createWebhooksSetting(options: WebhooksSettingOptions = {}) {
  const { outbound = {}, privateAddresses = 'allow' } = options;
  const database = await createTestDatabase();
  const lines: string[] = [];
  const log = createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) });
  const time = { aheadMs: 0 };
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + time.aheadMs };
  const openStore = () =>
    createPostgresSqlStore({
      connection: database.connection,
      poolSize: POOL_SIZE,
      clock: systemClock,
      log,
    });
  const sql = openStore();
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, clock);
  const eventLog = createPostgresEventLog({
    sqlStore: sql,
    clock: systemClock,
    randomness: systemRandomness,
    log,
  });
  const mails: Mail[] = [];
  const outcomes = new Map<string, number>();
  const latenciesMs: number[] = [];
  const count = (outcome: string, more = 1) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + more);
  const outboundHttp = createNodeOutboundHttp({
    clock: systemClock,
    privateAddresses: 'allow',
    userAgent: 'Groundswell/0.0.0',
    ...outbound,
  });
  const deps = {
    sql,
    ids,
    clock,
    randomness: systemRandomness,
    log,
    mailer: { send: async (mail: Mail) => void mails.push(mail) },
    outboundHttp,
    observer: {
      attempted: (outcome: string) => void count(outcome),
      ended: (outcome: string, deliveries: number) => void count(outcome, deliveries),
      delivered: (latencyMs: number) => void latenciesMs.push(latencyMs),
    },
    privateAddresses,
    emailOf: async (userId: Id) => `user${userId}@example.org`,
  };
  const webhooks = createWebhooks(deps);
  const app = await createServer(
    serverOptions({
      authenticate: (token) => ({ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' }),
      log,
      clock,
    }),
  );
  for (const schema of WEBHOOKS_SCHEMAS) app.addSchema(schema);
  webhooksRoutes(app, { webhooks, writes: createWrites(sql) });
  await app.ready();
  let people = 0;
  let events = 0;
  const workers: { close(): Promise<void> }[] = [];

  const call = createCallAs(app);

  /** Consumes events and delivers, as the role `worker` does, until it is closed. */
  async function startWorker(own = webhooks) {
    const consumers = await Promise.all(own.subscriptions.map((one) => eventLog.subscribe(one)));
    const jobs = startJobs(own.jobs, { clock: systemClock, randomness: systemRandomness, log });
    const worker = {
      async close() {
        await Promise.all([jobs.close(), ...consumers.map((consumer) => consumer.close())]);
        await own.close();
      },
    };
    workers.push(worker);
    return worker;
  }

  async function append(newEvents: readonly NewEvent[]): Promise<void> {
    await sql.transaction((transaction) => eventLog.append(transaction, newEvents));
  }

  return {
    ...deps,
    webhooks,
    app,
    call,
    time,
    mails,
    outcomes,
    latenciesMs,
    eventLog,
    append,
    startWorker,
    logged: () => lines.join(''),
    database,

    addPerson(): Id {
      people += 1;
      return composeId(PEOPLE_EPOCH_MS + people * 1_000, 1, 0);
    },

    /** Registers one and answers it, with its secret. */
    async register(userId: Id, url: string, fields: object = {}): Promise<Answer['body']> {
      const answer = await call('POST', '/webhooks', userId, { url, events: ['post.created'], ...fields });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body;
    },

    /** The user has posted so often. */
    async post(userId: Id, times = 1): Promise<void> {
      const created = Array.from({ length: times }, () => {
        events += 1;
        return postEvent(userId, events);
      });
      await append(created);
    },

    /** Another process with a worker of its own. */
    async openOther() {
      const store = openStore();
      const other = createWebhooks({ ...deps, sql: store });
      return { webhooks: other, close: () => store.close() };
    },

    async deliveries(userId: Id, webhookId: string, status?: string): Promise<Answer['body'][]> {
      const query = status === undefined ? '' : `&status=${status}`;
      const { body } = await call('GET', `/webhooks/${webhookId}/deliveries?limit=100${query}`, userId);
      return body.items;
    },

    write: (name: string, text: string, params: readonly SqlValue[]) =>
      sql.query(writeStatement<readonly SqlValue[]>(name, text), params),
    read: <Row>(name: string, text: string, params: readonly SqlValue[] = []) =>
      sql.query(readStatement<readonly SqlValue[], Row>(name, text), params),

    /** Until there is nothing left for it to do. */
    async runJob(name: string): Promise<void> {
      const job = webhooks.jobs.find((one) => one.name === name);
      while ((await job?.run()) === 'more');
    },

    /** Until all events so far are deliveries, as far as anyone wants them. */
    async settled(): Promise<void> {
      await until(async () => {
        const lag = await eventLog.lag();
        return lag.every(({ waiting, retrying }) => waiting + retrying === 0);
      });
    },

    async close() {
      for (const worker of workers) await worker.close();
      await app.close();
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}

function postEvent(userId: Id, number: number): NewEvent {
  const payload = { post_id: String(number), author_id: String(userId), text: `post ${number}` };
  return { topic: 'posts', kind: 'created', key: userId, ownerId: userId, payload };
}
