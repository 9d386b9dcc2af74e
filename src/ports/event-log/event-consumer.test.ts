import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { systemRandomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { createEventConsumer } from './event-consumer.ts';
import { DONE, IDLE, type Step } from './event-handler.ts';

const GATHER_MS = 20;

/** A consumer whose steps are those given, then idle ones; how many it took, and when, by the clock. */
function createConsumer(context: TestContext, steps: readonly (() => Step)[]) {
  const told: string[] = [];
  const clock = createManualClock();
  const startedMs = clock.monotonicMs();
  const takenMs: number[] = [];
  const consumer = createEventConsumer({
    batchStep: async () => {
      const step = steps[takenMs.length];
      takenMs.push(clock.monotonicMs() - startedMs);
      return step?.() ?? IDLE;
    },
    retryStep: async () => IDLE,
    pollEveryMs: 60_000,
    gatherMs: GATHER_MS,
    clock,
    randomness: systemRandomness,
    log: createLog({ level: 'info', pretty: false, write: (line) => told.push(JSON.parse(line).msg) }),
  });
  context.after(() => consumer.close());
  return { clock, consumer, takenMs, told };
}

describe('a consumer of events', () => {
  it('looks at once after a quiet time, and rests between rounds however often it is woken', async (context) => {
    const { clock, consumer, takenMs } = createConsumer(context, []);
    await clock.advance(1_000);
    assert.deepEqual(takenMs, [0], 'it looks when it starts');
    for (let n = 0; n < 10; n += 1) {
      consumer.wake();
      await clock.advance(GATHER_MS / 4);
    }
    assert.deepEqual(takenMs, [0, 1_000, 1_020, 1_040]);
  });

  it('does not rest within a round', async (context) => {
    const { clock, takenMs } = createConsumer(context, [() => DONE, () => DONE, () => IDLE]);
    await clock.advance(1_000);
    assert.deepEqual(takenMs, [0, 0, 0]);
  });

  it('looks for what woke it within a round in the next one', async (context) => {
    const wake = (step: Step) => () => {
      consumer.wake();
      return step;
    };
    const { clock, consumer, takenMs } = createConsumer(context, [wake(DONE), () => IDLE]);
    await clock.advance(1_000);
    assert.deepEqual(takenMs, [0, 0, GATHER_MS]);
  });

  it('tells once of an outage, and of its end, and nothing of a single failure', async (context) => {
    const fail = (): Step => {
      throw new AppError('unavailable', 'Too many calls are waiting.');
    };
    const idle = (): Step => IDLE;
    const { clock, told, consumer } = createConsumer(context, [fail, idle, idle, fail, fail, fail, fail]);
    await clock.advance(10_000);
    assert.deepEqual(told, []);
    consumer.wake();
    await clock.advance(20_000);
    assert.deepEqual(told, ['a consumer cannot read on; trying again', 'the consumer reads on']);
  });
});
