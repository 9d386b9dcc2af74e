/**
 * Puts the same chain before every call of a port:
 *
 *     metrics, span -> total deadline -> bulkhead -> retry -> circuit breaker -> time-out of the try -> adapter
 *
 * A call that succeeds at once costs about 3 us of CPU more than the bare one (200,000 calls of a method that
 * resolves at once, Node 20), of which 1.2 us are the counter and the histogram and most of the rest promises.
 */

import type { Clock, Randomness } from '../core/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { BreakerState, Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';
import { type Bulkhead, type BulkheadLimits, createBulkhead } from './bulkhead.ts';
import { type Call, type CallChain, createCallChain } from './call-chain.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import type { PortStates } from './port-states.ts';
import { createRetryBudget } from './retry.ts';

/** What a call of one method may take. A function decides by the arguments of the call. */
export interface MethodPolicy<Args extends readonly unknown[]> {
  /** Making the call twice has the effect of making it once. */
  readonly idempotent: boolean | ((...args: Args) => boolean);
  /** For the whole call: waiting, tries and pauses. */
  readonly totalMs: number | ((...args: Args) => number);
  /** For one try. The adapter should give up by itself a little earlier; this catches what it does not. */
  readonly tryMs: number | ((...args: Args) => number);
  /** 0 where what the call is given can be read only once, so that not even one that had no effect can be made again. */
  readonly retriesMax?: number;
  /** A bulkhead of its own instead of the port's. */
  readonly bulkhead?: BulkheadLimits;
  /** The method's name in metrics and spans, from a bounded set, such as the statement's name. */
  readonly label?: (...args: Args) => string;
}

type AsyncMethod = (...args: never[]) => Promise<unknown>;

/** A policy for any method that returns a promise. Methods without one pass through as they are. */
export type MethodPolicies<Port> = {
  readonly [Name in keyof Port as Port[Name] extends AsyncMethod ? Name : never]?: Port[Name] extends (
    ...args: infer Args
  ) => unknown
    ? MethodPolicy<Args>
    : never;
};

export interface WrapPortDeps {
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'fraction'>;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly log: Log;
  readonly states?: PortStates;
}

export interface WrapPortOptions<Port> {
  /** As the design calls it, such as `sql-store`. */
  readonly name: string;
  readonly methods: MethodPolicies<Port>;
  /** Shared by all methods that have none of their own; the breaker and the retry budget always are. */
  readonly bulkhead: BulkheadLimits;
  /** Calls the listener whenever what was away is known to be there again, so that an open breaker does not wait any longer. */
  readonly onReturn?: (listener: () => void) => void;
  readonly deps: WrapPortDeps;
}

/** The same port, to its callers, with the same results and the same error objects. */
export function wrapPort<Port extends object>(port: Port, options: WrapPortOptions<Port>): Port {
  const chainOf = createChains(options);
  const wrapped = {};
  for (const name of memberNamesOf(port)) {
    const member: unknown = Reflect.get(port, name);
    // The type of `methods` holds policies to this shape; the arguments are those of the caller either way.
    const policy = Reflect.get(options.methods, name) as MethodPolicy<unknown[]> | undefined;
    Object.defineProperty(wrapped, name, {
      enumerable: true,
      ...(typeof member !== 'function'
        ? { get: () => Reflect.get(port, name) }
        : {
            value:
              policy === undefined ? member.bind(port) : chained(port, member, String(name), policy, chainOf),
          }),
    });
  }
  // Every member of the port is there under its name; TypeScript cannot follow that through the loop.
  return wrapped as Port;
}

type ChainOf = (method: string, policy: MethodPolicy<unknown[]>) => CallChain;

function chained(
  port: object,
  // `typeof … === 'function'` tells TypeScript no more than this.
  method: CallableFunction,
  name: string,
  policy: MethodPolicy<unknown[]>,
  chainOf: ChainOf,
): (...args: unknown[]) => Promise<unknown> {
  const chain = chainOf(name, policy);
  return (...args) => chain.run(callOf(name, policy, args, () => Reflect.apply(method, port, args)));
}

/** Also those that a class keeps on its prototype. */
function memberNamesOf(port: object): Set<string | symbol> {
  const names = new Set<string | symbol>();
  for (let owner = port; owner !== Object.prototype && owner !== null; owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) names.add(name);
  }
  names.delete('constructor');
  return names;
}

function callOf(
  name: string,
  policy: MethodPolicy<unknown[]>,
  args: unknown[],
  invoke: () => Promise<unknown>,
): Call {
  const { idempotent, totalMs, tryMs, retriesMax, label } = policy;
  return {
    label: label === undefined ? name : label(...args),
    idempotent: typeof idempotent === 'function' ? idempotent(...args) : idempotent,
    totalMs: typeof totalMs === 'function' ? totalMs(...args) : totalMs,
    tryMs: typeof tryMs === 'function' ? tryMs(...args) : tryMs,
    retriesMax,
    invoke,
  };
}

function createChains<Port>({ name, bulkhead, onReturn, deps }: WrapPortOptions<Port>): ChainOf {
  const { clock, metrics, log } = deps;
  const budget = createRetryBudget();
  const breaker = createCircuitBreaker({
    clock,
    onChange(state) {
      metrics.resilienceEvent(name, `breaker_${state}`);
      log.warn({ port: name, state }, 'the circuit breaker of a port changed');
    },
  });
  onReturn?.(breaker.close);
  /** Once its time is over, an open one lets the next call through, whenever that comes: perhaps all is well again. */
  const breakerState = (): BreakerState =>
    breaker.state() === 'open' && breaker.retryAfterMs() === 0 ? 'half_open' : breaker.state();
  metrics.watchBreaker(name, breakerState);
  const bulkheads: Bulkhead[] = [];
  const openBulkhead = (queue: string, limits: BulkheadLimits): Bulkhead => {
    const onRefused = (reason: string) => metrics.resilienceEvent(name, reason);
    const opened = createBulkhead({ clock, ...limits, onRefused });
    bulkheads.push(opened);
    metrics.watchQueue(queue, opened.waiting);
    return opened;
  };
  const shared = openBulkhead(name, bulkhead);
  const waiting = (): number => bulkheads.reduce((sum, opened) => sum + opened.waiting(), 0);
  deps.states?.add({ name, breaker: breakerState, waiting });
  return (method, policy) => {
    const own = policy.bulkhead && openBulkhead(`${name}.${method}`, policy.bulkhead);
    return createCallChain({ port: name, bulkhead: own ?? shared, breaker, budget, ...deps });
  };
}
