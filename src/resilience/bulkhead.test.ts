import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { AppError } from '../core/errors.ts';
import { type Bulkhead, createBulkhead } from './bulkhead.ts';

function openBulkhead(limits: { concurrencyMax?: number; queueMax?: number } = {}) {
  const clock = createManualClock();
  const refusals: string[] = [];
  const bulkhead = createBulkhead({
    concurrencyMax: 2,
    queueMax: 2,
    queueAgeMaxMs: 1_000,
    ...limits,
    clock,
    onRefused: (reason) => refusals.push(reason),
  });
  return { bulkhead, clock, refusals };
}

/** Enters, and notes `name` once in. */
function enterAs(bulkhead: Bulkhead, name: string, entered: string[]): Promise<unknown> {
  const turn = bulkhead.enter();
  if (turn === undefined) {
    entered.push(name);
    return Promise.resolve();
  }
  return turn.then(
    () => entered.push(name),
    (error: unknown) => error,
  );
}

describe('bulkhead', () => {
  it('lets its limit in at once, queues the next and refuses the one past the queue', async () => {
    const { bulkhead, refusals } = openBulkhead();
    const entered: string[] = [];
    for (const name of ['alice', 'bob', 'carol', 'dave']) void enterAs(bulkhead, name, entered);
    assert.deepEqual(entered, ['alice', 'bob']);
    assert.deepEqual([bulkhead.inFlight(), bulkhead.waiting()], [2, 2]);
    const error = await enterAs(bulkhead, 'erin', entered);
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.code, error.outcome, error.retryAfterS], ['unavailable', 'not_applied', 1]);
    assert.deepEqual(refusals, ['bulkhead_full']);
  });

  it('hands a free place to whoever has waited longest, before anybody who comes now', async () => {
    const { bulkhead } = openBulkhead({ concurrencyMax: 1 });
    const entered: string[] = [];
    const waiting = ['alice', 'bob', 'carol'].map((name) => enterAs(bulkhead, name, entered));
    bulkhead.leave();
    void enterAs(bulkhead, 'dave', entered);
    await waiting[1];
    assert.deepEqual(entered, ['alice', 'bob']);
    bulkhead.leave();
    await waiting[2];
    assert.deepEqual(entered, ['alice', 'bob', 'carol']);
  });

  it('refuses whoever has waited too long, and gives the place to the next', async () => {
    const { bulkhead, clock, refusals } = openBulkhead({ concurrencyMax: 1 });
    const entered: string[] = [];
    void enterAs(bulkhead, 'alice', entered);
    const bob = enterAs(bulkhead, 'bob', entered);
    await clock.advance(600);
    const carol = enterAs(bulkhead, 'carol', entered);
    await clock.advance(400);
    assert.ok((await bob) instanceof AppError);
    assert.deepEqual(refusals, ['bulkhead_aged']);
    bulkhead.leave();
    await carol;
    assert.deepEqual(entered, ['alice', 'carol']);
    await clock.advance(5_000);
    assert.deepEqual(refusals, ['bulkhead_aged']);
  });

  it('takes no queue at all', async () => {
    const { bulkhead } = openBulkhead({ concurrencyMax: 1, queueMax: 0 });
    assert.equal(bulkhead.enter(), undefined);
    await assert.rejects(async () => bulkhead.enter());
    bulkhead.leave();
    assert.equal(bulkhead.enter(), undefined);
  });

  it('never exceeds its limits, loses no place and serves in order', async () => {
    const limits = fc.record({ concurrencyMax: fc.integer({ min: 1, max: 4 }), queueMax: fc.nat(5) });
    const steps = fc.array(fc.constantFrom('enter', 'leave', 'wait'), { maxLength: 60 });
    const property = fc.asyncProperty(limits, steps, async (drawn, sequence) => {
      const { bulkhead, clock } = openBulkhead(drawn);
      const entered: string[] = [];
      const settled: Promise<unknown>[] = [];
      let left = 0;
      for (const [index, step] of sequence.entries()) {
        if (step === 'enter') settled.push(enterAs(bulkhead, String(index).padStart(3, '0'), entered));
        else if (step === 'wait') await clock.advance(300);
        else if (left < entered.length) {
          bulkhead.leave();
          left += 1;
        }
        await clock.advance(0);
        assert.equal(bulkhead.inFlight(), entered.length - left);
        assert.ok(bulkhead.inFlight() <= drawn.concurrencyMax && bulkhead.waiting() <= drawn.queueMax);
        assert.ok(bulkhead.waiting() === 0 || bulkhead.inFlight() === drawn.concurrencyMax);
      }
      await clock.advance(1_000);
      await Promise.all(settled);
      assert.deepEqual(entered, entered.toSorted());
      assert.deepEqual([bulkhead.inFlight(), bulkhead.waiting()], [entered.length - left, 0]);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
