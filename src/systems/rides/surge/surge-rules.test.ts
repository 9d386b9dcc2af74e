import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CALM,
  type CellCounts,
  type CellSurge,
  nextSurge,
  percentOf,
  pressureOf,
  SMOOTHING_MS,
  type SurgeLevel,
} from './surge-rules.ts';

const LEVELS: readonly SurgeLevel[] = [
  { percent: 100, fromPressure: 0 },
  { percent: 150, fromPressure: 1_000 },
  { percent: 200, fromPressure: 2_000 },
  { percent: 300, fromPressure: 4_000 },
];

const count = fc.oneof(fc.nat(20), fc.nat(20_000));
const around = fc.array(fc.record({ requests: count, drivers: count }), { minLength: 7, maxLength: 7 });
const elapsed = fc.integer({ min: 60_000, max: 3_600_000 });
const inputs = fc.array(fc.tuple(around, elapsed), { maxLength: 20 });

type Inputs = readonly (readonly [readonly CellCounts[], number])[];

/** Whatever can come about. */
function runFrom(start: CellSurge, steps: Inputs): CellSurge[] {
  const surges = [start];
  for (const [counts, elapsedMs] of steps) {
    surges.push(nextSurge(LEVELS, surges.at(-1) ?? CALM, counts, elapsedMs));
  }
  return surges;
}

const levelsOf = (surges: readonly CellSurge[]) => surges.map(({ level }) => level);

describe('surge', () => {
  it('is nothing where nobody asks, and more where more ask than drive', () => {
    assert.equal(pressureOf([]), 0);
    assert.equal(pressureOf([{ requests: 0, drivers: 50 }]), 0);
    assert.equal(pressureOf([{ requests: 4, drivers: 1 }]), Math.round((4 * 6 * 1_000) / (6 + 12)));
    const neighbours = Array.from({ length: 6 }, () => ({ requests: 2, drivers: 0 }));
    assert.equal(pressureOf([{ requests: 2, drivers: 0 }, ...neighbours]), 2_000);
  });

  it('rises level by level, and falls level by level', () => {
    const rush = [{ requests: 100, drivers: 0 }];
    const steps: Inputs = [...Array(5).fill([rush, SMOOTHING_MS]), ...Array(12).fill([[], SMOOTHING_MS])];
    const percents = runFrom(CALM, steps).map((surge) => percentOf(LEVELS, surge));
    assert.deepEqual(percents.slice(0, 6), [100, 150, 200, 300, 300, 300]);
    assert.equal(percents.at(-1), 100);
  });

  it('stays among its levels, and moves by one at a time', () => {
    fc.assert(
      fc.property(inputs, (steps) => {
        const levels = levelsOf(runFrom(CALM, steps));
        for (const [index, level] of levels.entries()) {
          assert.ok(level >= 0 && level < LEVELS.length);
          assert.ok(Math.abs(level - (levels[index - 1] ?? level)) <= 1);
        }
      }),
    );
  });

  it('is never less where more ask, or fewer drive, all the time', () => {
    const more = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(inputs, more, (steps, changes) => {
        const busier = steps.map(([counts, elapsedMs]) => {
          const changed = counts.map(({ requests, drivers }, index) => {
            const [asking = 0, leaving = 0] = changes[index] ?? [];
            return { requests: requests + asking, drivers: Math.max(0, drivers - leaving) };
          });
          return [changed, elapsedMs] as const;
        });
        const [calmer, busy] = [runFrom(CALM, steps), runFrom(CALM, busier)];
        for (const [index, { level, pressure }] of calmer.entries()) {
          assert.ok((busy[index]?.pressure ?? 0) >= pressure);
          assert.ok((busy[index]?.level ?? 0) >= level);
        }
      }),
    );
  });

  it('does not come and go while nothing changes', () => {
    fc.assert(
      fc.property(inputs, around, elapsed, (steps, counts, elapsedMs) => {
        const start = runFrom(CALM, steps).at(-1) ?? CALM;
        const levels = levelsOf(runFrom(start, Array(100).fill([counts, elapsedMs])));
        const moves = levels
          .map((level, index) => level - (levels[index - 1] ?? level))
          .filter((move) => move !== 0);
        const turns = moves.filter((move, index) => index > 0 && move !== moves[index - 1]);
        assert.ok(turns.length <= 1, `${levels}`);
        assert.equal(new Set(levels.slice(-50)).size, 1, `${levels}`);
      }),
    );
  });

  it('comes to what it is, from above and from below, however slowly', () => {
    fc.assert(
      fc.property(fc.nat(20_000), around, elapsed, (pressure, counts, elapsedMs) => {
        const last = runFrom({ pressure, level: 0 }, Array(400).fill([counts, elapsedMs])).at(-1);
        assert.equal(last?.pressure, pressureOf(counts));
      }),
      { numRuns: 30 },
    );
  });

  it('goes on from levels that there are no more', () => {
    const { level } = nextSurge(LEVELS.slice(0, 2), { pressure: 9_000, level: 3 }, [], SMOOTHING_MS);
    assert.equal(level, 1);
    assert.equal(percentOf(LEVELS.slice(0, 2), { pressure: 0, level: 3 }), 150);
  });
});
