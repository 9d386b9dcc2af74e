import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock as clock, seededFraction } from '../core/clock.ts';
import { createArrivals } from './arrivals.ts';
import { type OpenLoop, runClosedLoop, runOpenLoop } from './load.ts';

const constant = (ratePerS: number) => createArrivals('constant', ratePerS, () => 0);

function openLoop(overrides: Partial<OpenLoop>): OpenLoop {
  return {
    slots: 10,
    durationMs: 300,
    operationsMax: 1_000_000,
    nextArrivalMs: constant(1000),
    operation: async () => 'ok',
    drainMs: 30_000,
    spins: true,
    clock,
    ...overrides,
  };
}

describe('runClosedLoop', () => {
  it('keeps every client busy with one operation at a time until the time is over', async () => {
    const active = new Set<number>();
    let activeMax = 0;
    const operation = async (slot: number) => {
      ok(!active.has(slot), 'a client has two operations at once');
      active.add(slot);
      activeMax = Math.max(activeMax, active.size);
      await clock.sleep(5);
      active.delete(slot);
      return 'ok';
    };
    const result = await runClosedLoop({ slots: 8, durationMs: 200, operationsMax: 1e6, operation, clock });
    equal(activeMax, 8);
    ok(result.completed >= 8, `${result.completed} operations`);
    ok(result.durationMs >= 200 && result.latency.p50Ms >= 4);
  });

  it('stops at the greatest number of operations, exactly', async () => {
    const operation = () => clock.sleep(0).then(() => 'ok');
    const result = await runClosedLoop({
      slots: 7,
      durationMs: 60_000,
      operationsMax: 100,
      operation,
      clock,
    });
    equal(result.completed, 100);
  });

  it('counts what goes wrong by reason, and not as completed', async () => {
    let turn = 0;
    const operation = async () => ['ok', '503', 'ECONNRESET', '503'][turn++ % 4] ?? 'ok';
    const result = await runClosedLoop({ slots: 1, durationMs: 60_000, operationsMax: 40, operation, clock });
    equal(result.completed, 10);
    deepEqual(result.errors, { 503: 20, ECONNRESET: 10 });
    deepEqual([result.latency.count, result.failures.count], [10, 30]);
  });

  it('rests after an error, and shows in which slice each happened', async () => {
    const startMs = clock.monotonicMs();
    const operation = async () => (clock.monotonicMs() - startMs < 100 ? 'ECONNREFUSED' : 'ok');
    const load = { slots: 1, durationMs: 60_000, operationsMax: 100, sliceMs: 50, errorPauseMs: 20 };
    const { errors, slices } = await runClosedLoop({ ...load, operation, clock });
    ok((errors['ECONNREFUSED'] ?? 0) <= 6, `${errors['ECONNREFUSED']} tries in 100 ms`);
    deepEqual([slices[0]?.completed, slices[0]?.fromMs, slices[1]?.fromMs], [0, 0, 50]);
    ok((slices[0]?.errors['ECONNREFUSED'] ?? 0) > 0);
    equal(
      slices.reduce((sum, { completed }) => sum + completed, 0),
      100 - (errors['ECONNREFUSED'] ?? 0),
    );
  });
});

describe('runOpenLoop', () => {
  it('sends what the schedule says, at its instants', async () => {
    // Another process may have the processor in any one run, but not in all of them.
    const lagsMs: number[] = [];
    while (lagsMs.length < 20 && !lagsMs.some((lagMs) => lagMs < 2)) {
      const result = await runOpenLoop(openLoop({}));
      equal(result.completed, 300);
      lagsMs.push(result.sendLag.p50Ms);
    }
    ok(
      lagsMs.some((lagMs) => lagMs < 2),
      `half were sent ${lagsMs} ms late`,
    );
  });

  it('counts latency from the instant when an operation was due: a stall delays all that follow', async () => {
    // One connection, 1,000 a second, and a single stall of 100 ms. A closed loop would see one slow operation;
    // here about 100 people had to wait, 50 ms on average.
    let calls = 0;
    const operation = async () => {
      calls += 1;
      if (calls === 50) await clock.sleep(100);
      return 'ok';
    };
    const result = await runOpenLoop(openLoop({ slots: 1, operation }));
    equal(result.completed, 300);
    ok(result.latency.p90Ms > 50, `p90 ${result.latency.p90Ms} ms`);
    ok(result.latency.maxMs >= 95, `max ${result.latency.maxMs} ms`);
  });

  it('counts what is never answered, with the time it has waited, and what never got a connection', async () => {
    const operation = () => new Promise<string>(() => undefined);
    const result = await runOpenLoop(openLoop({ slots: 2, operation, drainMs: 50 }));
    equal(result.completed, 0);
    deepEqual(result.errors, { overdue: 300 });
    equal(result.latency.count, 300);
    ok(result.latency.maxMs >= 300);
  });

  it('ends as soon as the last answer is in', async () => {
    const startMs = clock.monotonicMs();
    await runOpenLoop(openLoop({ durationMs: 50, drainMs: 60_000, operation: async () => 'ok' }));
    await runOpenLoop(
      openLoop({ durationMs: 50, drainMs: 60_000, operation: () => clock.sleep(30).then(() => 'ok') }),
    );
    ok(clock.monotonicMs() - startMs < 5000);
  });

  it('stops at the greatest number of operations, exactly', async () => {
    equal((await runOpenLoop(openLoop({ operationsMax: 33 }))).completed, 33);
  });

  it('keeps a Poisson rate', async () => {
    const nextArrivalMs = createArrivals('poisson', 5000, seededFraction(1));
    const result = await runOpenLoop(openLoop({ nextArrivalMs, durationMs: 400 }));
    ok(Math.abs(result.completed - 2000) < 250, `${result.completed} of about 2,000`);
  });

  it('is a little late but complete when it does not spin', async () => {
    const result = await runOpenLoop(openLoop({ spins: false }));
    equal(result.completed, 300);
  });
});
