import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { munkres } from 'munkres';
import { seededFraction } from '../../../core/clock.ts';
import { assign, costOf } from './assignment.ts';
import { type AssignmentTask, type Candidate, NOBODY } from './assignment-task.ts';
import { assignGreedily } from './greedy-assignment.ts';

const FORBIDDEN = 1e9;
const UNASSIGNED = 1_000;

/** By the Hungarian algorithm on the whole matrix, where each request may also be left out. */
function lowestCost({ candidates, drivers, unassignedCost }: AssignmentTask): number {
  const matrix = candidates.map((each, request) => {
    const row = new Array<number>(drivers + candidates.length).fill(FORBIDDEN);
    for (const { driver, cost } of each) row[driver] = cost;
    row[drivers + request] = unassignedCost;
    return row;
  });
  return munkres(matrix).reduce((sum, [row, column]) => sum + (matrix[row]?.[column] ?? 0), 0);
}

/** Each request has a candidate who is its own, and each driver one request. */
function assertSound({ candidates }: AssignmentTask, driverOf: Int32Array): void {
  const taken = [...driverOf].filter((driver) => driver !== NOBODY);
  assert.equal(new Set(taken).size, taken.length);
  for (const [request, each] of candidates.entries()) {
    const driver = driverOf[request];
    assert.ok(driver === NOBODY || each.some((one) => one.driver === driver));
  }
}

const isSame = (one: number, other: number) => Math.abs(one - other) < 1e-6;

const tasks: fc.Arbitrary<AssignmentTask> = fc.integer({ min: 0, max: 8 }).chain((drivers) => {
  const cost = fc.oneof(fc.nat(20), fc.double({ min: 0, max: 1_500, noNaN: true }), fc.constant(UNASSIGNED));
  const candidate: fc.Arbitrary<Candidate> = fc.record({ driver: fc.nat(Math.max(0, drivers - 1)), cost });
  const request =
    drivers === 0
      ? fc.constant<Candidate[]>([])
      : fc.uniqueArray(candidate, { selector: ({ driver }) => driver, maxLength: drivers });
  return fc.record({
    candidates: fc.array(request, { minLength: 1, maxLength: 9 }),
    drivers: fc.constant(drivers),
    unassignedCost: fc.constantFrom(UNASSIGNED, 10, 0),
  });
});

describe('an assignment', () => {
  it('costs as little as any', () => {
    fc.assert(
      fc.property(tasks, (task) => {
        const { driverOf, optimal } = assign(task);
        assertSound(task, driverOf);
        assert.equal(optimal, task.candidates.length);
        assert.ok(
          isSame(costOf(task, driverOf), lowestCost(task)),
          `${costOf(task, driverOf)} ${lowestCost(task)}`,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('is one of drivers each once, whenever the time is over', () => {
    fc.assert(
      fc.property(tasks, fc.nat(9), (task, requests) => {
        let asked = 0;
        const isOver = () => {
          asked += 1;
          return asked > requests;
        };
        const { driverOf, optimal } = assign({ ...task, isOver });
        assert.equal(optimal, Math.min(requests, task.candidates.length));
        assertSound(task, driverOf);
        const whole = Math.max(0, ...task.candidates.map((each) => each.length));
        if (whole > 0) assert.ok(costOf(task, driverOf) >= lowestCost(task) - 1e-6);
      }),
    );
  });

  it('of four hundred requests takes a moment, and greed costs more', () => {
    for (const drivers of [400, 1_600]) {
      const task = townOf(400, drivers, 20, seededFraction(7));
      const startedMs = process.cpuUsage();
      const { driverOf } = assign(task);
      const { user, system } = process.cpuUsage(startedMs);
      assert.ok((user + system) / 1_000 < 1_000, `${(user + system) / 1_000} ms of CPU`);
      assertSound(task, driverOf);
      const greedy = new Int32Array(400).fill(NOBODY);
      assignGreedily(task, greedy);
      assertSound(task, greedy);
      assert.ok(costOf(task, driverOf) <= costOf(task, greedy));
      assert.ok(isSame(costOf(task, driverOf), lowestCost(task)));
    }
  });

  it('is refused for candidates that are none', () => {
    const one = (candidate: Candidate) => ({ candidates: [[candidate]], drivers: 1, unassignedCost: 1 });
    for (const candidate of [
      { driver: 1, cost: 0 },
      { driver: -1, cost: 0 },
      { driver: 0, cost: -1 },
      { driver: 0, cost: Number.NaN },
    ]) {
      assert.throws(() => assign(one(candidate)), /Assertion/);
    }
  });
});

/** Requests and drivers anywhere in a square, each request with the nearest drivers. */
function townOf(requests: number, drivers: number, nearest: number, draw: () => number): AssignmentTask {
  const places = (count: number) => Array.from({ length: count }, () => [draw(), draw()] as const);
  const cars = places(drivers);
  const candidates = places(requests).map(([x, y]) =>
    cars
      .map(([carX, carY], driver) => ({ driver, cost: 600 * Math.hypot(carX - x, carY - y) }))
      .sort((one, other) => one.cost - other.cost)
      .slice(0, nearest),
  );
  return { candidates, drivers, unassignedCost: UNASSIGNED };
}
