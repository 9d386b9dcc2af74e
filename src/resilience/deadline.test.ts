import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { hasCode } from '../core/errors.ts';
import { createTimeoutQueue, deadlineIn, withTimeout } from './deadline.ts';

const never = () => new Promise<never>(() => undefined);

describe('deadline', () => {
  it('says what is left, and goes below zero', async () => {
    const clock = createManualClock();
    const deadline = deadlineIn(clock, 100);
    clock.skip(40);
    assert.equal(deadline.remainingMs(), 60);
    clock.skip(100);
    assert.equal(deadline.remainingMs(), -40);
  });
});

describe('time-outs', () => {
  it('run out at their time and not a millisecond before', async () => {
    const clock = createManualClock();
    const queue = createTimeoutQueue(clock, 250);
    let over = false;
    queue.add(() => {
      over = true;
    });
    await clock.advance(249);
    assert.equal(over, false);
    await clock.advance(1);
    assert.equal(over, true);
  });

  it('leave nobody asleep a moment after the last call has ended', async () => {
    const clock = createManualClock();
    const queue = createTimeoutQueue(clock, 10_000);
    const timeout = queue.add(() => assert.fail('was cancelled'));
    await clock.advance(50);
    timeout.cancel();
    assert.equal(queue.size(), 0);
    await clock.advance(100);
    assert.equal(clock.sleepers(), 0);
    await clock.advance(20_000);
  });

  it('run out exactly for those not cancelled before, each at its own time', async () => {
    const drawn = fc.array(
      fc.record({ afterMs: fc.nat(120), cancelMs: fc.option(fc.nat(500), { nil: undefined }) }),
      { maxLength: 20 },
    );
    const property = fc.asyncProperty(drawn, async (calls) => {
      const clock = createManualClock();
      const queue = createTimeoutQueue(clock, 300);
      const ended: (number | undefined)[] = [];
      const expected: (number | undefined)[] = [];
      for (const [index, { afterMs, cancelMs }] of calls.entries()) {
        await clock.advance(afterMs);
        const startMs = clock.monotonicMs();
        const timeout = queue.add(() => {
          ended[index] = clock.monotonicMs();
        });
        if (cancelMs !== undefined) void clock.sleep(cancelMs).then(() => timeout.cancel());
        if (cancelMs === undefined || cancelMs > 300) expected[index] = startMs + 300;
      }
      await clock.advance(1_000);
      // At the very millisecond either may come first.
      for (const [index, { cancelMs }] of calls.entries()) {
        if (cancelMs !== 300) assert.equal(ended[index], expected[index]);
      }
      assert.equal(queue.size(), 0);
      assert.equal(clock.sleepers(), 0);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it('fail a call that hangs, and keep result and error of one that does not', async () => {
    const clock = createManualClock();
    const queue = createTimeoutQueue(clock, 100);
    const error = new Error('own');
    assert.equal(await withTimeout(queue, 100, Promise.resolve(7)), 7);
    await assert.rejects(withTimeout(queue, 100, Promise.reject(error)), (thrown) => thrown === error);
    const hanging = withTimeout(queue, 100, never()).catch((thrown: unknown) => thrown);
    await clock.advance(100);
    const timeout = await hanging;
    assert.ok(hasCode(timeout, 'timeout') && timeout.outcome === 'unknown');
  });
});
