import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createHeardUntil, type HeardUntil } from './heard-until.ts';

/** An outbox, its log and a tail, played step by step; each step takes a millisecond. */
function openModel() {
  let nowMs = 100;
  let nextId = 1;
  let looks = 0;
  const open: number[] = [];
  const outbox = new Set<number>();
  const log: number[] = [];
  const committedMs = new Map<number, number>();
  const heard = new Set<number>();
  const until: HeardUntil = createHeardUntil();
  return {
    until,
    draw() {
      nowMs += 1;
      open.push(nextId);
      nextId += 1;
    },
    commit(choice: number) {
      nowMs += 1;
      const [id] = open.splice(choice % Math.max(open.length, 1), 1);
      if (id === undefined) return;
      outbox.add(id);
      committedMs.set(id, nowMs);
    },
    move(eventsMax: number) {
      nowMs += 1;
      for (const id of [...outbox].sort((one, other) => one - other).slice(0, eventsMax)) {
        outbox.delete(id);
        log.push(id);
      }
    },
    look(eventsMax: number) {
      nowMs += 1;
      looks += 1;
      const unheard = log.filter((id) => !heard.has(id));
      for (const id of unheard.slice(0, eventsMax)) heard.add(id);
      const unmoved =
        outbox.size === 0 ? undefined : { firstId: Math.min(...outbox), lastId: Math.max(...outbox) };
      until.looked({ number: looks, startMs: nowMs, complete: unheard.length <= eventsMax, unmoved });
      nowMs += 1;
    },
    missed: () =>
      [...committedMs].filter(([id, atMs]) => atMs < until.ms() && !heard.has(id)).map(([id]) => id),
  };
}

const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('draw' as const), choice: fc.constant(0) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), choice: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('move' as const), choice: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('look' as const), choice: fc.integer({ min: 1, max: 5 }) }),
  },
);

describe('until when all is heard', () => {
  it('is never ahead of what was heard, in whatever order transactions commit', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 200, size: 'max' }), (steps) => {
        const model = openModel();
        let lastMs = model.until.ms();
        for (const { kind, choice } of steps) {
          model[kind](choice);
          assert.deepEqual(model.missed(), []);
          assert(model.until.ms() >= lastMs, 'it never goes back');
          lastMs = model.until.ms();
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the beginning of a look that finds nothing unmoved', () => {
    const until = createHeardUntil();
    until.looked({ number: 1, startMs: 10, complete: true, unmoved: undefined });
    assert.deepEqual([until.ms(), until.look(), until.waitingSinceMs()], [10, 1, undefined]);
  });

  it('goes on behind writers who never stop, one look late', () => {
    const until = createHeardUntil();
    for (let number = 1; number <= 1_000; number += 1) {
      const unmoved = { firstId: number * 10, lastId: number * 10 + 9 };
      until.looked({ number, startMs: number, complete: true, unmoved });
      assert.equal(until.ms(), number === 1 ? Number.NEGATIVE_INFINITY : number - 1);
    }
  });

  it('waits for what is not moved, however often it looks, and says since when', () => {
    const until = createHeardUntil();
    const unmoved = { firstId: 1, lastId: 2 };
    for (let number = 1; number <= 1_000; number += 1) {
      until.looked({ number, startMs: 10 + number, complete: true, unmoved });
    }
    assert.deepEqual([until.ms(), until.waitingSinceMs()], [Number.NEGATIVE_INFINITY, 11]);
    until.looked({ number: 1_001, startMs: 2_000, complete: true, unmoved: { firstId: 3, lastId: 3 } });
    assert(until.ms() > 10);
    until.looked({ number: 1_002, startMs: 2_001, complete: true, unmoved: undefined });
    assert.deepEqual([until.ms(), until.waitingSinceMs()], [2_001, undefined]);
  });

  it('waits for events that are in the log and not read yet', () => {
    const until = createHeardUntil();
    until.looked({ number: 1, startMs: 10, complete: false, unmoved: undefined });
    assert.equal(until.ms(), Number.NEGATIVE_INFINITY);
    until.looked({ number: 2, startMs: 20, complete: true, unmoved: undefined });
    assert.equal(until.ms(), 20);
  });
});
