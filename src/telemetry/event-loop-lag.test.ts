import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../core/clock.ts';
import { lagOf, openEventLoopLagMonitor } from './event-loop-lag.ts';

describe('event-loop lag', () => {
  it('is what timers are late by, not how often they run', () => {
    const delays = { count: 50, mean: 10.5e6, max: 210e6, percentile: () => 30e6 };
    assert.deepEqual(lagOf(delays, 10), { meanMs: 0.5, sustainedMs: 0, p99Ms: 20, maxMs: 200 });
  });

  it('is zero without a measurement, and never negative', () => {
    assert.deepEqual(lagOf({ count: 0, mean: Number.NaN, max: 0, percentile: () => 0 }, 10), {
      meanMs: 0,
      sustainedMs: 0,
      p99Ms: 0,
      maxMs: 0,
    });
    assert.equal(lagOf({ count: 1, mean: 9e6, max: 9e6, percentile: () => 9e6 }, 10).maxMs, 0);
  });

  it('is sustained only as far as two samples agree', () => {
    const delays = { count: 2, mean: 410e6, max: 600e6, percentile: () => 600e6 };
    const blocked = lagOf(delays, 10, lagOf({ ...delays, mean: 12e6 }, 10));
    assert.equal(blocked.sustainedMs, 2);
    assert.equal(lagOf(delays, 10, blocked).sustainedMs, 400);
  });

  it('shows a loop that was blocked', { timeout: 10_000 }, async () => {
    const monitor = openEventLoopLagMonitor();
    try {
      while (monitor.current().maxMs < 100) {
        const blockedUntilMs = systemClock.monotonicMs() + 150;
        while (systemClock.monotonicMs() < blockedUntilMs);
        await nextTurn();
      }
    } finally {
      monitor.close();
    }
  });
});
