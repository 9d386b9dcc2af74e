import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AttemptResult, outcomeOf } from './attempt.ts';
import { ATTEMPTS_MAX, FAILING_MAX_MS, FAILURES_MAX } from './retry-schedule.ts';

const AT = new Date('2026-01-01T00:00:00.000Z');
const MIDDLE = { fraction: () => 0.5 };
const HEALTHY = { failures: 0, failing_since: null };

function failed(change: Partial<AttemptResult> = {}): AttemptResult {
  return { at: AT, tookMs: 100, status: 500, responseBody: '', error: 'no', retryAfterMs: 0, ...change };
}

function afterMs(date: Date | null): number | undefined {
  return date === null ? undefined : date.getTime() - AT.getTime();
}

describe('the outcome of an attempt', () => {
  it('is a delivery, which ends every trouble of the webhook', () => {
    const troubled = { failures: 7, failing_since: new Date(0) };
    assert.deepEqual(outcomeOf(troubled, 3, failed({ status: 204, error: null }), MIDDLE), {
      state: 'delivered',
      dueAt: null,
      failures: 0,
      failingSince: null,
      pausedUntil: null,
      disable: undefined,
    });
  });

  it('is a retry counted from the end of the attempt, and the beginning of trouble from its start', () => {
    const outcome = outcomeOf(HEALTHY, 1, failed(), MIDDLE);
    assert.equal(outcome.state, 'waiting');
    assert.equal(afterMs(outcome.dueAt), 5_100);
    assert.deepEqual([outcome.failures, outcome.failingSince, outcome.pausedUntil], [1, AT, null]);
  });

  it('heeds a Retry-After that is later than our own delay, and pauses all for one of an overloaded server', () => {
    assert.equal(afterMs(outcomeOf(HEALTHY, 1, failed({ retryAfterMs: 60_000 }), MIDDLE).dueAt), 60_100);
    assert.equal(afterMs(outcomeOf(HEALTHY, 1, failed({ retryAfterMs: 1_000 }), MIDDLE).dueAt), 5_100);
    const pauseOf = (status: number) =>
      afterMs(outcomeOf(HEALTHY, 1, failed({ status, retryAfterMs: 60_000 }), MIDDLE).pausedUntil);
    assert.deepEqual([500, 429, 503].map(pauseOf), [undefined, 60_100, 60_100]);
  });

  it('pauses the webhook from the fifth failure in a row on', () => {
    const outcome = outcomeOf({ failures: FAILURES_MAX - 1, failing_since: AT }, 1, failed(), MIDDLE);
    assert.equal(afterMs(outcome.pausedUntil), 30_100);
  });

  it('disables the webhook for 410, or when it has failed too long', () => {
    assert.equal(outcomeOf(HEALTHY, 1, failed({ status: 410 }), MIDDLE).disable, 'gone');
    const since = (ms: number) => ({ failures: 9, failing_since: new Date(AT.getTime() - ms) });
    assert.equal(outcomeOf(since(FAILING_MAX_MS - 100), 1, failed(), MIDDLE).disable, 'failing');
    assert.equal(outcomeOf(since(FAILING_MAX_MS - 101), 1, failed(), MIDDLE).disable, undefined);
  });

  it('leaves a delivery to wait exactly if it has attempts left, whatever else is so', () => {
    const results = fc.record({
      status: fc.option(fc.integer({ min: 300, max: 599 })),
      tookMs: fc.integer({ min: 0, max: 20_000 }),
      retryAfterMs: fc.integer({ min: 0, max: 43_200_000 }),
    });
    const numbers = fc.integer({ min: 1, max: ATTEMPTS_MAX });
    const fractions = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(results, numbers, fractions, (change, attempts, fraction) => {
        const outcome = outcomeOf(HEALTHY, attempts, failed(change), { fraction: () => fraction });
        assert.equal(outcome.state, attempts === ATTEMPTS_MAX ? 'failed' : 'waiting');
        assert.equal(outcome.dueAt === null, outcome.state === 'failed');
        if (outcome.dueAt !== null) assert.ok(outcome.dueAt.getTime() > AT.getTime() + change.tookMs);
      }),
    );
  });
});
