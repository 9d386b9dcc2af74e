import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { AppError, notFound } from '../core/errors.ts';
import type { BreakerState } from '../telemetry/metrics.ts';
import {
  CALLS_MIN,
  type CallOutcome,
  createCircuitBreaker,
  OPEN_MS_MAX,
  OPEN_MS_MIN,
  outcomeOfError,
  type Pass,
  PROBES,
  WINDOW_MS,
} from './circuit-breaker.ts';

function openBreaker() {
  const clock = createManualClock();
  const changes: BreakerState[] = [];
  const breaker = createCircuitBreaker({ clock, onChange: (state) => changes.push(state) });
  return { breaker, clock, changes };
}

type Opened = ReturnType<typeof openBreaker>;

function callTimes({ breaker }: Opened, times: number, outcome: CallOutcome): void {
  for (let n = 0; n < times; n += 1) {
    const pass = breaker.enter();
    if (pass !== undefined) breaker.leave(pass, outcome);
  }
}

function passes({ breaker }: Opened, times: number): Pass[] {
  return Array.from({ length: times }, () => breaker.enter()).filter((pass) => pass !== undefined);
}

describe('circuit breaker', () => {
  it('opens at half of at least twenty calls, and not one below either', () => {
    const tooFew = openBreaker();
    callTimes(tooFew, CALLS_MIN - 1, 'failure');
    assert.equal(tooFew.breaker.state(), 'closed');
    callTimes(tooFew, 1, 'failure');
    assert.equal(tooFew.breaker.state(), 'open');

    const underHalf = openBreaker();
    callTimes(underHalf, 11, 'success');
    callTimes(underHalf, 10, 'failure');
    assert.equal(underHalf.breaker.state(), 'closed');
    callTimes(underHalf, 1, 'failure');
    assert.equal(underHalf.breaker.state(), 'open');
  });

  it('forgets calls older than its window', () => {
    const opened = openBreaker();
    callTimes(opened, CALLS_MIN - 1, 'failure');
    opened.clock.skip(WINDOW_MS);
    callTimes(opened, CALLS_MIN - 1, 'failure');
    assert.equal(opened.breaker.state(), 'closed');
  });

  it('lets nothing through while open, three probes after that, and closes when all have succeeded', () => {
    const opened = openBreaker();
    const { breaker, clock, changes } = opened;
    callTimes(opened, CALLS_MIN, 'failure');
    assert.equal(breaker.retryAfterMs(), OPEN_MS_MIN);
    clock.skip(OPEN_MS_MIN - 1);
    assert.equal(breaker.enter(), undefined);
    clock.skip(1);
    const probes = passes(opened, PROBES + 1);
    assert.equal(probes.length, PROBES);
    for (const pass of probes) breaker.leave(pass, 'success');
    assert.deepEqual(changes, ['open', 'half_open', 'closed']);
    callTimes(opened, CALLS_MIN - 1, 'failure');
    assert.equal(breaker.state(), 'closed');
  });

  it('stays open twice as long after each failed probe, up to its maximum, and starts anew once closed', () => {
    const opened = openBreaker();
    const { breaker, clock } = opened;
    callTimes(opened, CALLS_MIN, 'failure');
    for (const openMs of [OPEN_MS_MIN, 2_000, 4_000, OPEN_MS_MAX, OPEN_MS_MAX]) {
      assert.equal(breaker.retryAfterMs(), openMs);
      clock.skip(openMs);
      callTimes(opened, 1, 'failure');
    }
    clock.skip(OPEN_MS_MAX);
    callTimes(opened, PROBES, 'success');
    callTimes(opened, CALLS_MIN, 'failure');
    assert.equal(breaker.retryAfterMs(), OPEN_MS_MIN);
  });

  it('is closed by whoever knows that the port is back, without its past', () => {
    const opened = openBreaker();
    const late = passes(opened, 2);
    callTimes(opened, CALLS_MIN, 'failure');
    opened.clock.skip(OPEN_MS_MIN);
    callTimes(opened, 1, 'failure');
    opened.breaker.close();
    assert.deepEqual(opened.changes, ['open', 'half_open', 'open', 'closed']);
    for (const pass of late) opened.breaker.leave(pass, 'failure');
    callTimes(opened, CALLS_MIN - 1, 'failure');
    assert.equal(opened.breaker.state(), 'closed');
    callTimes(opened, 1, 'failure');
    assert.equal(opened.breaker.retryAfterMs(), OPEN_MS_MIN);
  });

  it('takes no notice of calls that began before it opened', () => {
    const opened = openBreaker();
    const { breaker, clock } = opened;
    const early = passes(opened, 4);
    callTimes(opened, CALLS_MIN, 'failure');
    clock.skip(OPEN_MS_MIN);
    const [probe] = passes(opened, 1);
    for (const pass of early) breaker.leave(pass, 'success');
    assert.equal(breaker.state(), 'half_open');
    breaker.leave(probe ?? -1, 'failure');
    for (const pass of early) breaker.leave(pass, 'failure');
    assert.equal(breaker.retryAfterMs(), 2 * OPEN_MS_MIN);
  });

  it('gives the place of a probe that says nothing to another', () => {
    const opened = openBreaker();
    callTimes(opened, CALLS_MIN, 'failure');
    opened.clock.skip(OPEN_MS_MIN);
    callTimes(opened, 10, 'neutral');
    assert.equal(opened.breaker.state(), 'half_open');
    callTimes(opened, PROBES, 'success');
    assert.equal(opened.breaker.state(), 'closed');
  });

  it('is not held half open by probes that never come back', () => {
    const opened = openBreaker();
    callTimes(opened, CALLS_MIN, 'failure');
    opened.clock.skip(OPEN_MS_MIN);
    assert.equal(passes(opened, 10).length, PROBES);
    opened.clock.skip(OPEN_MS_MAX);
    callTimes(opened, PROBES, 'success');
    assert.equal(opened.breaker.state(), 'closed');
  });

  it('takes only outages for failures of the port', () => {
    assert.equal(outcomeOfError(new AppError('unavailable', '')), 'failure');
    assert.equal(outcomeOfError(new AppError('timeout', '')), 'failure');
    for (const code of ['not_found', 'conflict', 'invalid', 'forbidden', 'rate_limited'] as const) {
      assert.equal(outcomeOfError(new AppError(code, '')), 'success');
    }
    assert.equal(outcomeOfError(notFound('post')), 'success');
    assert.equal(outcomeOfError(new AppError('internal', '')), 'neutral');
    assert.equal(outcomeOfError(new TypeError('a defect of ours')), 'neutral');
  });

  it('follows its rules through any sequence of calls, results and pauses, and always recovers', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('enter' as const) }) },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('leave' as const),
          which: fc.nat(),
          outcome: fc.constantFrom<CallOutcome>('success', 'failure', 'failure', 'neutral'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(12_000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (sequence) => {
        const opened = openBreaker();
        const { breaker, clock } = opened;
        const model = createModel();
        const out: { pass: Pass; period: number }[] = [];
        for (const drawn of sequence) {
          const nowMs = clock.monotonicMs();
          if (drawn.kind === 'wait') clock.skip(drawn.ms);
          else if (drawn.kind === 'enter') {
            const pass = breaker.enter();
            const period = model.enter(nowMs);
            assert.equal(pass !== undefined, period !== undefined);
            if (pass !== undefined && period !== undefined) out.push({ pass, period });
          } else if (out.length > 0) {
            const [call] = out.splice(drawn.which % out.length, 1);
            breaker.leave(call?.pass ?? -1, drawn.outcome);
            model.leave(nowMs, call?.period ?? -1, drawn.outcome);
          }
          assert.equal(breaker.state(), model.state());
        }
        clock.skip(OPEN_MS_MAX);
        for (let n = 0; n < 2 && breaker.state() !== 'closed'; n += 1) {
          callTimes(opened, PROBES, 'success');
          clock.skip(OPEN_MS_MAX);
        }
        assert.equal(breaker.state(), 'closed');
      }),
      { numRuns: 300 },
    );
  });
});

/** The breaker as its rules say it, from whole histories instead of counters. */
function createModel() {
  const periods: {
    state: BreakerState;
    fromMs: number;
    results: { atMs: number; outcome: CallOutcome }[];
  }[] = [];
  let enteredMs: number[] = [];
  const start = (state: BreakerState, fromMs: number) => {
    periods.push({ state, fromMs, results: [] });
    enteredMs = [];
  };
  start('closed', 0);
  const current = () => periods.at(-1) ?? assert.fail();
  const second = (ms: number) => Math.floor(ms / 1_000);

  function openUntilMs(): number {
    const lastClosed = periods.findLastIndex(({ state }) => state === 'closed');
    const openings = periods.slice(lastClosed).filter(({ state }) => state === 'open').length;
    return current().fromMs + Math.min(OPEN_MS_MAX, OPEN_MS_MIN * 2 ** (openings - 1));
  }

  function shouldOpen(nowMs: number): boolean {
    const recent = current().results.filter(
      ({ atMs, outcome }) => outcome !== 'neutral' && second(atMs) > second(nowMs) - WINDOW_MS / 1_000,
    );
    const failures = recent.filter(({ outcome }) => outcome === 'failure').length;
    return recent.length >= CALLS_MIN && failures >= recent.length / 2;
  }

  return {
    state: () => current().state,
    enter(nowMs: number): number | undefined {
      if (current().state === 'open') {
        if (nowMs < openUntilMs()) return undefined;
        start('half_open', nowMs);
      }
      if (current().state === 'half_open') {
        const wasted = current().results.filter(({ outcome }) => outcome === 'neutral').length;
        if (enteredMs.length - wasted >= PROBES) {
          if (nowMs - (enteredMs.at(-1) ?? 0) < OPEN_MS_MAX) return undefined;
          start('half_open', nowMs);
        }
        enteredMs.push(nowMs);
      }
      return periods.length - 1;
    },
    leave(nowMs: number, period: number, outcome: CallOutcome): void {
      if (period !== periods.length - 1) return;
      const { state, results } = current();
      results.push({ atMs: nowMs, outcome });
      const successes = results.filter((result) => result.outcome === 'success').length;
      if (state === 'half_open' && outcome === 'failure') start('open', nowMs);
      else if (state === 'half_open' && successes === PROBES) start('closed', nowMs);
      else if (state === 'closed' && outcome === 'failure' && shouldOpen(nowMs)) start('open', nowMs);
    },
  };
}
