import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from './errors.ts';
import {
  CLOCK_BACK_MAX_MS,
  createIdGenerator,
  IDS_PER_MS_PER_WRITER,
  type IdGenerator,
  idTimeMs,
  RUN_AHEAD_MAX_MS,
} from './ids.ts';

const START_MS = Date.UTC(2026, 0, 1);
const refused = (error: unknown) => hasCode(error, 'unavailable') && error.outcome === 'not_applied';

/** A generator under a lease that does not end, and clocks to move. */
function createSetting() {
  let [wallMs, monotonicMs] = [START_MS, 0];
  const clock = { nowMs: () => wallMs, monotonicMs: () => monotonicMs, sleep: async () => undefined };
  const lease = { writer: 7, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  return {
    ids: createIdGenerator(() => lease, clock),
    nowMs: () => wallMs,
    pass(durationMs: number) {
      wallMs += durationMs;
      monotonicMs += durationMs;
    },
    setClock(stepMs: number) {
      wallMs += stepMs;
    },
  };
}

/** As many as it makes before it refuses, at most `limit`. */
function makeMany(ids: IdGenerator, limit: number): number {
  for (let made = 0; made < limit; made += 1) {
    try {
      ids.next();
    } catch (error) {
      assert(refused(error));
      return made;
    }
  }
  return limit;
}

describe('ids', () => {
  it('run ahead of the clock in a burst, up to the limit and no further', () => {
    const { ids } = createSetting();
    const most = (RUN_AHEAD_MAX_MS + 1) * IDS_PER_MS_PER_WRITER;
    assert.equal(makeMany(ids, most + 1), most);
  });

  it('go on when the clock is set back, until it has caught up', () => {
    const { ids, pass, setClock, nowMs } = createSetting();
    let last = ids.next();
    const highestMs = idTimeMs(last);
    setClock(-90_000);
    for (let second = 0; second < 95; second += 1) {
      for (let made = 0; made < 100; made += 1) {
        const id = ids.next();
        assert(id > last);
        last = id;
      }
      pass(1_000);
    }
    assert(nowMs() > highestMs, 'the clock has come so far');
    assert.equal(idTimeMs(ids.next()), nowMs(), 'and ids have its time again');
  });

  it('are given as far as CLOCK_BACK_MAX_MS and no further', () => {
    const [within, beyond] = [createSetting(), createSetting()];
    for (const { ids } of [within, beyond]) ids.next();
    within.setClock(-CLOCK_BACK_MAX_MS);
    beyond.setClock(-CLOCK_BACK_MAX_MS - 1);
    within.ids.next();
    assert.throws(() => beyond.ids.next(), refused);
    beyond.pass(1);
    beyond.ids.next();
  });

  it('take no more time than passes while the clock is behind', () => {
    const { ids, pass, setClock } = createSetting();
    ids.next();
    setClock(-90_000);
    const first = makeMany(ids, 100_000);
    assert.equal(first, (RUN_AHEAD_MAX_MS + 1) * IDS_PER_MS_PER_WRITER - 1);
    pass(1_000);
    assert.equal(makeMany(ids, 100_000), 1_000 * IDS_PER_MS_PER_WRITER - 1);
  });

  it('increase, whatever the clocks do', () => {
    const step = fc.oneof(
      fc.record({ pass: fc.nat({ max: 20_000 }) }),
      fc.record({ set: fc.integer({ min: -700_000, max: 700_000 }) }),
      fc.record({ make: fc.integer({ min: 1, max: 200 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { ids, pass, setClock } = createSetting();
        let last = 0;
        for (const one of steps) {
          if ('pass' in one) pass(one.pass);
          else if ('set' in one) setClock(one.set);
          else last = makeIncreasing(ids, one.make, last);
        }
      }),
    );
  });
});

function makeIncreasing(ids: IdGenerator, count: number, before: number): number {
  let last = before;
  for (let made = 0; made < count; made += 1) {
    try {
      const id = ids.next();
      assert(id > last);
      last = id;
    } catch (error) {
      assert(refused(error));
      return last;
    }
  }
  return last;
}
