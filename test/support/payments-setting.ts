/** The system `payments` on a database of its own, with the sandbox provider, for people and rides that exist only in the test. */
import pg from 'pg';
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { notFound } from '../../src/core/errors.ts';
import { composeId, createIdGenerator, type Id } from '../../src/core/ids.ts';
import type { Job } from '../../src/core/job.ts';
import type { OwnState } from '../../src/core/own-state.ts';
import type { UserRole } from '../../src/core/principal.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import type { NewEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import type { Mail } from '../../src/ports/mailer/mailer.ts';
import { watchPaymentProvider } from '../../src/ports/open-payment-provider.ts';
import { createSandboxPaymentProvider } from '../../src/ports/payment-provider/sandbox-payment-provider.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlValue } from '../../src/ports/sql-store/sql-store.ts';
import { createPortStates } from '../../src/resilience/port-states.ts';
import { startJobs } from '../../src/roles/jobs.ts';
import { createPayments, type PaymentsDeps } from '../../src/systems/payments/payments.ts';
import { PAYMENTS_SCHEMAS, paymentsRoutes } from '../../src/systems/payments/payments-routes.ts';
import type { RefundAct } from '../../src/systems/payments/refunds/refunds.ts';
import type { RideCost } from '../../src/systems/payments/verification/verification.ts';
import { createHealth } from '../../src/telemetry/health.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';
import { createCallAs } from './call-as.ts';
import { createTestDatabase } from './database.ts';
import { behindOutage, type ProviderOutage } from './provider-outage.ts';
import { serverOptions } from './server-options.ts';
import { until } from './until.ts';

export type PaymentsSetting = Awaited<ReturnType<typeof createPaymentsSetting>>;

/** A ride that has ended, as the test tells it. */
export interface EndedRide extends RideCost {
  readonly driverId: Id;
  readonly event: NewEvent;
}

export interface RideEnd {
  readonly total?: number;
  readonly toDriver?: number;
  readonly currency?: string;
  readonly cause?: 'ride' | 'cancellation';
}

const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);
const POOL_SIZE = 10;

export async function createPaymentsSetting() {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const time = { aheadMs: 0 };
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + time.aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + time.aheadMs,
  };
  const outage: ProviderOutage = { state: 'none', failed: 0 };
  const rides = new Map<Id, EndedRide>();
  const mails: Mail[] = [];
  const acts: RefundAct[] = [];
  const roles = new Map<Id, UserRole>();
  const counts = new Map<string, number>();
  /** What those are told who are connected, as a test says. */
  const told = new Map<Id, { state: string; [name: string]: unknown }[]>();
  const count = (what: string, more = 1) => void counts.set(what, (counts.get(what) ?? 0) + more);
  let people = 0;
  let processes = 0;

  /** A process with all of the system. */
  async function openProcess() {
    processes += 1;
    const lease = { writer: processes, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
    const store = () =>
      createPostgresSqlStore({
        connection: database.connection,
        poolSize: POOL_SIZE,
        clock: systemClock,
        log,
      });
    const sql = store();
    const providerSql = store();
    const eventLog = createPostgresEventLog({
      ...{ sqlStore: sql, clock: systemClock, randomness: systemRandomness, log },
    });
    const ids = createIdGenerator(() => lease, systemClock);
    const sandbox = createSandboxPaymentProvider({ sql: providerSql, clock });
    const health = createHealth(systemClock);
    const metrics = createMetrics({ version: 'test' });
    const paymentProvider = watchPaymentProvider(behindOutage(sandbox, outage), {
      ...{ clock, randomness: systemRandomness, log, health, metrics },
      ...{ tracing: tracingOff, states: createPortStates() },
    });
    const deps: PaymentsDeps = {
      ...{ sql, eventLog, ids, paymentProvider, clock, randomness: systemRandomness, log },
      channel: {
        isHere: (userId: Id) => told.has(userId),
        tell: (userId: Id, state: OwnState) => void told.get(userId)?.push(JSON.parse(state.data)),
      },
      mailer: { send: async (mail: Mail) => void mails.push(mail) },
      observer: {
        made: (kind, payments) => count(`${kind} made`, payments),
        settled: (kind, outcome) => count(`${kind} ${outcome}`),
        took: (kind) => count(`${kind} took`),
      },
      emailOf: async (userId) => `user${userId}@example.org`,
      recordAct: async (_transaction, act) => void acts.push(act),
      async describeRide(_session, viewerId, rideId) {
        const ride = rides.get(rideId);
        if (ride?.riderId !== viewerId && ride?.driverId !== viewerId) throw notFound('ride');
        return { ride_id: String(rideId), status: 'completed' };
      },
      findRideCosts: async (rideIds) => rideIds.flatMap((rideId) => rides.get(rideId) ?? []),
      pageRideCosts: async (after, limit) =>
        [...rides.values()]
          .filter(({ rideId }) => rideId > after)
          .sort((one, other) => one.rideId - other.rideId)
          .slice(0, limit),
    };
    const payments = createPayments(deps);
    const workers: { close(): Promise<void> }[] = [];
    return {
      ...{ sql, eventLog, ids, payments, paymentProvider, health, metrics },
      /** Consumes events and runs the jobs, as the role `worker` does, until it is closed. */
      async startWorker(running: readonly Job[] = payments.jobs) {
        const consumers = await Promise.all(payments.subscriptions.map((one) => eventLog.subscribe(one)));
        const tail = await eventLog.tail(payments.tail);
        const jobs = startJobs(running, { clock: systemClock, randomness: systemRandomness, log });
        const worker = {
          async close() {
            await Promise.all([jobs.close(), tail.close(), ...consumers.map((consumer) => consumer.close())]);
          },
        };
        workers.push(worker);
        return worker;
      },
      async close() {
        for (const worker of workers) await worker.close();
        await payments.close();
        await paymentProvider.close();
        await eventLog.close();
        await sql.close();
        await providerSql.close();
      },
    };
  }

  const one = await openProcess();
  const others: { close(): Promise<void> }[] = [];
  const app = await createServer(
    serverOptions({
      authenticate: (token) => {
        const userId = Number(token);
        return { userId, sessionId: userId, role: roles.get(userId) ?? 'user', tier: 'standard' };
      },
      ...{ log, clock },
    }),
  );
  for (const schema of PAYMENTS_SCHEMAS) app.addSchema(schema);
  paymentsRoutes(app, { payments: one.payments, sql: one.sql, writes: createWrites(one.sql) });
  await app.ready();
  const call = createCallAs(app);

  return {
    ...one,
    ...{ database, clock, time, outage, rides, mails, acts, counts, told, call },

    async openOther() {
      const other = await openProcess();
      others.push(other);
      return other;
    },

    addPerson(role: UserRole = 'user'): Id {
      people += 1;
      const userId = composeId(PEOPLE_EPOCH_MS + people * 1_000, 1, 0);
      roles.set(userId, role);
      return userId;
    },

    /** A rider who pays with the token of the sandbox. */
    async addRider(conduct = 'ok'): Promise<Id> {
      const riderId = this.addPerson();
      await call('PUT', '/payments/method', riderId, { token: `sandbox_${conduct}` });
      return riderId;
    },

    /** A ride that has ended; nobody has heard of it before `append`. */
    makeRide(riderId: Id, driverId: Id, end: RideEnd = {}): EndedRide {
      const { total = 1_840, toDriver = 1_174, currency = 'USD', cause = 'ride' } = end;
      const rideId = one.ids.next();
      const fare = { currency, total, to_driver: toDriver, parts: { base: 255, time: total - 255 } };
      const payload = {
        ...{ ride_id: String(rideId), rider_id: String(riderId), driver_id: String(driverId), version: 5 },
        ...(cause === 'ride'
          ? { status: 'completed', fare, fee: null }
          : { status: 'cancelled', fare: { ...fare, total: total + 1 }, fee: fare }),
      };
      const kind = payload.status;
      const event = { topic: 'rides', key: rideId, ownerId: riderId, kind, payload };
      const ride = {
        rideId,
        riderId,
        driverId,
        cause,
        amount: total,
        currency,
        endedAt: new Date(clock.nowMs()),
        event,
      };
      rides.set(rideId, ride);
      return ride;
    },

    async append(...ended: readonly EndedRide[]): Promise<void> {
      await one.sql.transaction((transaction) =>
        one.eventLog.append(
          transaction,
          ended.map(({ event }) => event),
        ),
      );
    },

    /** Ends a ride, and says so. */
    async endRide(riderId: Id, driverId: Id, end?: RideEnd): Promise<EndedRide> {
      const ride = this.makeRide(riderId, driverId, end);
      await this.append(ride);
      return ride;
    },

    /** Of the ride, as its rider sees it, once it is settled. */
    async settledChargeOf({ riderId, rideId }: EndedRide) {
      let charge: { state: string; [name: string]: unknown } | undefined;
      await until(async () => {
        const { body } = await call('GET', '/payments?limit=100', riderId);
        charge = body.items.find((item: { ride_id: string }) => item.ride_id === String(rideId));
        return charge !== undefined && charge.state !== 'due';
      }, 30_000);
      return charge ?? { state: 'absent' };
    },

    /** Until nothing waits for an answer of the provider. */
    untilSettled: () => until(async () => (await one.payments.counts()).due === 0, 60_000),

    async runJob(name: string): Promise<void> {
      const job = one.payments.jobs.find((each) => each.name === name);
      while ((await job?.run()) === 'more');
    },

    /** Changes something behind the back of the program. */
    async sabotage(text: string, params: readonly SqlValue[] = []): Promise<void> {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query(text, [...params]);
      await client.end();
    },

    read: <Row>(name: string, text: string, params: readonly SqlValue[] = []) =>
      one.sql.query(readStatement<readonly SqlValue[], Row>(name, text), params),

    async close() {
      for (const other of others) await other.close();
      await app.close();
      await one.close();
      await database.close();
    },
  };
}
