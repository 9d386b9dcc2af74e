/**
 * The streams of the drivers who are connected to this process (decision 26): positions come up, news go down. What a
 * driver is doing is in the database; this process hears of it by the tail of the event log, and tells the geo-index.
 */

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import type { Principal } from '../../../core/principal.ts';
import type { LoggedEvent, NewEvent, TailFollower } from '../../../ports/event-log/event-log.ts';
import type { DriverTraits, GeoIndex } from '../../../ports/geo-index/geo-index.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Cities } from '../cities/cities.ts';
import { typeBits } from '../drivers/driver.ts';
import { type DriverContacts, SERVER_SEEN_EVERY_MS } from '../drivers/driver-contacts.ts';
import { DRIVERS_TOPIC, type DriverNews, driverNews } from '../drivers/driver-events.ts';
import { type DriverState, stateNumber } from '../drivers/driver-states.ts';
import { OFFERS_TOPIC, offerMessage, presentOffered } from '../offers/offer-events.ts';
import { getOpenOffer } from '../offers/offers-queries.ts';
import { type LastPosition, lastPositionOf } from '../positions/position-history.ts';
import { type PositionRecorder, RECORD_EVERY_MS } from '../positions/position-recorder.ts';
import type { ReportedPoint } from '../positions/reported-point.ts';
import type { DrivenRides } from '../tracking/driven-rides.ts';
import { createDriverDepartures } from './driver-departures.ts';
import { createDriverDescriptions } from './driver-descriptions.ts';
import type { DriverObserver } from './driver-observer.ts';
import { type DriverStream, openDriverStream } from './driver-stream.ts';
import { createPositionGather } from './position-gather.ts';
import { readyMessage, type StreamEnd, stateMessage } from './stream-messages.ts';
import { BEAT_EVERY_MS, createStreamUpkeep, type StreamUpkeepDeps } from './stream-upkeep.ts';

/** Of this process. */
export const STREAMS_MAX = 20_000;
const FULL_RETRY_S = 10;
/** A driver has one offer at a time, and hears of it twice: when it is made, and when it ends. */
const TOLD_MAX = 8;

/** A driver's connection, from the decision to let them in until it has ended. */
interface Seat {
  readonly driverId: Id;
  readonly sessionId: Id;
  readonly place: number;
  /** The number of the driver's connection; 0: the database has yet to give it. */
  connection: number;
  news: Pick<DriverNews, 'state' | 'rideTypes' | 'rating' | 'version'> | undefined;
  known: LastPosition | undefined;
  /** The highest number of a connection that was heard of. */
  newest: number;
  /** When the last point that is to be kept was. */
  recordedMs: number;
  /** From when the client has answered the handshake. */
  stream: DriverStream | undefined;
  left: boolean;
  /** The last messages about offers. */
  told: readonly string[];
}

/** One who may connect: the place is kept until `open` or `leave`. */
export interface StreamSeat {
  open(webSocket: WebSocket, socket: Socket): void;
  /** The connection has ended, or never came about. */
  leave(): void;
}

export interface DriverOnDuty extends GeoPoint {
  readonly state: DriverState;
  /** A bit for each type of ride that they take. */
  readonly types: number;
  /** When they were there. */
  readonly atMs: number;
}

export interface DriverStreams {
  readonly tail: TailFollower;
  /** Fails with `not_found` for who is no driver; `unavailable` when there are too many, or the server stops. */
  join(principal: Pick<Principal, 'userId' | 'sessionId'>): Promise<StreamSeat>;
  /** A session of the user has ended, or of anyone may have. */
  sessionsChanged(userId: Id | undefined): void;
  /** What is done every second: for tests. */
  beat(): void;
  connections(): number;
  /** All whose places are known, but those off duty. */
  onDuty(): readonly DriverOnDuty[];
  /** Who of them is available, and where they were at `sinceMs` or later. */
  free(sinceMs: number): readonly DriverOnDuty[];
  /** Asks all drivers to come back later, to another process, and lets nobody in any more. */
  drain(): void;
  /** Waits until the database knows who has no connection any more. */
  close(): Promise<void>;
}

export interface DriverStreamsDeps {
  readonly sql: SqlSession;
  readonly geoIndex: GeoIndex;
  readonly cities: Cities;
  readonly contacts: DriverContacts;
  readonly recorder: PositionRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: DriverObserver;
  readonly endedSessions: StreamUpkeepDeps['endedSessions'];
  readonly streamsMax?: number | undefined;
  /** What becomes of their rides by where they are. */
  readonly driven: Pick<DrivenRides, 'joined' | 'left' | 'moved'>;
}

export function createDriverStreams(deps: DriverStreamsDeps): DriverStreams {
  const { sql, geoIndex, cities, contacts, recorder, driven, clock, log, observer } = deps;
  const { streamsMax = STREAMS_MAX } = deps;
  const upkeep = createStreamUpkeep(deps);
  /** By driver: more than one only while one takes the place of another. */
  const seats = new Map<Id, Seat[]>();
  const stopping = new AbortController();
  const index = { geoIndex, log, traitsOf: (driverId: Id) => traitsOf(seatOf(driverId)) };
  const gather = createPositionGather(index);
  const descriptions = createDriverDescriptions(index);
  const departures = createDriverDepartures(deps);
  let count = 0;
  let joined = 0;
  let seenMs = Number.NEGATIVE_INFINITY;
  let seeing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** The last of which it is known what the driver does. */
  function seatOf(driverId: Id): Seat | undefined {
    return seats.get(driverId)?.findLast(({ news }) => news !== undefined);
  }

  function all(): Seat[] {
    return [...seats.values()].flat();
  }

  function onDuty(): readonly DriverOnDuty[] {
    return all().flatMap(driverOnDuty);
  }

  /** This process is alive; if others took it for dead, whoever is connected has to come again. */
  async function see(): Promise<void> {
    const before = all().filter(({ connection }) => connection > 0);
    const beganMs = clock.monotonicMs();
    const wasKnown = await contacts.see();
    seenMs = beganMs;
    if (!wasKnown) for (const seat of before) end(seat, 'lost');
  }

  function seeInTime(): Promise<void> | undefined {
    if (clock.monotonicMs() - seenMs < SERVER_SEEN_EVERY_MS) return undefined;
    seeing ??= see().finally(() => {
      seeing = undefined;
    });
    return seeing;
  }

  function end(seat: Seat, reason: StreamEnd): void {
    seat.stream?.end(reason);
  }

  function learn(seat: Seat, news: NonNullable<Seat['news']>): void {
    if (seat.news !== undefined && seat.news.version > news.version) return;
    const before = seat.news?.state;
    seat.news = news;
    if (seat.stream === undefined) return;
    if (news.state === 'removed') seat.stream.end('removed');
    // Someone believes that this connection has ended. The next one proves them wrong.
    if (news.state === 'non_contactable') seat.stream.end('lost');
    descriptions.describe(seat.driverId);
    if (before !== news.state) seat.stream.send(stateMessage(news.state));
  }

  /** Of those off duty nothing is kept, and nobody is to find them. */
  function takePoint(seat: Seat, point: ReportedPoint, sequence: number): boolean {
    if (seat.news?.state === 'non_operational') return true;
    if (cities.cityOf(point) === undefined) return false;
    observer.accepted(1);
    gather.add({ driverId: seat.driverId, lat: point.lat, lng: point.lng, atMs: point.atMs });
    driven.moved(seat.driverId, point);
    if (point.atMs - seat.recordedMs >= RECORD_EVERY_MS) record(seat, point, sequence);
    return true;
  }

  function record(seat: Seat, point: ReportedPoint, sequence: number): void {
    seat.recordedMs = point.atMs;
    recorder.record({ driverId: seat.driverId, point, sequence });
  }

  function open(seat: Seat, webSocket: WebSocket, socket: Socket): void {
    const { driverId, connection, sessionId, place, known, news } = seat;
    seat.stream = openDriverStream({
      ...{ sessionId, place, known, webSocket, socket, clock },
      onPoint: (point, sequence) => takePoint(seat, point, sequence),
      onDropped: (reason) => observer.dropped(1, reason),
    });
    const others = (seats.get(driverId) ?? []).filter((other) => other !== seat);
    for (const other of others) if (other.connection < connection) end(other, 'replaced');
    const isReplaced = seat.newest > connection || others.some((other) => other.connection > connection);
    const refusal = stopping.signal.aborted ? 'draining' : isReplaced ? 'replaced' : undefined;
    if (refusal !== undefined) end(seat, refusal);
    if (news !== undefined) seat.stream.send(readyMessage(news.state, seat.stream.sequence));
    descriptions.describe(driverId);
    tellOpenOffer(seat).catch((error: unknown) =>
      log.warn({ err: error }, 'an open offer could not be told'),
    );
  }

  function leave(seat: Seat): void {
    if (seat.left) return;
    seat.left = true;
    count -= 1;
    const rest = (seats.get(seat.driverId) ?? []).filter((other) => other !== seat);
    if (rest.length > 0) seats.set(seat.driverId, rest);
    else {
      seats.delete(seat.driverId);
      driven.left(seat.driverId);
    }
    if (seat.stream !== undefined) {
      observer.ended(seat.stream.endReason ?? 'closed');
      const { last, sequence } = seat.stream;
      const isKept = seat.news?.state !== 'non_operational' && last !== undefined;
      if (isKept && last.atMs > seat.recordedMs && cities.cityOf(last) !== undefined) {
        record(seat, last, sequence);
      }
    }
    // After a connect that may have happened or not, it is whatever this process has of the driver.
    const isSure = seat.connection > 0 && seat.connection >= seat.newest;
    departures.note(seat.driverId, isSure || rest.length > 0 ? seat.connection : 0);
    if (count > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function beat(): void {
    seeInTime()?.catch((error: unknown) =>
      log.warn({ err: error }, 'the streams of drivers could not be announced'),
    );
    upkeep.beat(openStreams(all()));
    descriptions.again();
  }

  function hear(events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { topic, kind, key, payload } of events) {
      const own = seats.get(key);
      if (own === undefined) continue;
      // The payload of an event that is appended is one that JSON can carry.
      const event = { kind, payload: payload as Readonly<Record<string, unknown>> };
      if (topic === DRIVERS_TOPIC) for (const seat of own) hearNews(seat, driverNews(event));
      else if (topic === OFFERS_TOPIC) for (const seat of own) hearOffer(seat, offerMessage(event));
    }
  }

  function hearNews(seat: Seat, news: DriverNews): void {
    learn(seat, news);
    seat.newest = Math.max(seat.newest, news.connection);
    if (seat.newest > seat.connection) end(seat, 'replaced');
  }

  /** Events are heard twice: as they are committed, and from the log. */
  function hearOffer(seat: Seat, message: string): void {
    if (seat.stream === undefined || seat.told.includes(message)) return;
    seat.told = [message, ...seat.told].slice(0, TOLD_MAX);
    seat.stream.send(message);
  }

  /** What was offered while there was nobody to tell. */
  async function tellOpenOffer(seat: Seat): Promise<void> {
    const [offer] = await sql.query(getOpenOffer, [seat.driverId]);
    if (offer === undefined) return;
    const payload = { ...presentOffered(offer), state: offer.state };
    hearOffer(seat, offerMessage({ kind: 'made', payload: { ...payload } }));
  }

  async function connect(seat: Seat): Promise<void> {
    await seeInTime();
    const { driver, connection } = await contacts.connect(seat.driverId);
    seat.connection = connection;
    seat.known = await lastPositionOf(sql, seat.driverId);
    seat.recordedMs = seat.known?.last.atMs ?? 0;
    learn(seat, driver);
    await driven.joined(seat.driverId);
  }

  return {
    tail: { topics: [DRIVERS_TOPIC, OFFERS_TOPIC], hear, committed: hear, follow: () => undefined },
    connections: () => count,
    onDuty,
    free: (sinceMs) => onDuty().filter(({ state, atMs }) => state === 'available' && atMs >= sinceMs),
    beat,

    async join({ userId: driverId, sessionId }) {
      if (stopping.signal.aborted || count >= streamsMax) throw full();
      const seat: Seat = {
        ...{ driverId, sessionId, place: joined, connection: 0, news: undefined, known: undefined },
        ...{ newest: 0, recordedMs: 0, stream: undefined, left: false, told: [] },
      };
      count += 1;
      joined += 1;
      seats.set(driverId, [...(seats.get(driverId) ?? []), seat]);
      timer ??= setInterval(beat, BEAT_EVERY_MS).unref();
      try {
        await connect(seat);
      } catch (error) {
        leave(seat);
        throw error;
      }
      return { open: (webSocket, socket) => open(seat, webSocket, socket), leave: () => leave(seat) };
    },

    sessionsChanged(userId) {
      void upkeep.check(openStreams(userId === undefined ? all() : (seats.get(userId) ?? [])));
    },

    drain() {
      stopping.abort();
      for (const seat of all()) end(seat, 'draining');
    },

    async close() {
      stopping.abort();
      clearInterval(timer);
      await gather.flush();
      await departures.close();
      if (seenMs === Number.NEGATIVE_INFINITY) return;
      // Where it cannot be said, the others find out.
      await contacts
        .leave()
        .catch((error: unknown) => log.warn({ err: error }, 'nobody was told of the end'));
    },
  };
}

function openStreams(some: readonly Seat[]): DriverStream[] {
  return some.map(({ stream }) => stream).filter((stream) => stream !== undefined);
}

function traitsOf(seat: Seat | undefined): DriverTraits | undefined {
  if (seat?.news === undefined) return undefined;
  const { state, rideTypes, rating } = seat.news;
  return {
    ...{ driverId: seat.driverId, state: stateNumber(state), types: typeBits(rideTypes) },
    rating: rating ?? undefined,
  };
}

function driverOnDuty({ news, stream }: Seat): readonly DriverOnDuty[] {
  const last = stream?.last;
  if (news === undefined || news.state === 'non_operational' || last === undefined) return [];
  const { lat, lng, atMs } = last;
  return [{ lat, lng, atMs, state: news.state, types: typeBits(news.rideTypes) }];
}

function full(): AppError {
  return new AppError('unavailable', 'This server has as many drivers as it can. Try again shortly.', {
    retryAfterS: FULL_RETRY_S,
    outcome: 'not_applied',
  });
}
