import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { AppError } from '../core/errors.ts';
import { createCoalescer, type ItemOutcome } from './coalesce.ts';

const LIMITS = { batchMax: 3, concurrentBatchesMax: 1, queueMax: 5 };
const notApplied = new AppError('internal', 'one of them is bad', { outcome: 'not_applied' });
const unknownOutcome = new AppError('timeout', 'who knows');

const doubled = (items: readonly number[]): ItemOutcome<number>[] =>
  items.map((item) => ({ ok: true, value: item * 2 }));

/** A run that waits to be let go on, one batch at a time, and keeps what it was given. */
function gatedRun() {
  const batches: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  return {
    batches,
    release: async () => {
      gates.shift()?.();
      // The batch ends in this turn, and the next one starts at the end of it.
      await nextTurn();
      await nextTurn();
    },
    run: async (items: readonly number[]) => {
      batches.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
      return doubled(items);
    },
  };
}

describe('coalescing', () => {
  it('runs a lone item at the end of its turn, and what comes meanwhile together afterwards', async () => {
    const { run, batches, release } = gatedRun();
    const coalescer = createCoalescer({ ...LIMITS, run });
    const first = coalescer.submit(1);
    await nextTurn();
    assert.deepEqual(batches, [[1]]);
    const others = [2, 3].map((item) => coalescer.submit(item));
    await nextTurn();
    assert.equal(coalescer.waiting(), 2);
    await release();
    await release();
    assert.deepEqual(await Promise.all([first, ...others]), [2, 4, 6]);
    assert.deepEqual(batches, [[1], [2, 3]]);
  });

  it('waits a moment, where asked to, for those whom a batch of several has answered to come again', async () => {
    const batches: (readonly number[])[] = [];
    let late: Promise<number> | undefined;
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      gatherMs: 1,
      run: async (items) => {
        batches.push(items);
        late ??= coalescer.submit(9);
        return doubled(items);
      },
    });
    const again = async (item: number) => coalescer.submit(await coalescer.submit(item));
    assert.deepEqual(await Promise.all([again(1), again(2)]), [4, 8]);
    assert.equal(await late, 18);
    assert.deepEqual(batches, [
      [1, 2],
      [9, 2, 4],
    ]);
  });

  it('runs what comes in one turn together', async () => {
    const { run, batches, release } = gatedRun();
    const coalescer = createCoalescer({ ...LIMITS, concurrentBatchesMax: 2, run });
    const results = [1, 2].map((item) => coalescer.submit(item));
    await nextTurn();
    assert.deepEqual(batches, [[1, 2]]);
    await release();
    await Promise.all(results);
  });

  it('takes along what comes in the turn in which a batch ends', async () => {
    const batches: (readonly number[])[] = [];
    let late: Promise<number> | undefined;
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      run: async (items) => {
        batches.push(items);
        await nextTurn();
        return doubled(items);
      },
    });
    const first = coalescer.submit(1);
    await nextTurn();
    const second = coalescer.submit(2);
    await first.then(() =>
      Promise.resolve().then(() => {
        late = coalescer.submit(3);
      }),
    );
    assert.deepEqual(await Promise.all([second, late]), [4, 6]);
    assert.deepEqual(batches, [[1], [2, 3]]);
  });

  it('fills a batch to its maximum and leaves the next item for the next one', async () => {
    const { run, batches, release } = gatedRun();
    const coalescer = createCoalescer({ ...LIMITS, run });
    const results = [1, 2, 3, 4].map((item) => coalescer.submit(item));
    await nextTurn();
    for (let n = 0; n < 2; n += 1) await release();
    await Promise.all(results);
    assert.deepEqual(batches, [[1, 2, 3], [4]]);
  });

  it('refuses the item past the queue at once, and loses none of those in it', async () => {
    const { run, release } = gatedRun();
    const coalescer = createCoalescer({ ...LIMITS, run });
    const accepted = [1, 2, 3, 4, 5].map((item) => coalescer.submit(item));
    const error = await coalescer.submit(6).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.code, error.outcome, error.retryAfterS], ['unavailable', 'not_applied', 1]);
    for (let n = 0; n < 3; n += 1) await release();
    assert.deepEqual(await Promise.all(accepted), [2, 4, 6, 8, 10]);
  });

  it('runs as many batches at a time as it may, and no more', async () => {
    const { run, batches, release } = gatedRun();
    const coalescer = createCoalescer({ ...LIMITS, batchMax: 1, concurrentBatchesMax: 2, run });
    const results = [1, 2, 3].map((item) => coalescer.submit(item));
    await nextTurn();
    assert.deepEqual(batches, [[1], [2]]);
    for (let n = 0; n < 3; n += 1) await release();
    await Promise.all(results);
  });

  it('gives each item its own error', async () => {
    const taken = new AppError('conflict', 'taken');
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      run: async (items) =>
        items.map((item) => (item % 2 === 0 ? { ok: false, error: taken } : { ok: true, value: item })),
    });
    const settled = await Promise.allSettled([1, 2, 3].map((item) => coalescer.submit(item)));
    assert.deepEqual(settled, [
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: taken },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('tries the items of a batch that was not applied one by one, so that only the bad one fails', async () => {
    const calls: (readonly number[])[] = [];
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      run: async (items) => {
        calls.push(items);
        await nextTurn();
        if (items.includes(3)) throw notApplied;
        return doubled(items);
      },
    });
    const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => coalescer.submit(item)));
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(calls, [[1, 2, 3], [1], [2], [3], [4]]);
  });

  it('stops trying one by one when the store is away', async () => {
    const calls: (readonly number[])[] = [];
    const away = new AppError('unavailable', 'away', { outcome: 'not_applied' });
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      run: async (items) => {
        calls.push(items);
        await nextTurn();
        throw away;
      },
    });
    const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => coalescer.submit(item)));
    assert.ok(settled.every((result) => result.status === 'rejected' && result.reason === away));
    assert.deepEqual(calls, [[1, 2, 3], [1], [4]]);
  });

  it('never tries again what may have been applied', async () => {
    const calls: (readonly number[])[] = [];
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      run: async (items) => {
        calls.push(items);
        await nextTurn();
        throw unknownOutcome;
      },
    });
    const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => coalescer.submit(item)));
    assert.ok(settled.every((result) => result.status === 'rejected' && result.reason === unknownOutcome));
    assert.deepEqual(calls, [[1, 2, 3], [4]]);
  });

  it('fails all items of a run that answers for too few or too many, and goes on', async () => {
    let extra = -1;
    const coalescer = createCoalescer<number, number>({
      ...LIMITS,
      run: async (items) => {
        const outcomes = doubled([...items, 0]);
        return outcomes.slice(0, items.length + extra);
      },
    });
    await assert.rejects(coalescer.submit(1), /1 items had 0 outcomes/);
    extra = 1;
    await assert.rejects(coalescer.submit(1), /1 items had 2 outcomes/);
    extra = 0;
    assert.equal(await coalescer.submit(1), 2);
  });

  it('gives every item exactly its own outcome, in order and in bounds, however runs end', async () => {
    const ending = fc.constantFrom('ok', 'throws', 'rejects', 'not applied', 'item fails');
    const drawn = fc.record({
      batchMax: fc.integer({ min: 1, max: 5 }),
      concurrentBatchesMax: fc.integer({ min: 1, max: 3 }),
      queueMax: fc.integer({ min: 1, max: 20 }),
      bursts: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 }),
      endings: fc.infiniteStream(ending),
      turns: fc.infiniteStream(fc.nat(3)),
    });
    const property = fc.asyncProperty(drawn, async ({ bursts, endings, turns, ...limits }) => {
      const first: number[] = [];
      const expected = new Map<number, unknown>();
      const failAll = (items: readonly number[], error: Error) => {
        for (const item of items) expected.set(item, error);
        return error;
      };
      let running = 0;
      const coalescer = createCoalescer<number, number>({
        ...limits,
        run(items) {
          assert.ok(items.length >= 1 && items.length <= limits.batchMax);
          if (!first.includes(items[0] ?? -1)) first.push(...items);
          const how = endings.next().value;
          if (how === 'throws') throw failAll(items, new Error('thrown'));
          return settleLater(items, how);
        },
      });
      async function settleLater(items: readonly number[], how: string): Promise<ItemOutcome<number>[]> {
        running += 1;
        assert.ok(running <= limits.concurrentBatchesMax);
        for (let turn = turns.next().value; turn > 0; turn -= 1) await nextTurn();
        running -= 1;
        if (how === 'rejects') throw failAll(items, new Error('rejected'));
        if (how === 'not applied') {
          throw failAll(items, new AppError('internal', 'rolled back', { outcome: 'not_applied' }));
        }
        return items.map((item) => {
          const error = new Error(`bad ${item}`);
          expected.set(item, how === 'ok' ? item * 2 : error);
          return how === 'ok' ? { ok: true, value: item * 2 } : { ok: false, error };
        });
      }
      const submitted: Promise<unknown>[] = [];
      for (const burst of bursts) {
        for (let n = 0; n < burst; n += 1) submitted.push(coalescer.submit(submitted.length).catch((e) => e));
        await nextTurn();
      }
      const outcomes = await Promise.all(submitted);
      for (const [item, outcome] of outcomes.entries()) {
        const refused = outcome instanceof AppError && outcome.code === 'unavailable';
        assert.equal(refused, !expected.has(item));
        if (!refused) assert.equal(outcome, expected.get(item));
      }
      assert.deepEqual(
        first,
        first.toSorted((one, other) => one - other),
      );
      assert.equal(coalescer.waiting(), 0);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
