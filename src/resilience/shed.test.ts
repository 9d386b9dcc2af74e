import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededFraction } from '../core/clock.ts';
import { PRIORITIES } from '../core/priority.ts';
import { createLoadShedder, type Load, RETRY_AFTER_S_MAX, THRESHOLDS } from './shed.ts';

const LIMITS: Load = { lagMs: 100, waitedMs: 1_000, inFlight: 1_000, queued: 500 };
const IDLE: Load = { lagMs: 0, waitedMs: 0, inFlight: 0, queued: 0 };

function shedderUnder(initial: Load) {
  let load = initial;
  const shedder = createLoadShedder({
    load: () => load,
    limits: LIMITS,
    randomness: { fraction: seededFraction(7) },
  });
  function setLoad(next: Load) {
    load = next;
  }
  return { shedder, setLoad };
}

const loads: fc.Arbitrary<Load> = fc.record({
  lagMs: fc.double({ min: 0, max: 500, noNaN: true }),
  waitedMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
  inFlight: fc.nat(5_000),
  queued: fc.nat(2_500),
});

describe('load shedding', () => {
  it('refuses reads at the limit and not one below it, whichever load reaches it', () => {
    const cases: [Load, Load][] = [
      [
        { ...IDLE, lagMs: 99.9 },
        { ...IDLE, lagMs: 100 },
      ],
      [
        { ...IDLE, waitedMs: 999 },
        { ...IDLE, waitedMs: 1_000 },
      ],
      [
        { ...IDLE, inFlight: 999 },
        { ...IDLE, inFlight: 1_000 },
      ],
      [
        { ...IDLE, queued: 499 },
        { ...IDLE, queued: 500 },
      ],
    ];
    for (const [below, at] of cases) {
      assert.equal(shedderUnder(below).shedder.decide('read').refuse, false);
      assert.equal(shedderUnder(at).shedder.decide('read').refuse, true);
      assert.equal(shedderUnder(at).shedder.decide('write').refuse, false);
    }
  });

  it('goes on refusing until the pressure has clearly fallen', () => {
    const { shedder, setLoad } = shedderUnder({ ...IDLE, lagMs: 100 });
    assert.equal(shedder.decide('read').refuse, true);
    setLoad({ ...IDLE, lagMs: 70 });
    assert.equal(shedder.decide('read').refuse, true);
    setLoad({ ...IDLE, lagMs: 69 });
    assert.equal(shedder.decide('read').refuse, false);
    setLoad({ ...IDLE, lagMs: 99 });
    assert.equal(shedder.decide('read').refuse, false);
  });

  it('remembers a peak that only other priorities saw', () => {
    const { shedder, setLoad } = shedderUnder({ ...IDLE, lagMs: 150 });
    shedder.decide('read');
    setLoad({ ...IDLE, lagMs: 120 });
    assert.equal(shedder.decide('write').refuse, true);
  });

  it('tells the mean pressure that it has met since it was last asked', () => {
    const { shedder, setLoad } = shedderUnder({ ...IDLE, lagMs: 150 });
    shedder.decide('read');
    setLoad({ ...IDLE, lagMs: 50 });
    shedder.decide('read');
    assert.deepEqual([shedder.takeMean(), shedder.takeMean()], [1, 0.5]);
  });

  it('never refuses one priority while it serves a lower one', () => {
    fc.assert(
      fc.property(fc.array(loads, { maxLength: 50 }), (sequence) => {
        const { shedder, setLoad } = shedderUnder(IDLE);
        for (const load of sequence) {
          setLoad(load);
          const [optional, read, write, critical] = PRIORITIES.map(
            (priority) => shedder.decide(priority).refuse,
          );
          assert.ok(!critical || write);
          assert.ok(!write || read);
          assert.ok(!read || optional);
        }
      }),
    );
  });

  it('always refuses from the upper threshold, always serves below the lower, and says when to come back', () => {
    const priorities = fc.constantFrom(...PRIORITIES);
    fc.assert(
      fc.property(fc.array(fc.tuple(loads, priorities), { maxLength: 50 }), (sequence) => {
        const { shedder, setLoad } = shedderUnder(IDLE);
        for (const [load, priority] of sequence) {
          setLoad(load);
          const { refuse, retryAfterS } = shedder.decide(priority);
          const { refuseFrom, serveBelow } = THRESHOLDS[priority];
          if (shedder.pressure() >= refuseFrom) assert.ok(refuse);
          if (shedder.pressure() < serveBelow) assert.ok(!refuse);
          assert.ok(Number.isInteger(retryAfterS) && retryAfterS <= RETRY_AFTER_S_MAX);
          assert.equal(retryAfterS > 0, refuse);
        }
      }),
    );
  });
});
