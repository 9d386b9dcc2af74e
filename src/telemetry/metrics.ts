/**
 * The metrics of one process in Prometheus' text format. Every label has a bounded set of values: a route is its
 * template, never a path, and past the limit further values count as `other`.
 */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { PRIORITIES, type Priority } from '../core/priority.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { createCounter, createHistogram, type Tally } from './tallies.ts';

/** How a port call ended: `ok`, or the code of its error. */
export type PortOutcome = 'ok' | (string & {});

export interface PoolState {
  /** Connections in use. */
  readonly active: number;
  readonly idle: number;
  /** Callers waiting for a connection. */
  readonly waiting: number;
  readonly max: number;
}

/** What a consumer group has yet to handle of a topic. */
export interface ConsumerLag {
  readonly group: string;
  readonly topic: string;
  readonly waiting: number;
  readonly retrying: number;
  readonly dead: number;
}

export interface Metrics {
  readonly contentType: string;
  /** Asks every gauge now. */
  render(): Promise<string>;
  requestStarted(): void;
  requestEnded(request: EndedRequest): void;
  portCall(port: string, method: string, outcome: PortOutcome, durationS: number): void;
  /** A retry, a refusal by a full bulkhead, a call stopped by an open breaker and the like. */
  resilienceEvent(port: string, event: string): void;
  /** A request refused to protect the rest: rate limit, load shedding. */
  refusal(reason: string): void;
  /** Reads the pool's state at every scrape. */
  watchPool(name: string, state: () => PoolState): void;
  /** Events whose effects have committed, `latencyS` after the oldest of them was created. */
  eventsHandled(group: string, topic: string, events: number, latencyS: number): void;
  /** An event that failed: to be tried again, or a dead letter now. */
  eventFailed(group: string, topic: string, outcome: 'retry' | 'dead'): void;
  /** Reads the lag of all groups at every scrape, once for scrapes at the same time; a failing reading is left out. */
  watchLag(lag: () => Promise<readonly ConsumerLag[]>): void;
  /** Reads at every scrape since when the oldest event waits to reach the log, in ms. */
  watchOutbox(ageMs: () => Promise<number>): void;
  /** Reads the length of a queue in this process at every scrape. */
  watchQueue(name: string, length: () => number): void;
  watchEventLoop(lag: () => EventLoopLag): void;
  watchBreaker(port: string, state: () => BreakerState): void;
  /** `freeBytes` is `undefined` while the disk has not been read. */
  watchDisk(state: () => { readonly freeBytes: number | undefined; readonly reserveBytes: number }): void;
  /** For what only one part of the product counts. */
  readonly registry: Registry;
}

/** Of a circuit breaker: closed lets all through, half open a few probes, open nothing. */
export type BreakerState = 'closed' | 'half_open' | 'open';

export interface EndedRequest {
  readonly method: string;
  /** The template, such as `/api/v1/posts/:post_id`; `undefined` where no route matched. */
  readonly route: string | undefined;
  /** `exempt`: for whoever operates the server, so it counts for no objective. */
  readonly priority: Priority | 'exempt';
  readonly status: number;
  readonly durationS: number;
}

export interface MetricsOptions {
  readonly version: string;
  /** CPU, memory, handles and garbage collection of the process; off where many are made, as in tests. */
  readonly processMetrics?: boolean;
}

export const ROUTES_MAX = 300;
export const PORT_METHODS_MAX = 300;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const BREAKER_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };
/** From a cached read (under 1 ms) to the longest request we let run. */
const REQUEST_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a consumer that is awake (some 10 ms) to one that has been away for an hour. */
const EVENT_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600];
const PORT_BUCKETS_S = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 5, 10];

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'groundswell_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: options.version, node: process.version }, 1);
  return {
    registry,
    contentType: registry.contentType,
    render: () => registry.metrics(),
    ...createRequestMetrics(registry),
    ...createPortMetrics(registry),
    ...createConsumerMetrics(registry),
    ...createWatchedGauges(registry),
  };
}

type RequestMetrics = Pick<Metrics, 'requestStarted' | 'requestEnded' | 'refusal'>;

function createRequestMetrics(registry: Registry): RequestMetrics {
  const total = createCounter(registry, {
    name: 'http_requests_total',
    help: 'HTTP requests answered, by route template, status, and what they are worth under load: critical, write, read, optional, or exempt from it.',
    labelNames: ['method', 'route', 'status', 'priority'],
  });
  const duration = createHistogram(registry, {
    name: 'http_request_duration_seconds',
    help: 'Time from the head of the request to the end of the answer.',
    labelNames: ['method', 'route', 'priority'],
    buckets: REQUEST_BUCKETS_S,
  });
  let inFlight = 0;
  let last: RequestTally | undefined;
  new Gauge({
    name: 'http_requests_in_flight',
    help: 'HTTP requests being answered.',
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });
  const refusals = new Counter({
    name: 'http_refusals_total',
    help: 'Requests refused to protect the rest, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const boundRoute = createBound(ROUTES_MAX);
  const childrenOf = new Map(
    [...PRIORITIES, 'exempt' as const].map((priority) => [
      priority,
      {
        countOf: createChildren((method, route, status = '') => total(method, route, status, priority)),
        durationOf: createChildren((method, route) => duration(method, route, priority)),
      },
    ]),
  );

  function tallyOf({ method, route, priority, status }: EndedRequest): RequestTally {
    const knownMethod = METHODS.has(method) ? method : 'OTHER';
    const knownRoute = route === undefined ? 'none' : boundRoute(route);
    const children = childrenOf.get(priority);
    return {
      ...{ method, route, priority, status },
      count: children?.countOf(knownMethod, knownRoute, statusLabel(status)),
      duration: children?.durationOf(knownMethod, knownRoute),
    };
  }

  return {
    requestStarted() {
      inFlight += 1;
    },
    requestEnded(request) {
      inFlight -= 1;
      if (last === undefined || !isAlike(last, request)) last = tallyOf(request);
      last.count?.();
      last.duration?.(request.durationS);
    },
    refusal: (reason) => refusals.inc({ reason }),
  };
}

/** Where requests like one are counted. Many that come after each other are alike, and to find it takes longer than to count. */
interface RequestTally extends Omit<EndedRequest, 'durationS'> {
  readonly count: (() => void) | undefined;
  readonly duration: ((seconds: number) => void) | undefined;
}

function isAlike(one: RequestTally, { method, route, priority, status }: EndedRequest): boolean {
  return one.route === route && one.status === status && one.method === method && one.priority === priority;
}

function statusLabel(status: number): string {
  return Number.isInteger(status) && status >= 100 && status <= 599 ? String(status) : 'other';
}

type PortMetrics = Pick<Metrics, 'portCall' | 'resilienceEvent'>;

function createPortMetrics(registry: Registry): PortMetrics {
  const total = createCounter(registry, {
    name: 'port_calls_total',
    help: 'Calls of ports, by how they ended: ok or the code of the error.',
    labelNames: ['port', 'method', 'outcome'],
  });
  const duration = createHistogram(registry, {
    name: 'port_call_duration_seconds',
    help: 'Time of a call with all its tries and waiting.',
    labelNames: ['port', 'method'],
    buckets: PORT_BUCKETS_S,
  });
  const events = new Counter({
    name: 'port_resilience_events_total',
    help: 'Retries, refusals and state changes of the wrappers round ports.',
    labelNames: ['port', 'event'],
    registers: [registry],
  });
  const boundMethod = createBound(PORT_METHODS_MAX);
  const countOf = createChildren(total);
  const durationOf = createChildren(duration);
  return {
    portCall(port, method, outcome, durationS) {
      const knownMethod = boundMethod(method);
      countOf(port, knownMethod, outcome)();
      durationOf(port, knownMethod)(durationS);
    },
    resilienceEvent: (port, event) => events.inc({ port, event }),
  };
}

type ConsumerMetrics = Pick<Metrics, 'eventsHandled' | 'eventFailed'>;

/** Groups and topics are named in the code, so there are few. */
function createConsumerMetrics(registry: Registry): ConsumerMetrics {
  const total = createCounter(registry, {
    name: 'consumer_events_total',
    help: 'Events by what became of them at an attempt: handled, retry (it will be tried again) or dead.',
    labelNames: ['group', 'topic', 'outcome'],
  });
  const latency = createHistogram(registry, {
    name: 'consumer_latency_seconds',
    help: 'Time from the creation of the oldest event of a batch to the commit of its effects.',
    labelNames: ['group', 'topic'],
    buckets: EVENT_BUCKETS_S,
  });
  const countOf = createChildren(total);
  const latencyOf = createChildren(latency);
  return {
    eventsHandled(group, topic, events, latencyS) {
      countOf(group, topic, 'handled')(events);
      latencyOf(group, topic)(latencyS);
    },
    eventFailed: (group, topic, outcome) => countOf(group, topic, outcome)(),
  };
}

type WatchedGauges = Pick<
  Metrics,
  'watchPool' | 'watchLag' | 'watchOutbox' | 'watchQueue' | 'watchEventLoop' | 'watchDisk' | 'watchBreaker'
>;

/** Gauges that are read when somebody looks, so that keeping them costs nothing. */
function createWatchedGauges(registry: Registry): WatchedGauges {
  const pool = watchedGauge(registry, 'pool_connections', 'Connections of a pool, by state.', [
    'pool',
    'state',
  ]);
  const lag = watchedGauge(
    registry,
    'consumer_lag_events',
    'Events a group has not handled, by state: waiting, retrying, dead. Every process reports the same: take the maximum.',
    ['group', 'topic', 'state'],
  );
  const outbox = watchedGauge(
    registry,
    'outbox_age_seconds',
    'For how long the oldest committed event has waited to reach the log. Every process reports the same: take the maximum.',
    [],
  );
  const breaker = watchedGauge(
    registry,
    'circuit_breaker_state',
    'Of the breaker round a port: 0 closed, 1 half open, 2 open.',
    ['port'],
  );
  const queue = watchedGauge(registry, 'queue_length', 'Entries waiting in a queue of this process.', [
    'queue',
  ]);
  const loop = watchedGauge(registry, 'event_loop_lag_seconds', 'Lag of the event loop in the last sample.', [
    'quantity',
  ]);
  const disk = watchedGauge(
    registry,
    'disk_bytes',
    'Of the data folder, by state: free, and reserve, below which writes are refused.',
    ['state'],
  );
  return {
    watchDisk: (state) =>
      disk.push(() => {
        const { freeBytes, reserveBytes } = state();
        const reserve = [['reserve'], reserveBytes] as const;
        return freeBytes === undefined ? [reserve] : [reserve, [['free'], freeBytes]];
      }),
    watchPool: (name, state) =>
      pool.push(() => {
        const { active, idle, waiting, max } = state();
        return Object.entries({ active, idle, waiting, max }).map(([key, value]) => [[name, key], value]);
      }),
    watchLag(read) {
      let reading: Promise<Reading> | undefined;
      lag.push(() => {
        reading ??= read()
          .then((groups) => groups.flatMap(lagReading))
          .finally(() => {
            reading = undefined;
          });
        return reading;
      });
    },
    watchOutbox: (ageMs) => outbox.push(async () => [[[], (await ageMs()) / 1_000]]),
    watchBreaker: (port, state) => breaker.push(() => [[[port], BREAKER_VALUES[state()]]]),
    watchQueue: (name, length) => queue.push(() => [[[name], length()]]),
    watchEventLoop: (current) =>
      loop.push(() => {
        const { meanMs, p99Ms, maxMs } = current();
        return Object.entries({ mean: meanMs, p99: p99Ms, max: maxMs }).map(([key, ms]) => [
          [key],
          ms / 1_000,
        ]);
      }),
  };
}

function lagReading({ group, topic, waiting, retrying, dead }: ConsumerLag): Reading {
  return Object.entries({ waiting, retrying, dead }).map(([state, events]) => [
    [group, topic, state],
    events,
  ]);
}

type Reading = readonly (readonly [labels: readonly string[], value: number])[];
type Reader = () => Reading | Promise<Reading>;

function watchedGauge(registry: Registry, name: string, help: string, labelNames: string[]): Reader[] {
  const readers: Reader[] = [];
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      const readings = await Promise.all(readers.map(readingOrNothing));
      this.reset();
      for (const [labels, value] of readings.flat()) this.labels(...labels).set(value);
    },
  });
  return readers;
}

/** One gauge that cannot be read must not hide all the others. */
async function readingOrNothing(reader: Reader): Promise<Reading> {
  try {
    return await reader();
  } catch {
    return [];
  }
}

/** Lets the first `max` values through and turns the rest into `other`. */
function createBound(max: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= max) return 'other';
    known.add(value);
    return value;
  };
}

/** Remembers the child of a metric per label values, each of which must come from a bounded set. */
function createChildren<Child>(
  tally: Tally<Child>,
): (first: string, second: string, third?: string) => Child {
  const children = new Map<string, Map<string, Map<string, Child>>>();
  return (first, second, third = '') => {
    const known = children.get(first)?.get(second)?.get(third);
    if (known !== undefined) return known;
    const ofFirst = children.get(first) ?? new Map<string, Map<string, Child>>();
    const ofSecond = ofFirst.get(second) ?? new Map<string, Child>();
    const child = tally(first, second, third);
    children.set(first, ofFirst.set(second, ofSecond.set(third, child)));
    return child;
  };
}
