import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ATTEMPTS_MAX,
  DELAY_MAX_MS,
  FAILURES_MAX,
  PAUSE_MAX_MS,
  pauseMs,
  retryAfterMs,
  retryDelayMs,
} from './retry-schedule.ts';

const DAY_MS = 86_400_000;
const fractions = fc.double({ min: 0, max: 0.999_999, noNaN: true });

describe('the retries of a delivery', () => {
  it('begin after seconds and end after about three days', () => {
    const delays = Array.from({ length: ATTEMPTS_MAX - 1 }, (_, n) => retryDelayMs(n + 1, 0.5) ?? 0);
    assert.deepEqual(delays.slice(0, 4), [5_000, 20_000, 80_000, 320_000]);
    assert.equal(delays.at(-1), DELAY_MAX_MS);
    const totalMs = delays.reduce((sum, delay) => sum + delay, 0);
    assert.ok(totalMs > 2.5 * DAY_MS && totalMs < 3 * DAY_MS, `${totalMs / DAY_MS} days`);
    assert.equal(retryDelayMs(ATTEMPTS_MAX, 0.5), undefined);
  });

  it('spread by a quarter to both sides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ATTEMPTS_MAX - 1 }), fractions, (attempts, fraction) => {
        const middle = retryDelayMs(attempts, 0.5) ?? 0;
        const delay = retryDelayMs(attempts, fraction) ?? 0;
        assert.ok(delay >= middle * 0.75 && delay <= middle * 1.25);
      }),
    );
  });
});

describe('the pause of a webhook', () => {
  it('begins with the fifth failure in a row, doubles, and has an end', () => {
    assert.equal(pauseMs(FAILURES_MAX - 1, 0.5), 0);
    assert.equal(pauseMs(FAILURES_MAX, 0.5), 30_000);
    assert.equal(pauseMs(FAILURES_MAX + 1, 0.5), 60_000);
    for (const failures of [FAILURES_MAX + 7, 1_000, 2_000_000_000]) {
      assert.equal(pauseMs(failures, 0.5), PAUSE_MAX_MS);
    }
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 1);

  it('is seconds or a date, and never more than the longest delay', () => {
    assert.equal(retryAfterMs('120', nowMs), 120_000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', nowMs), 60_000);
    assert.equal(retryAfterMs('9999999999', nowMs), DELAY_MAX_MS);
    assert.equal(retryAfterMs('Fri, 01 Jan 2100 00:00:00 GMT', nowMs), DELAY_MAX_MS);
  });

  it('means nothing where it says nothing, or lies in the past', () => {
    for (const header of [undefined, '', 'soon', '-5', 'Mon, 01 Jan 1990 00:00:00 GMT']) {
      assert.equal(retryAfterMs(header, nowMs), 0, header);
    }
  });
});
