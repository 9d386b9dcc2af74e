import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { PRIORITIES } from '../core/priority.ts';
import { lowestOf, SERVICE_LEVELS, type ServiceLevel, serves } from '../core/service-level.ts';
import { createServiceLevels, TICKS_TO_LOWER, TICKS_TO_RAISE } from './service-levels.ts';
import { THRESHOLDS } from './shed.ts';

function openLevels() {
  const clock = createManualClock();
  const changes: ServiceLevel[] = [];
  let [pressure, impaired] = [0, false];
  const levels = createServiceLevels({
    pressure: () => pressure,
    isImpaired: () => impaired,
    clock,
    onChange: (level) => changes.push(level),
  });
  return {
    levels,
    clock,
    changes,
    /** Looks so many times under that pressure. */
    look(nextPressure: number, times = 1) {
      pressure = nextPressure;
      for (let n = 0; n < times; n += 1) levels.tick();
    },
    impair(next: boolean, times: number) {
      impaired = next;
      for (let n = 0; n < times; n += 1) levels.tick();
    },
  };
}

const rank = (level: ServiceLevel): number => SERVICE_LEVELS.indexOf(level);

describe('the four levels', () => {
  it('leave out what is optional, then reads, then writes, and never what is critical', () => {
    const served = (level: ServiceLevel) => PRIORITIES.filter((priority) => serves(level, priority));
    assert.deepEqual(served('full'), ['optional', 'read', 'write', 'critical']);
    assert.deepEqual(served('partial'), ['read', 'write', 'critical']);
    assert.deepEqual(served('core'), ['write', 'critical']);
    assert.deepEqual(served('emergency'), ['critical']);
  });

  it('are full unless there is a reason', () => {
    assert.equal(lowestOf([]), 'full');
    assert.equal(lowestOf(['partial', 'full', 'core']), 'core');
  });
});

describe('the level of service', () => {
  it('goes down when the pressure lasts, not by one burst, and straight to where it must', () => {
    const { levels, look } = openLevels();
    look(THRESHOLDS.write.refuseFrom, TICKS_TO_LOWER - 1);
    assert.equal(levels.current(), 'full');
    look(0);
    look(THRESHOLDS.write.refuseFrom, TICKS_TO_LOWER);
    assert.equal(levels.current(), 'emergency');
  });

  it('goes down at each limit and not one below it', () => {
    for (const [priority, level] of [
      ['optional', 'partial'],
      ['read', 'core'],
      ['write', 'emergency'],
    ] as const) {
      const at = openLevels();
      at.look(THRESHOLDS[priority].refuseFrom, TICKS_TO_LOWER);
      assert.equal(at.levels.current(), level);
      const below = openLevels();
      below.look(THRESHOLDS[priority].refuseFrom - 0.001, 50);
      assert.equal(rank(below.levels.current()), rank(level) - 1);
    }
  });

  it('comes back one level at a time, each after a while without the pressure that keeps it', () => {
    const { levels, look } = openLevels();
    look(2, TICKS_TO_LOWER);
    look(0, TICKS_TO_RAISE - 1);
    assert.equal(levels.current(), 'emergency');
    look(0);
    assert.equal(levels.current(), 'core');
    look(THRESHOLDS.read.serveBelow, 100);
    assert.equal(levels.current(), 'core', 'what keeps it');
    look(0, TICKS_TO_RAISE * 2);
    assert.equal(levels.current(), 'full');
  });

  it('is partial while an engine is away that makes work for the others', () => {
    const { levels, impair } = openLevels();
    impair(true, TICKS_TO_LOWER);
    assert.deepEqual(levels.byCause(), { load: 'full', engines: 'partial', forced: 'full' });
    assert.equal(levels.serves('optional'), false);
    impair(false, TICKS_TO_RAISE);
    assert.equal(levels.current(), 'full');
  });

  it('is what somebody forces, until then, unless it must be lower', () => {
    const { levels, clock, look, changes } = openLevels();
    levels.force({ level: 'core', untilMs: clock.monotonicMs() + 60_000 });
    assert.equal(levels.current(), 'core');
    assert.equal(levels.forcedForMs(), 60_000);
    look(THRESHOLDS.write.refuseFrom, TICKS_TO_LOWER);
    assert.equal(levels.current(), 'emergency');
    look(0, TICKS_TO_RAISE * 3);
    assert.equal(levels.current(), 'core');
    clock.skip(60_000);
    assert.equal(levels.current(), 'full');
    assert.equal(levels.forcedForMs(), 0);
    levels.force({ level: 'emergency', untilMs: clock.monotonicMs() + 1 });
    levels.force(undefined);
    assert.equal(levels.current(), 'full');
    assert.deepEqual(changes, ['core', 'emergency', 'core', 'full', 'emergency', 'full']);
  });

  it('serves whatever is worth more than what it serves', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { maxLength: 60 }), (pressures) => {
        const { levels, look } = openLevels();
        for (const pressure of pressures) {
          look(pressure);
          const served = PRIORITIES.map((priority) => levels.serves(priority));
          assert.deepEqual(
            served,
            [...served].sort((left, right) => Number(left) - Number(right)),
          );
          assert.ok(levels.serves('critical'));
        }
      }),
    );
  });

  it('does not flap: it comes up at most once in so many looks, whatever the pressure does', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { maxLength: 200 }), (pressures) => {
        const { levels, look } = openLevels();
        let [before, raisedAt] = [0, Number.NEGATIVE_INFINITY];
        for (const [n, pressure] of pressures.entries()) {
          look(pressure);
          const now = rank(levels.current());
          if (now < before) {
            assert.equal(before - now, 1);
            assert.ok(n - raisedAt >= TICKS_TO_RAISE);
            raisedAt = n;
          }
          before = now;
        }
      }),
    );
  });

  it('is no higher under more pressure', () => {
    const pairs = fc.array(
      fc.tuple(fc.double({ min: 0, max: 4, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true })),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(pairs, (sequence) => {
        const [less, more] = [openLevels(), openLevels()];
        for (const [pressure, extra] of sequence) {
          less.look(pressure);
          more.look(pressure + extra);
          assert.ok(rank(more.levels.current()) >= rank(less.levels.current()));
        }
      }),
    );
  });
});
