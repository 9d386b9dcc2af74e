/**
 * Live updates of several processes on one log, without a network or a database: what each process hears, and when, and
 * how much of it a client still gets before its connection breaks, is for the test to say.
 */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { Id } from '../../src/core/ids.ts';
import type { LoggedEvent, LogRange } from '../../src/ports/event-log/event-log.ts';
import type { Transport } from '../../src/systems/live/connection.ts';
import { createLive, type Live, type LiveDeps, type OpenConnection } from '../../src/systems/live/live.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** What a database takes to answer, in turns of the event loop: meanwhile other things happen. */
const ANSWER_TURNS = 2;

/** Nobody waits. */
export const hurriedClock: Clock = {
  ...systemClock,
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
};

export interface ToldFrame {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SimulatedLog {
  append(event: Pick<LoggedEvent, 'topic' | 'partition' | 'kind' | 'payload'> & { readonly key?: Id }): void;
  /** What retention has left of the beginning. */
  forgetBelow(topic: string, partition: number, offset: number): void;
  ends(): readonly { topic: string; partition: number; offset: number }[];
  read(ranges: readonly LogRange[], limit: number): Promise<readonly LoggedEvent[]>;
  from(topic: string, partition: number, offset: number, count: number): readonly LoggedEvent[];
}

export function createSimulatedLog(): SimulatedLog {
  const partitions = new Map<string, LoggedEvent[]>();
  const floors = new Map<string, number>();
  const of = (topic: string, partition: number): LoggedEvent[] => {
    const name = `${topic} ${partition}`;
    const known = partitions.get(name) ?? [];
    partitions.set(name, known);
    return known;
  };
  return {
    append(event) {
      const events = of(event.topic, event.partition);
      const rest = { offset: events.length, createdAt: new Date(), traceparent: undefined };
      events.push({ key: 1, ...event, ...rest });
    },
    forgetBelow: (topic, partition, offset) => void floors.set(`${topic} ${partition}`, offset),
    ends: () =>
      [...partitions].map(([name, { length }]) => {
        const [topic = '', partition] = name.split(' ');
        return { topic, partition: Number(partition), offset: length };
      }),
    async read(ranges, limit) {
      await settle(ANSWER_TURNS);
      const share = Math.max(1, Math.floor(limit / ranges.length));
      return ranges.flatMap(({ topic, partition, from, to }) => {
        const floor = floors.get(`${topic} ${partition}`) ?? 0;
        return of(topic, partition).slice(Math.max(from, floor), to).slice(0, share);
      });
    },
    from: (topic, partition, offset, count) => of(topic, partition).slice(offset, offset + count),
  };
}

export interface SimulatedProcess {
  readonly live: Live;
  /** Hears up to `count` events of a partition. */
  hear(topic: string, partition: number, count: number): void;
  hearAll(): void;
}

export function createSimulatedProcess(log: SimulatedLog, deps: Partial<LiveDeps> = {}): SimulatedProcess {
  const live = createLive({
    eventLog: log,
    content: simulatedContent,
    loadRelations: async () => ({ followeeIds: [], mutedIds: [], blockedIds: [], blockedByIds: [] }),
    endedSessions: async () => new Set(),
    connectionsMax: 1_000,
    clock: hurriedClock,
    randomness: systemRandomness,
    log: createLog({ level: 'silent', pretty: false }),
    observer: silentObserver,
    ...deps,
  });
  const positions = new Map<string, number>();
  const startedAt = log.ends();
  for (const { topic, partition, offset } of startedAt) positions.set(`${topic} ${partition}`, offset);
  live.tail.follow({ heardUntilMs: () => 0, startedAt, catchUp: async () => undefined });

  function hear(topic: string, partition: number, count: number): void {
    const name = `${topic} ${partition}`;
    const events = log.from(topic, partition, positions.get(name) ?? 0, count);
    positions.set(name, (positions.get(name) ?? 0) + events.length);
    live.tail.hear(events);
  }

  return {
    live,
    hear,
    hearAll() {
      for (const { topic, partition } of log.ends()) hear(topic, partition, Number.POSITIVE_INFINITY);
    },
  };
}

export const simulatedContent: LiveDeps['content'] = {
  entries: (ids) =>
    ids.map((postId) => ({ postId, openPost: `{"post_id":"${postId}"`, counts: NONE, repostedBy: 'null' })),
  flags: async () => [],
  counts: async (postIds) => new Map(postIds.map((postId) => [postId, NONE])),
  async posts(_viewerId, postIds) {
    await settle(ANSWER_TURNS);
    return new Map(postIds.map((postId) => [postId, `{"post_id":"${postId}"}`]));
  },
  watched: async (_viewerId, postIds) =>
    new Map(
      postIds.map((postId) => [
        postId,
        { ...NONE, authorId: AUTHOR, visibility: 'public', spokenToIds: [], editedAt: null },
      ]),
    ),
  authors: (userIds) => new Map(userIds.map((userId) => [userId, `{"user_id":"${userId}"}`])),
};

const NONE = { likeCount: 0, repostCount: 0, replyCount: 0 };
/** Of watched posts. */
export const AUTHOR: Id = 1_500_000_000_000_009;

const silentObserver: LiveDeps['observer'] = {
  opened: () => undefined,
  closed: () => undefined,
  sent: () => undefined,
  ended: () => undefined,
  resumed: () => undefined,
  delivered: () => undefined,
};

export interface SimulatedConnection {
  /** What has been sent to it. */
  readonly frames: readonly ToldFrame[];
  readonly opened: Promise<OpenConnection>;
  /** Takes nothing any more: what is sent waits. */
  stall(): void;
  /** The server has said good-bye. */
  isEnded(): boolean;
  close(): void;
}

export async function connectTo(
  live: Live,
  userId: Id,
  { since, sessionId = 1 }: { readonly since?: string | undefined; readonly sessionId?: Id } = {},
): Promise<SimulatedConnection> {
  const seat = await live.join({ userId, sessionId, role: 'user', tier: 'standard' });
  const frames: ToldFrame[] = [];
  let stalled = false;
  const socket = new Writable({
    write(bytes: Buffer, _encoding, done) {
      const frame = frameOf(bytes);
      if (frame !== undefined) frames.push(frame);
      if (!stalled) done();
    },
  });
  const transport: Transport = {
    kind: 'event_stream',
    // Of a socket, connections use what every stream for writing has.
    socket: socket as unknown as Socket,
    bytesOf: (frame) => frame.eventStream,
    finish: () => socket.end(),
  };
  const opened = seat.connect(transport, { since, watched: [] });
  return {
    frames,
    opened,
    stall: () => (stalled = true),
    isEnded: () => socket.writableEnded,
    close() {
      socket.destroy();
      seat.leave();
      void opened.then(
        ({ closed }) => closed(),
        () => undefined,
      );
    },
  };
}

function frameOf(bytes: Buffer): ToldFrame | undefined {
  const text = String(bytes);
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  const event = field('event');
  return event === undefined
    ? undefined
    : { event, id: field('id'), data: JSON.parse(field('data') ?? '{}') };
}

/** All that can go on without anything new has gone on. */
export async function settle(turns = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
