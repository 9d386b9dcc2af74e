import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError, type ErrorCode } from '../core/errors.ts';
import {
  createRetryBudget,
  isRetryable,
  RETRY_DELAY_MS_MAX,
  RETRY_RATIO,
  RETRY_RESERVE,
  retryDelayMs,
} from './retry.ts';

const CODES: readonly ErrorCode[] = [
  'not_found',
  'conflict',
  'invalid',
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'unavailable',
  'timeout',
  'internal',
];

describe('retry', () => {
  it('tries again only after an outage, and only what may be made twice or certainly had no effect', () => {
    for (const code of CODES) {
      const outage = code === 'unavailable' || code === 'timeout';
      assert.equal(isRetryable(new AppError(code, ''), true), outage);
      assert.equal(isRetryable(new AppError(code, ''), false), false);
      assert.equal(isRetryable(new AppError(code, '', { outcome: 'not_applied' }), false), outage);
    }
    assert.equal(isRetryable(new Error('a defect'), true), false);
  });

  it('pauses between nothing and a bound that doubles from 25 ms to a second', () => {
    assert.deepEqual(
      [0, 1, 2, 5, 6, 20].map((retry) => retryDelayMs(retry, 1)),
      [25, 50, 100, 800, RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MAX],
    );
    assert.equal(retryDelayMs(3, 0), 0);
  });

  it('spends at most its reserve and a share of the calls', () => {
    const steps = fc.array(fc.constantFrom('call', 'retry'), { maxLength: 500 });
    fc.assert(
      fc.property(steps, (sequence) => {
        const budget = createRetryBudget();
        let calls = 0;
        let retries = 0;
        for (const step of sequence) {
          if (step === 'call') {
            budget.deposit();
            calls += 1;
          } else if (budget.withdraw()) retries += 1;
          assert.ok(retries <= RETRY_RESERVE + calls * RETRY_RATIO + 1e-9);
        }
      }),
    );
  });

  it('earns retries back, but saves no more than its reserve', () => {
    const budget = createRetryBudget(0.5, 2);
    for (let n = 0; n < 100; n += 1) budget.deposit();
    assert.deepEqual([budget.withdraw(), budget.withdraw(), budget.withdraw()], [true, true, false]);
    budget.deposit();
    assert.equal(budget.withdraw(), false);
    budget.deposit();
    assert.equal(budget.withdraw(), true);
  });
});
