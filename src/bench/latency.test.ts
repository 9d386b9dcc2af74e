import { equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLatencyRecorder, LATENCY_MAX_MS } from './latency.ts';

describe('createLatencyRecorder', () => {
  it('knows every percentile to three digits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 5000, noNaN: true }), { minLength: 1 }),
        (durations) => {
          const recorder = createLatencyRecorder();
          for (const duration of durations) recorder.record(duration);
          const sorted = durations.toSorted((left, right) => left - right);
          const summary = recorder.summary();
          equal(summary.count, durations.length);
          for (const [percentile, measured] of [
            [0.5, summary.p50Ms],
            [0.9, summary.p90Ms],
            [0.99, summary.p99Ms],
            [1, summary.maxMs],
          ] as const) {
            const exact = sorted[Math.ceil(percentile * sorted.length) - 1] ?? Number.NaN;
            ok(Math.abs(measured - exact) <= exact * 0.002 + 0.002, `${measured} is not ${exact}`);
          }
        },
      ),
    );
  });

  it('records what is longer than the limit as the limit, and nothing as nothing', () => {
    const recorder = createLatencyRecorder();
    equal(recorder.summary().maxMs, 0);
    equal(recorder.summary().meanMs, 0);
    recorder.record(LATENCY_MAX_MS + 1);
    recorder.record(-1);
    equal(recorder.summary().count, 2);
    ok(recorder.summary().maxMs <= LATENCY_MAX_MS * 1.001);
  });
});
