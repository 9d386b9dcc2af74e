/** The system `rides` on a database of its own, over HTTP and WebSockets, for people who exist only in the test. */
import type { AddressInfo } from 'node:net';
import WebSocket from 'ws';
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, createIdGenerator, type Id } from '../../src/core/ids.ts';
import type { GetUsers } from '../../src/core/user.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createMemoryGeoIndex } from '../../src/ports/geo-index/memory-geo-index.ts';
import { greatCircleRouting } from '../../src/ports/routing/great-circle-routing.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlValue, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createRoadsStreetMap } from '../../src/ports/street-map/roads-street-map.ts';
import type { StreetMap } from '../../src/ports/street-map/street-map.ts';
import { startJobs } from '../../src/roles/jobs.ts';
import { openProcessTail } from '../../src/roles/process-tail.ts';
import { CITY_SCHEMAS, citiesRoutes } from '../../src/systems/rides/cities/cities-routes.ts';
import { RIDE_TYPES } from '../../src/systems/rides/drivers/driver.ts';
import { DRIVER_SCHEMAS, driversRoutes } from '../../src/systems/rides/drivers/drivers-routes.ts';
import { OFFER_SCHEMAS, offersRoutes } from '../../src/systems/rides/offers/offers-routes.ts';
import { operationsRoutes } from '../../src/systems/rides/operations/operations-routes.ts';
import { OPERATIONS_SCHEMAS } from '../../src/systems/rides/operations/operations-schema-routes.ts';
import { QUOTE_SCHEMAS, quotesRoutes } from '../../src/systems/rides/quotes/quotes-routes.ts';
import { RideRatingSchema, ratingsRoutes } from '../../src/systems/rides/ratings/ratings-routes.ts';
import { rideRequestsRoutes } from '../../src/systems/rides/requests/ride-requests-routes.ts';
import { createRideView, RideSchema } from '../../src/systems/rides/requests/ride-schema-routes.ts';
import { createRides, type RidesDeps } from '../../src/systems/rides/rides.ts';
import { driverStreamRoutes } from '../../src/systems/rides/stream/driver-stream-routes.ts';
import { StreetsSchema, streetsRoutes } from '../../src/systems/rides/streets/streets-routes.ts';
import { SURGE_SCHEMAS, surgeRoutes } from '../../src/systems/rides/surge/surge-routes.ts';
import { RideRouteSchema, rideWayRoutes } from '../../src/systems/rides/travel/ride-way-routes.ts';
import { tripsRoutes } from '../../src/systems/rides/trips/trips-routes.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createCallAs } from './call-as.ts';
import { createTestDatabase } from './database.ts';
import type { Json } from './journey-client.ts';
import { serverOptions } from './server-options.ts';
import { until } from './until.ts';

export interface ToldRider {
  readonly userId: Id;
  readonly event: string;
  readonly data: Json;
}

/** Everybody is called by their id. */
const getUsers: GetUsers = async (userIds) =>
  new Map(
    userIds.map((userId) => {
      const name = `user_${userId}`;
      const none = { bio: '', avatarUrl: null, headerUrl: null, locked: false };
      return [userId, { userId, username: name, displayName: name.toUpperCase(), ...none }];
    }),
  );

export type RidesSetting = Awaited<ReturnType<typeof createRidesSetting>>;

const PEOPLE_EPOCH_MS = Date.UTC(2024, 0, 1);
export const PRIUS = { make: 'Toyota', model: 'Prius', colour: 'black', plate: 'T123456C', seats: 4 };
export const NEW_YORK = { name: 'new_york', south: 40.3, west: -74.6, north: 41.2, east: -73.3 };

export const SURGE_LEVELS = [
  { percent: 100, fromPressure: 0 },
  { percent: 150, fromPressure: 1_000 },
  { percent: 200, fromPressure: 2_000 },
  { percent: 300, fromPressure: 4_000 },
];

/** Each type has a dearer base than the one before. */
export const FARES = RIDE_TYPES.map((rideType, index) => ({
  ...{ city: undefined, rideType, currency: 'USD', base: 255 + 100 * index, perKm: 110, perMinute: 40 },
  ...{ fees: 275, minimum: 800, cancellation: 500, driverPercent: 75 },
}));

const noStreets = createRoadsStreetMap([]);

/** More than callers at once: transactions that took them all would wait for what is read beside them. */
const CONNECTIONS = 20;

export interface RidesSettingOptions extends Partial<RidesDeps> {
  /** By default there are none. */
  readonly streetMap?: StreetMap;
}

export async function createRidesSetting({ streetMap = noStreets, ...options }: RidesSettingOptions = {}) {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent', pretty: false });
  const time = { aheadMs: 0 };
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + time.aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + time.aheadMs,
  };
  const counts = new Map<string, number>();
  const count = (what: string, more = 1) => void counts.set(what, (counts.get(what) ?? 0) + more);
  const endedSessions = new Set<Id>();
  const staff = new Set<Id>();
  let people = 0;
  let processes = 0;

  /** A process with all of the system, and a server that listens. */
  async function openProcess() {
    processes += 1;
    const lease = { writer: processes, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
    const sql = createPostgresSqlStore({
      connection: database.connection,
      poolSize: CONNECTIONS,
      clock: systemClock,
      log,
    });
    const eventLog = createPostgresEventLog({
      ...{ sqlStore: sql, clock: systemClock, randomness: systemRandomness, log },
    });
    const { geoIndex = createMemoryGeoIndex({ clock, driversMax: 1_000 }) } = options;
    /** Riders with live updates, and what they were told. */
    const watching = new Set<Id>();
    const told: ToldRider[] = [];
    const rides = createRides({
      ids: createIdGenerator(() => lease, clock),
      ...{ sql, eventLog, geoIndex, routing: greatCircleRouting, clock, randomness: systemRandomness, log },
      observer: {
        accepted: (positions) => count('accepted', positions),
        dropped: (positions, reason) => count(reason, positions),
        recorded: (positions) => count('recorded', positions),
        unrecorded: (positions, reason) => count(`unrecorded ${reason}`, positions),
        ended: (reason) => count(`ended ${reason}`),
      },
      rideObserver: {
        became: (status) => count(`became ${status}`),
        pinRefused: () => count('pin refused'),
        positionsTold: (positions) => count('positions told', positions),
      },
      dispatchObserver: {
        batch: (outcome) => count(`batch ${outcome}`),
        offered: (offers) => count('offered', offers),
        reached: () => count('reached'),
        unassigned: (requests) => count('unassigned', requests),
        hurried: (requests) => count('hurried', requests),
        lease: (change) => count(`lease ${change}`),
      },
      channel: {
        isHere: (userId) => watching.has(userId),
        tell: (userId, { event, data }) => void told.push({ userId, event, data: JSON.parse(data) }),
      },
      presentRide: (ride, userId) => view.showRide(ride, userId),
      cities: [NEW_YORK],
      fares: FARES,
      surgeLevels: SURGE_LEVELS,
      surgeRetentionDays: 30,
      surgeObserver: {
        made: (outcome) => count(`surge ${outcome}`),
        cells: () => undefined,
        quoted: (rideType, percent) => count(`quoted ${rideType} ${percent}`),
      },
      ratingAbove: 4.5,
      positionRetentionDays: 30,
      checkDebt: async () => undefined,
      endedSessions: async (sessionIds) => new Set(sessionIds.filter((id) => endedSessions.has(id))),
      ...options,
      geoIndex,
    });
    const app = await createServer(
      serverOptions({
        authenticate: (token) => {
          const [userId = '', sessionId = userId] = token.split('.');
          const role = staff.has(Number(userId)) ? 'moderator' : 'user';
          return { userId: Number(userId), sessionId: Number(sessionId), role, tier: 'standard' };
        },
        log,
        clock,
      }),
    );
    for (const schema of [
      ...DRIVER_SCHEMAS,
      ...QUOTE_SCHEMAS,
      ...SURGE_SCHEMAS,
      ...CITY_SCHEMAS,
      ...OPERATIONS_SCHEMAS,
      RideSchema,
      RideRatingSchema,
      RideRouteSchema,
      StreetsSchema,
      ...OFFER_SCHEMAS,
    ])
      app.addSchema(schema);
    driversRoutes(app, { drivers: rides.drivers, sql, writes: createWrites(sql) });
    driverStreamRoutes(app, { streams: rides.streams });
    offersRoutes(app, { offers: rides.offers, writes: createWrites(sql) });
    const { requests, prices, quotes, trips, cancellations, ratings, whereIs } = rides;
    citiesRoutes(app, { cities: rides.cities, fares: rides.fares });
    streetsRoutes(app, { streetMap });
    surgeRoutes(app, { board: rides.surge.board, cities: rides.cities });
    operationsRoutes(app, { operations: rides.operations });
    quotesRoutes(app, { prices, quotes, writes: createWrites(sql) });
    const view = createRideView({ getUsers, whereIs });
    rideRequestsRoutes(app, { requests, quotes, sql, writes: createWrites(sql), view });
    ratingsRoutes(app, { ratings, writes: createWrites(sql) });
    rideWayRoutes(app, { requests, ways: rides.ways, sql });
    tripsRoutes(app, { trips, cancellations, whereIs, writes: createWrites(sql), view });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const tail = await openProcessTail(eventLog, [...rides.tails, rides.tracking.tail], log);
    const consumers = await Promise.all(rides.subscriptions.map((one) => eventLog.subscribe(one)));
    const { port } = app.server.address() as AddressInfo; // It listens at a port.
    return {
      ...{ watching, told, sql, eventLog, geoIndex, rides, app, port, call: createCallAs(app) },
      connect: (userId: Id, session: Id = userId) =>
        openDriverClient(`http://127.0.0.1:${port}`, `${userId}.${session}`),
      async close() {
        rides.streams.drain();
        await rides.close();
        await tail.close();
        for (const consumer of consumers) await consumer.close();
        await app.close();
        await eventLog.close();
        await sql.close();
      },
    };
  }

  const one = await openProcess();
  const others: { close(): Promise<void> }[] = [];
  return {
    ...one,
    ...{ counts, time, clock, endedSessions, database },

    async openOther() {
      const other = await openProcess();
      others.push(other);
      return other;
    },

    addPerson(): Id {
      people += 1;
      return composeId(PEOPLE_EPOCH_MS + people * 1_000, 1, 0);
    },

    /** Somebody who moderates. */
    addStaff(): Id {
      const userId = this.addPerson();
      staff.add(userId);
      return userId;
    },

    /** A driver who is available. */
    async addDriver(state: 'available' | 'non_operational' = 'available'): Promise<Id> {
      const userId = this.addPerson();
      await one.call('PUT', '/drivers/me', userId, { vehicle: PRIUS, ride_types: ['economy'] });
      if (state === 'available') await one.call('PUT', '/drivers/me/state', userId, { state });
      return userId;
    },

    stateOf: async (userId: Id): Promise<string> => (await one.call('GET', '/drivers/me', userId)).body.state,

    startJobs: () => startJobs(one.rides.jobs, { clock: systemClock, randomness: systemRandomness, log }),

    /** Until there is nothing left for it to do. */
    async runJob(name: string): Promise<void> {
      const job = one.rides.jobs.find((each) => each.name === name);
      while ((await job?.run()) === 'more');
    },

    write: (name: string, text: string, params: readonly SqlValue[] = []) =>
      one.sql.query(writeStatement<readonly SqlValue[]>(name, text), params),
    read: <Row>(name: string, text: string, params: readonly SqlValue[] = []) =>
      one.sql.query(readStatement<readonly SqlValue[], Row>(name, text), params),

    async close() {
      for (const other of others) await other.close();
      await one.close();
      await database.close();
    },
  };
}

export type DriverClient = Awaited<ReturnType<typeof openDriverClient>>;

/** Of the API at the address. Fails with the status of a refusal. */
export async function openDriverClient(url: string, token: string) {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/drivers/me/stream`, [
    'groundswell.v1',
    `bearer.${token}`,
  ]);
  const messages: Json[] = [];
  let closeCode: number | undefined;
  socket.on('message', (data) => void messages.push(JSON.parse(String(data))));
  socket.on('close', (code) => {
    closeCode = code;
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`refused with ${response.statusCode}`));
    });
    socket.on('error', reject);
  });
  const client = {
    ...{ socket, messages },
    closeCode: () => closeCode,
    of: (type: string) => messages.filter((message) => message.type === type),
    /** Waits for the first message of the type. */
    async first(type: string): Promise<Json> {
      await until(() => client.of(type).length > 0);
      return client.of(type)[0];
    },
    send: (message: object | string | Buffer) =>
      socket.send(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
      ),
    async close() {
      socket.terminate();
      await until(() => closeCode !== undefined);
    },
  };
  return client;
}
