/**
 * Takes clicks as they happen and publishes them in batches, so that a redirect waits for nothing.
 *
 * Bound of loss: a process that is killed loses what it recorded in the last FLUSH_EVERY_MS, or since its last publish
 * began if that is longer ago, and what that publish carried if it had not ended. The log takes them wherever it keeps its events, also while Kafka is
 * away. While the database is away everything since then waits in the ring:
 * CLICKS_WAITING_MAX clicks, and what comes after them is dropped and counted. A process that is stopped in order
 * publishes what it has first, for at most CLOSE_MS.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { type EventLog, type NewEvent, PARTITIONS, partitionOf } from '../../../ports/event-log/event-log.ts';
import type { Log } from '../../../telemetry/log.ts';
import { type ClickBatchBuilder, createClickBatchBuilder, LINK_CLICKS_TOPIC } from './click-batch.ts';
import type { ReadClick } from './click-facts.ts';
import type { ClickRecorder } from './click-recorder.ts';
import { type ClickRing, createClickRing } from './click-ring.ts';
import { DAY_MS, type VisitorSalts } from './visitor-salts.ts';

export const FLUSH_EVERY_MS = 200;
/** Published together: some 2 ms of work. */
export const CLICKS_PER_FLUSH = 2_000;
/** Some 50 MB at the most, or what 6,000 clicks a second are in 16 s. */
export const CLICKS_WAITING_MAX = 100_000;
export const CLOSE_MS = 5_000;
/** Of what fails, but not because something is unavailable. */
export const ATTEMPTS_MAX = 5;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

export interface ClickObserver {
  /** Durable from now on. */
  published(clicks: number): void;
  /** `full`: there was no place for it. `failed`: it could not be published. `stopped`: nor before the process ended. */
  dropped(clicks: number, reason: 'full' | 'failed' | 'stopped'): void;
}

export interface ClickPublisher extends ClickRecorder {
  /** Clicks that would be lost if the process were killed now. */
  waiting(): number;
  /** Publishes what waits. What is recorded after the call is dropped. */
  close(): Promise<void>;
}

export interface ClickPublisherDeps {
  readonly eventLog: Pick<EventLog, 'publish'>;
  readonly readClick: ReadClick;
  readonly salts: Pick<VisitorSalts, 'saltAt'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly observer: ClickObserver;
  /** Default CLICKS_WAITING_MAX. */
  readonly waitingMax?: number;
}

export function createClickPublisher(deps: ClickPublisherDeps): ClickPublisher {
  const { clock, log, observer } = deps;
  const ring = createClickRing(deps.waitingMax ?? CLICKS_WAITING_MAX);
  const batches = createBatches(deps);
  const closing = new AbortController();
  const stopped = new AbortController();
  let inFlight = 0;
  /** Since when the oldest of those in the ring can wait. */
  let waitingSinceMs = 0;
  let running: Promise<void> | undefined;
  let wake: AbortController | undefined;

  /** Runs while there are clicks; the first waits for others to come with it. */
  function start(): void {
    running ??= run().finally(() => {
      running = undefined;
      if (ring.size > 0) start();
    });
  }

  async function run(): Promise<void> {
    waitingSinceMs = clock.monotonicMs();
    while (ring.size > 0) {
      if (ring.size < CLICKS_PER_FLUSH && !closing.signal.aborted) await gather();
      waitingSinceMs = clock.monotonicMs();
      await flush(stopped.signal.aborted ? ring.size : Math.min(ring.size, CLICKS_PER_FLUSH));
      inFlight = 0;
    }
  }

  async function gather(): Promise<void> {
    const restMs = waitingSinceMs + FLUSH_EVERY_MS - clock.monotonicMs();
    if (restMs <= 0) return;
    wake = new AbortController();
    await clock.sleep(restMs, wake.signal);
    wake = undefined;
  }

  /** The oldest ones, which leave the ring as events. */
  async function flush(count: number): Promise<void> {
    let events: readonly NewEvent[] | undefined;
    for (let attempt = 1; ; attempt += 1) {
      if (stopped.signal.aborted) return lose(count, 'stopped');
      try {
        events ??= await takeEvents(count);
        await deps.eventLog.publish(events);
        observer.published(count);
        return;
      } catch (error) {
        if (!isOutage(error) && attempt >= ATTEMPTS_MAX) return lose(count, 'failed', error);
        if (attempt === 1) log.warn({ err: error, clicks: count }, 'clicks wait to be published');
        await clock.sleep(Math.min(RETRY_MS_MIN * 2 ** (attempt - 1), RETRY_MS_MAX), stopped.signal);
      }
    }
  }

  async function takeEvents(count: number): Promise<readonly NewEvent[]> {
    const events = await batches.of(ring, count);
    ring.drop(count);
    inFlight = count;
    return events;
  }

  function lose(clicks: number, reason: 'failed' | 'stopped', error?: unknown): void {
    // Those of which events were made have left it.
    if (inFlight === 0) ring.drop(clicks);
    log.error({ err: error, clicks, reason }, 'clicks were lost');
    observer.dropped(clicks, reason);
  }

  return {
    record(click) {
      if (closing.signal.aborted) observer.dropped(1, 'stopped');
      else if (!ring.push(click)) observer.dropped(1, 'full');
      else if (running === undefined) start();
      else if (ring.size === CLICKS_PER_FLUSH) wake?.abort();
    },

    waiting: () => ring.size + inFlight,

    async close() {
      closing.abort();
      wake?.abort();
      const inTime = new AbortController();
      void clock.sleep(CLOSE_MS, inTime.signal).then(() => stopped.abort());
      while (running !== undefined) await running;
      inTime.abort();
    },
  };
}

/** The events of one flush: a partition has one, or several where it has very many clicks. */
function createBatches({ readClick, salts, randomness }: ClickPublisherDeps) {
  const recorder = randomness.uuid();
  const sequences = Array.from({ length: PARTITIONS }, () => 0);

  function event(partition: number, builder: ClickBatchBuilder): NewEvent {
    const sequence = (sequences[partition] ?? 0) + 1;
    sequences[partition] = sequence;
    const key = PARTITION_KEYS[partition] ?? 0;
    return {
      topic: LINK_CLICKS_TOPIC,
      key,
      ownerId: key,
      kind: 'recorded',
      payload: builder.build(recorder, sequence),
    };
  }

  return {
    async of(ring: Pick<ClickRing, 'at'>, count: number): Promise<NewEvent[]> {
      const saltOfDay = new Map<number, Awaited<ReturnType<VisitorSalts['saltAt']>>>();
      for (let index = 0; index < count; index += 1) {
        const { atMs } = ring.at(index);
        const day = Math.floor(atMs / DAY_MS);
        if (!saltOfDay.has(day)) saltOfDay.set(day, await salts.saltAt(atMs));
      }
      const builders = sequences.map(createClickBatchBuilder);
      const events: NewEvent[] = [];
      for (let index = 0; index < count; index += 1) {
        const click = ring.at(index);
        const salt = saltOfDay.get(Math.floor(click.atMs / DAY_MS));
        assert(salt !== undefined, 'each day has its salt');
        const facts = readClick(click, salt);
        const partition = partitionOf(click.linkId);
        if (builders[partition]?.add(click.linkId, click.atMs, facts)) continue;
        const full = builders[partition];
        if (full !== undefined) events.push(event(partition, full));
        const next = createClickBatchBuilder();
        next.add(click.linkId, click.atMs, facts);
        builders[partition] = next;
      }
      for (const [partition, builder] of builders.entries()) {
        if (builder.size > 0) events.push(event(partition, builder));
      }
      return events;
    },
  };
}

/** A batch is about its partition, not about one link; what it must have is a key that belongs there. */
const PARTITION_KEYS: readonly Id[] = Array.from({ length: PARTITIONS }, (_, partition) => {
  let key = 1;
  while (partitionOf(key) !== partition) key += 1;
  return key;
});

function isOutage(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'unavailable' || error.code === 'timeout');
}
