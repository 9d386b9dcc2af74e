/** The way of one call through the wrappers of a port, from the outermost in. */

import type { Clock, Randomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';
import type { Bulkhead } from './bulkhead.ts';
import { type CircuitBreaker, circuitOpen, outcomeOfError, type Pass } from './circuit-breaker.ts';
import {
  createTimeoutQueue,
  type Deadline,
  deadlineIn,
  type TimeoutQueue,
  timedOut,
  withTimeout,
} from './deadline.ts';
import { isRetryable, RETRIES_MAX, type RetryBudget, retryDelayMs } from './retry.ts';

export interface Call {
  readonly label: string;
  readonly idempotent: boolean;
  readonly totalMs: number;
  readonly tryMs: number;
  /** By default RETRIES_MAX. */
  readonly retriesMax?: number | undefined;
  readonly invoke: () => Promise<unknown>;
}

export interface CallChainOptions {
  readonly port: string;
  readonly bulkhead: Bulkhead;
  readonly breaker: CircuitBreaker;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'fraction'>;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

export interface CallChain {
  run(call: Call): Promise<unknown>;
}

/** A try may end so much after the total deadline, so that totals equal to the time of a try need no timer apart. */
const OVERRUN_MS_MAX = 10;

export function createCallChain(options: CallChainOptions): CallChain {
  const { port, bulkhead, breaker, budget, clock, randomness, metrics, tracing } = options;
  const event = (name: string) => metrics.resilienceEvent(port, name);
  const timeoutsOf = createTimeoutQueues(clock);

  async function observed(call: Call): Promise<unknown> {
    const startMs = clock.monotonicMs();
    let outcome = 'ok';
    try {
      return await admitted(call, deadlineIn(clock, call.totalMs));
    } catch (error) {
      outcome = error instanceof AppError ? error.code : 'error';
      throw error;
    } finally {
      metrics.portCall(port, call.label, outcome, (clock.monotonicMs() - startMs) / 1_000);
    }
  }

  async function admitted(call: Call, deadline: Deadline): Promise<unknown> {
    const turn = bulkhead.enter();
    if (turn !== undefined) await turn;
    try {
      if (deadline.remainingMs() <= 0) throw timedOut(call.totalMs, 'not_applied');
      return await retried(call, deadline);
    } finally {
      bulkhead.leave();
    }
  }

  async function retried(call: Call, deadline: Deadline): Promise<unknown> {
    budget.deposit();
    let failure: unknown;
    for (let retries = 0; ; retries += 1) {
      const pass = breaker.enter();
      if (pass === undefined) {
        event('breaker_refused');
        throw retries === 0 ? circuitOpen(breaker.retryAfterMs()) : failure;
      }
      try {
        return await tried(call, deadline, pass);
      } catch (error) {
        failure = retries === 0 ? error : moreCautious(failure, error);
        if (!(await pausedForRetry(call, deadline, retries, error))) throw failure;
      }
    }
  }

  /** Waits as long as a retry should, or says at once that there is to be none. */
  async function pausedForRetry(
    call: Call,
    deadline: Deadline,
    retries: number,
    error: unknown,
  ): Promise<boolean> {
    if (retries >= (call.retriesMax ?? RETRIES_MAX) || !isRetryable(error, call.idempotent)) return false;
    const delayMs = retryDelayMs(retries, randomness.fraction());
    if (deadline.remainingMs() <= delayMs) return false;
    if (!budget.withdraw()) {
      event('retry_budget_spent');
      return false;
    }
    event('retry');
    await clock.sleep(delayMs);
    return true;
  }

  async function tried(call: Call, deadline: Deadline, pass: Pass): Promise<unknown> {
    try {
      const result = await timed(call, deadline.remainingMs());
      breaker.leave(pass, 'success');
      return result;
    } catch (error) {
      breaker.leave(pass, outcomeOfError(error));
      throw error;
    }
  }

  function timed(call: Call, remainingMs: number): Promise<unknown> {
    if (remainingMs >= call.tryMs - OVERRUN_MS_MAX)
      return withTimeout(timeoutsOf(call.tryMs), call.tryMs, call.invoke());
    // Rare, and every time another duration: a queue for this one.
    return withTimeout(createTimeoutQueue(clock, remainingMs), remainingMs, call.invoke());
  }

  return {
    run: tracing.enabled
      ? (call) => tracing.span(`${port} ${call.label}`, {}, () => observed(call))
      : observed,
  };
}

/** After an earlier try that may have had its effect, "this try had none" must not be what the caller hears. */
function moreCautious(earlier: unknown, latest: unknown): unknown {
  const certain = isRetryable(latest, false);
  return certain && !isRetryable(earlier, false) ? earlier : latest;
}

/** One queue for each duration that policies name; there are a handful. */
function createTimeoutQueues(clock: Clock): (durationMs: number) => TimeoutQueue {
  const queues = new Map<number, TimeoutQueue>();
  return (durationMs) => {
    const queue = queues.get(durationMs) ?? createTimeoutQueue(clock, durationMs);
    queues.set(durationMs, queue);
    return queue;
  };
}
