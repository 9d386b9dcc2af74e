import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { workInOrder } from './ordered-work.ts';

async function* upTo(count: number, asked: number[] = []) {
  for (let item = 0; item < count; item += 1) {
    asked.push(item);
    yield item;
  }
}

describe('work in order', () => {
  it('emits every result once and in order, however long each takes, and never works on more than the limit', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (turns, limit) => {
          let [working, workingMax] = [0, 0];
          const emitted: number[] = [];
          const work = async (item: number) => {
            working += 1;
            workingMax = Math.max(workingMax, working);
            for (let turn = 0; turn < (turns[item] ?? 0); turn += 1) await nextTurn();
            working -= 1;
            return item;
          };
          await workInOrder(upTo(turns.length), limit, work, async (item) => {
            await nextTurn();
            emitted.push(item);
          });
          assert.deepEqual(
            emitted,
            turns.map((_, item) => item),
          );
          assert.ok(workingMax <= limit);
        },
      ),
      { numRuns: 50 },
    ));

  it('emits what is ready while it waits for the next item', async () => {
    const emitted: number[] = [];
    async function* slow() {
      yield 1;
      for (let turn = 0; turn < 20 && emitted.length === 0; turn += 1) await nextTurn();
      assert.deepEqual(emitted, [1]);
      yield 2;
    }
    await workInOrder(
      slow(),
      10,
      async (item) => item,
      (item) => void emitted.push(item),
    );
    assert.deepEqual(emitted, [1, 2]);
  });

  it('emits what came before items that fail', async () => {
    const emitted: number[] = [];
    async function* broken() {
      yield* [1, 2];
      throw new Error('broken');
    }
    const work = async (item: number) => {
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      return item;
    };
    await assert.rejects(
      workInOrder(broken(), 10, work, (item) => void emitted.push(item)),
      /broken/,
    );
    assert.deepEqual(emitted, [1, 2]);
  });

  it('asks for nothing more once something has failed', async () => {
    const asked: number[] = [];
    const failing = workInOrder(
      upTo(100, asked),
      3,
      async (item) => {
        if (item === 4) throw new Error('no');
      },
      () => undefined,
    );
    await assert.rejects(failing, /no/);
    assert.ok(asked.length < 10);
    const refusing = workInOrder(
      upTo(100, asked),
      3,
      async (item) => item,
      () => assert.fail('gone'),
    );
    await assert.rejects(refusing, /gone/);
  });
});
