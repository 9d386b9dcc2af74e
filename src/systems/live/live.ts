/** Live updates, put together (docs/decisions/0014): who is connected, what they are sent, and until when. */

import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { OwnChannel, OwnState } from '../../core/own-state.ts';
import type { Principal } from '../../core/principal.ts';
import type { EventLog, LoggedEvent, Tail, TailFollower } from '../../ports/event-log/event-log.ts';
import type { Log } from '../../telemetry/log.ts';
import { type ClientMessages, createClientMessages } from './client-messages.ts';
import type { Reader } from './connection.ts';
import {
  createConnection,
  createGather,
  type EndReason,
  type LiveConnection,
  type Transport,
} from './connection.ts';
import { isReached, LIVE_TOPICS, newOffsets, type Offsets, parseCursor, placeOf } from './cursor.ts';
import { createDelivery } from './delivery.ts';
import { Frame } from './frame.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { LiveContent } from './live-content.ts';
import { countedPostId, type RelationshipChange } from './live-events.ts';
import type { GapReason, LiveObserver } from './live-observer.ts';
import { createReaders } from './readers.ts';
import { createRecentEvents } from './recent-events.ts';
import type { LoadedRelations } from './relations.ts';
import { createResume, placedEvent } from './resume.ts';
import { createWatches } from './watches.ts';

/** Of one user: their devices and open pages. With one more, the oldest ends. */
export const CONNECTIONS_PER_USER_MAX = 10;
/** How long a client that was served by another process waits until this one has heard as much. */
const CATCH_UP_MS = 5_000;
const CATCH_UP_LOOK_MS = 20;
/** Clients of a server that stops come back over so long. */
export const RECONNECT_WITHIN_MS = 10_000;
const FULL_RETRY_S = 10;

/** One who may connect: the place is kept until `connect` or `leave`. */
export interface Seat {
  /** Sends what was missed since the cursor, if there is one, and then what happens. Fails for one who has left meanwhile. */
  connect(transport: Transport, start: ConnectionStart): Promise<OpenConnection>;
  leave(): void;
}

export interface ConnectionStart {
  /** The id of the last event that the client has. */
  readonly since: string | undefined;
  readonly watched: readonly Id[];
}

interface KnownStart extends Pick<ConnectionStart, 'watched'> {
  readonly since: Offsets | undefined;
  /** This process has heard as much. */
  readonly reached: boolean;
}

export interface OpenConnection {
  readonly messages: ClientMessages;
  /** The client has answered a ping, or sent anything. */
  heard(): void;
  closed(): void;
}

export interface Live extends OwnChannel {
  /** Hears of everything; without it nobody is told of anything. */
  readonly tail: TailFollower;
  /** Fails with `unavailable` when there are too many connections, or the server stops. */
  join(principal: Principal): Promise<Seat>;
  /** A session of the user has ended, or of anyone may have. */
  sessionsChanged(userId: Id | undefined): void;
  /** Asks all clients to come back later, to another process, and lets nobody in any more. */
  drain(): void;
  connections(): number;
  close(): void;
}

export interface LiveDeps {
  readonly eventLog: Pick<EventLog, 'read'>;
  readonly content: LiveContent;
  readonly loadRelations: (userId: Id) => Promise<LoadedRelations>;
  /** Those of the sessions that have ended, or whose users are suspended or gone. */
  readonly endedSessions: (sessionIds: readonly Id[]) => Promise<ReadonlySet<Id>>;
  readonly connectionsMax: number;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly observer: LiveObserver;
  readonly recentEventsMax?: number;
  /** What others keep current for a user who has just connected, on their own and not by a key. */
  readonly ownStatesOf?: (userId: Id) => Promise<readonly OwnState[]>;
}

const USERS_TOPIC = 'users';
const REACTIONS_TOPIC = 'reactions';

export function createLive(deps: LiveDeps): Live {
  const { connectionsMax, clock, randomness, log, observer, endedSessions } = deps;
  const { ownStatesOf = async () => [] } = deps;
  let tail: Pick<Tail, 'catchUp'> | undefined;
  const readers = createReaders({ load: deps.loadRelations, catchUp: hearAll });
  const recentEvents = createRecentEvents(deps.recentEventsMax);
  const watches = createWatches(deps);
  const delivery = createDelivery({
    ...deps,
    readers,
    recentEvents,
    watchersOf: watches.watchersOf,
    onMissed: () => tellAll('missed'),
  });
  const resume = createResume({ ...deps, recentEvents });
  const heartbeat = createHeartbeat({ positionText: delivery.positionText, endedSessions, log });
  const gather = createGather();
  const heard = newOffsets();
  let draining = false;
  let seats = 0;

  /** Or nearly so, on a process that is far behind. */
  async function hearAll(): Promise<void> {
    const done = new AbortController();
    const heardAll = tail?.catchUp().catch(() => undefined);
    await Promise.race([heardAll, clock.sleep(CATCH_UP_MS, done.signal)]);
    done.abort();
  }

  function hear(events: readonly LoggedEvent[]): void {
    for (const event of events) {
      const countedId = countedPostId(event);
      if (countedId !== undefined) watches.changed(countedId);
      if (event.topic === USERS_TOPIC) userChanged(event);
      else if (event.topic !== REACTIONS_TOPIC) place(event);
    }
  }

  function place(event: LoggedEvent): void {
    const [placed] = placedEvent(event);
    if (placed === undefined) return;
    const next = heard[placed.place] ?? 0;
    if (placed.offset < next) return;
    heard[placed.place] = placed.offset + 1;
    // At once, for all that is sent from now on; the other devices are told in turn.
    if (placed.event?.kind === 'relationship') related(placed.event);
    if (tail === undefined) return;
    if (placed.offset > next) tellAll('missed');
    delivery.add(placed);
  }

  function related(change: RelationshipChange): void {
    readers.hear(change);
    if (change.change !== 'blocked' && change.change !== 'unfollowed') return;
    for (const [userId, otherId] of [
      [change.userId, change.otherId],
      [change.otherId, change.userId],
    ] as const) {
      const reader = readers.get(userId);
      if (reader !== undefined) watches.parted(reader, otherId);
    }
  }

  function userChanged({ kind, key }: LoggedEvent): void {
    if (kind !== 'suspended' && kind !== 'deleted') return;
    for (const connection of readers.get(key)?.connections ?? []) connection.end('account_closed');
  }

  /** Everyone must read again what they show. */
  function tellAll(reason: GapReason): void {
    const gap = new Frame('gap', JSON.stringify({ reason }), delivery.positionText());
    for (const reader of readers.all()) for (const connection of reader.connections) connection.send(gap);
  }

  async function reach(since: Offsets): Promise<boolean> {
    const untilMs = clock.monotonicMs() + CATCH_UP_MS;
    while (!isReached(since, delivery.position())) {
      if (clock.monotonicMs() > untilMs) return false;
      await clock.sleep(CATCH_UP_LOOK_MS);
    }
    return true;
  }

  function open(reader: Reader, { sessionId, scopes }: Principal, transport: Transport): LiveConnection {
    const connection = createConnection({
      ...{ reader, sessionId, transport, gather, onSent: observer.sent, isPerson: scopes === undefined },
      onEnd: (reason: EndReason) => {
        observer.ended(reason);
        remove(connection);
      },
    });
    const [oldest] = reader.connections;
    if (reader.connections.size >= CONNECTIONS_PER_USER_MAX) oldest?.end('replaced');
    connection.hold();
    reader.connections.add(connection);
    heartbeat.add(connection);
    observer.opened(transport.kind);
    return connection;
  }

  function remove(connection: LiveConnection): void {
    if (!connection.reader.connections.delete(connection)) return;
    heartbeat.remove(connection);
    watches.forget(connection);
    readers.leave(connection.reader);
    seats -= 1;
    observer.closed(connection.transport);
  }

  function askToReconnect(connection: LiveConnection): void {
    const afterMs = Math.round(randomness.fraction() * RECONNECT_WITHIN_MS);
    connection.end('draining', new Frame('reconnect', JSON.stringify({ after_ms: afterMs })));
  }

  /** What the client has missed, or that it cannot be told; from then on, what happens. */
  async function start(connection: LiveConnection, since: Offsets | undefined, reached: boolean) {
    const until = delivery.position().slice();
    const text = delivery.positionText();
    let gap: GapReason | undefined;
    if (since !== undefined) {
      const replayed = reached
        ? await resume.replay(connection, since, until)
        : ({ outcome: 'unknown_id', gap: 'unknown_id', events: 0 } as const);
      observer.resumed(replayed.outcome, replayed.events);
      gap = replayed.gap;
    }
    if (gap !== undefined) connection.sendNow(new Frame('gap', JSON.stringify({ reason: gap }), text));
    const { userId } = connection.reader;
    const resumed = since !== undefined && gap === undefined;
    connection.sendNow(new Frame('ready', `{"user_id":"${userId}","resumed":${resumed}}`, text));
    if (connection.isPerson) {
      for (const { event, data } of await ownStatesOf(userId)) connection.sendNow(new Frame(event, data));
    }
    connection.release();
  }

  /** Waits until this process has heard as much as the client has. */
  async function startOf({ since: id, watched }: ConnectionStart): Promise<KnownStart> {
    const parsed = id === undefined ? undefined : parseCursor(id);
    const reached = parsed !== undefined && (await reach(parsed));
    return { since: id === undefined ? undefined : (parsed ?? newOffsets()), reached, watched };
  }

  function connect(
    reader: Reader,
    principal: Principal,
    transport: Transport,
    { since, reached, watched }: KnownStart,
  ): OpenConnection {
    const connection = open(reader, principal, transport);
    const watch = (postIds: readonly Id[]): Promise<void> => watches.watch(connection, postIds);
    if (draining) askToReconnect(connection);
    // It may have ended while it was on its way here.
    void checkSessions([connection]);
    void start(connection, since, reached)
      .then(() => (watched.length > 0 ? watch(watched) : undefined))
      .catch((error: unknown) => {
        log.warn({ err: error }, 'a live connection could not be started');
        connection.end('failed');
      });
    return {
      messages: createClientMessages({ connection, watch, clock }),
      heard: () => heartbeat.heard(connection),
      closed: () => remove(connection),
    };
  }

  return {
    tail: {
      topics: [...LIVE_TOPICS, USERS_TOPIC, REACTIONS_TOPIC],
      hear,
      follow(followed: Pick<Tail, 'startedAt' | 'catchUp'>) {
        for (const { topic, partition, offset } of followed.startedAt) {
          const at = placeOf(topic, partition);
          if (at !== undefined) heard[at] = Math.max(heard[at] ?? 0, offset);
        }
        delivery.startAt(heard);
        tail = followed;
      },
    },

    isHere: (userId) => (readers.get(userId)?.connections.size ?? 0) > 0,

    tell(userId, { event, data, passing }) {
      const frame = new Frame(event, data);
      for (const connection of readers.get(userId)?.connections ?? []) {
        if (!connection.isPerson || (passing && (connection.held || connection.isWaiting()))) continue;
        connection.send(frame);
      }
    },

    async join(principal) {
      const { userId } = principal;
      if (draining || tail === undefined) throw stopping();
      if (seats >= connectionsMax) throw full();
      seats += 1;
      let taken = false;
      const reader = await readers.join(userId).catch((error: unknown) => {
        seats -= 1;
        throw error;
      });
      const leave = (): void => {
        if (taken) return;
        taken = true;
        seats -= 1;
        readers.leave(reader);
      };
      return {
        leave,
        async connect(transport, begin) {
          const known = await startOf(begin);
          if (taken) throw left();
          taken = true;
          return connect(reader, principal, transport, known);
        },
      };
    },

    sessionsChanged(userId) {
      const changed = userId === undefined ? [...readers.all()] : [readers.get(userId)];
      const connections = changed.flatMap((reader) => [...(reader?.connections ?? [])]);
      void checkSessions(connections);
    },

    drain() {
      draining = true;
      for (const reader of readers.all()) {
        for (const connection of [...reader.connections]) askToReconnect(connection);
      }
    },

    connections: () => seats,

    close() {
      heartbeat.close();
      watches.close();
    },
  };

  async function checkSessions(connections: readonly LiveConnection[]): Promise<void> {
    for (let start = 0; start < connections.length; start += SESSIONS_BATCH) {
      const batch = connections.slice(start, start + SESSIONS_BATCH);
      const ended = await endedSessions(batch.map(({ sessionId }) => sessionId)).catch((error: unknown) => {
        log.warn({ err: error }, 'sessions of live connections could not be checked; the next turn will');
        return new Set<Id>();
      });
      for (const connection of batch) if (ended.has(connection.sessionId)) connection.end('session_ended');
    }
  }
}

const SESSIONS_BATCH = 1_000;

function full(): AppError {
  return new AppError('unavailable', 'There are too many live connections. Try again later, or read lists.', {
    retryAfterS: FULL_RETRY_S,
    outcome: 'not_applied',
  });
}

function left(): AppError {
  return new AppError('unavailable', 'The client has gone.', { outcome: 'not_applied' });
}

function stopping(): AppError {
  return new AppError('unavailable', 'The server is stopping, or has just started. Try again.', {
    retryAfterS: 1,
    outcome: 'not_applied',
  });
}
