/** Runs a consumer's steps while there may be something to do, and no query when there is not. */

import type { Clock, Randomness } from '../../core/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Step } from './event-handler.ts';
import type { Consumer } from './event-log.ts';

/** Retries that come due within this long share a look, so that ever so many failures cost few timers. */
const DUE_GRAIN_MS = 50;
const FAILURE_DELAY_MS_MIN = 100;
const FAILURE_DELAY_MS_MAX = 5_000;
/** In a row, and then once: a first one may be no more than a busy moment, as when all consumers start at once. */
const FAILURES_TOLD = 2;

export interface EventConsumer extends Consumer {
  /** There may be new events. */
  wake(): void;
  /** There may be new events, and others to try again. */
  wakeAll(): void;
}

/** One step at a time. Looks at once, whenever it is woken, and every `pollEveryMs` for what nobody told it of. */
export function createEventConsumer(deps: {
  readonly batchStep: () => Promise<Step>;
  readonly retryStep: () => Promise<Step>;
  readonly pollEveryMs: number;
  /** It looks no sooner than this after it has found nothing, so that under load events gather in its batches. */
  readonly gatherMs: number;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}): EventConsumer {
  const { batchStep, retryStep, pollEveryMs, gatherMs, clock, randomness, log } = deps;
  const closed = new AbortController();
  const dueTimes = new Map<number, Promise<void>>();
  let running: Promise<void> | undefined;
  let eventsMayWait = false;
  let retriesMayWait = false;
  /** Steps of batches follow each other until one is idle. */
  let roundRuns = false;
  let restUntilMs = 0;

  function start(): void {
    if (closed.signal.aborted || !mayFindSome()) return;
    running ??= run().finally(() => {
      running = undefined;
      // Someone may have woken it between the last look and now.
      start();
    });
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!closed.signal.aborted && mayFindSome()) {
      try {
        await look();
        if (failures >= FAILURES_TOLD) log.info({ failures }, 'the consumer reads on');
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === FAILURES_TOLD) log.warn({ err: error }, 'a consumer cannot read on; trying again');
        const delayMs = Math.min(FAILURE_DELAY_MS_MIN * 2 ** failures, FAILURE_DELAY_MS_MAX);
        await clock.sleep(delayMs, closed.signal);
        [eventsMayWait, retriesMayWait] = [true, true];
      }
    }
  }

  async function look(): Promise<void> {
    if (retriesMayWait) {
      retriesMayWait = false;
      const step = await retryStep();
      if (step.kind !== 'idle') retriesMayWait = true;
      if (step.kind === 'retry') retryIn(step.delayMs);
    }
    if (closed.signal.aborted || !(roundRuns || (await beginRound()))) return;
    const step = await batchStep();
    if (step.kind === 'retry') retryIn(step.delayMs);
    if (step.kind !== 'idle') return;
    roundRuns = false;
    restUntilMs = clock.monotonicMs() + gatherMs;
  }

  /** What wakes it from here on is for the next round: this one may be past it. */
  async function beginRound(): Promise<boolean> {
    if (!eventsMayWait) return false;
    const restMs = restUntilMs - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, closed.signal);
    if (closed.signal.aborted) return false;
    eventsMayWait = false;
    roundRuns = true;
    return true;
  }

  function mayFindSome(): boolean {
    return roundRuns || eventsMayWait || retriesMayWait;
  }

  function retryIn(delayMs: number): void {
    if (delayMs === 0) {
      retriesMayWait = true;
      return;
    }
    // Never early by the clock of the server, which decides: that would cost a whole poll.
    const dueMs = Math.ceil((clock.monotonicMs() + delayMs) / DUE_GRAIN_MS + 1) * DUE_GRAIN_MS;
    if (dueTimes.has(dueMs)) return;
    const due = clock.sleep(dueMs - clock.monotonicMs(), closed.signal).then(() => {
      dueTimes.delete(dueMs);
      wakeAll();
    });
    dueTimes.set(dueMs, due);
  }

  async function poll(): Promise<void> {
    while (!closed.signal.aborted) {
      wakeAll();
      // Apart from each other, so that many processes do not ask at the same time.
      await clock.sleep(pollEveryMs * (0.75 + randomness.fraction() / 2), closed.signal);
    }
  }

  function wake(): void {
    eventsMayWait = true;
    start();
  }

  function wakeAll(): void {
    retriesMayWait = true;
    wake();
  }

  const polling = poll();
  return {
    wake,
    wakeAll,
    async close() {
      closed.abort();
      await Promise.all([polling, running, ...dueTimes.values()]);
    },
  };
}
