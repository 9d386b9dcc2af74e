import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { AppError, type ErrorCode, hasCode } from '../core/errors.ts';
import { createMemoryRateLimiter } from '../ports/rate-limiter/memory-rate-limiter.ts';
import { rateLimiterContract } from '../ports/rate-limiter/rate-limiter.contract.ts';
import type { RateLimiter } from '../ports/rate-limiter/rate-limiter.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { tracingOff } from '../telemetry/trace.ts';
import { CALLS_MIN } from './circuit-breaker.ts';
import { createPortStates } from './port-states.ts';
import { RETRIES_MAX, RETRY_RESERVE } from './retry.ts';
import { type MethodPolicies, wrapPort } from './wrap-port.ts';

/** A port as a class with private state, so that a lost `this` shows. */
class NoteStore {
  readonly limit = 7;
  #notes = new Map<string, string>();
  #answers: (() => Promise<void>)[] = [];
  calls = 0;

  /** The next calls begin with these, one each; after them calls succeed. */
  plan(...answers: (() => Promise<void>)[]): void {
    this.#answers.push(...answers);
  }

  get size(): number {
    return this.#notes.size;
  }

  async get(key: string): Promise<string | undefined> {
    this.calls += 1;
    await this.#answers.shift()?.();
    return this.#notes.get(key);
  }

  async put(key: string, note: string): Promise<void> {
    this.calls += 1;
    await this.#answers.shift()?.();
    this.#notes.set(key, note);
  }

  async echo<Value>(value: Value): Promise<Value> {
    return value;
  }

  listen(listener: () => void): () => void {
    return listener;
  }
}

const BULKHEAD = { concurrencyMax: 2, queueMax: 1, queueAgeMaxMs: 500 };
const METHODS: MethodPolicies<NoteStore> = {
  get: { idempotent: true, totalMs: 5_000, tryMs: 1_000 },
  put: {
    idempotent: (key) => key.startsWith('same'),
    totalMs: 5_000,
    tryMs: (_key, note) => (note === 'slow' ? 2_000 : 1_000),
    label: (key) => `put_${key.slice(0, 4)}`,
  },
};

function openPort(options: { methods?: MethodPolicies<NoteStore>; fraction?: number } = {}) {
  const clock = createManualClock();
  const metrics = createMetrics({ version: '1' });
  const log = createLog({ level: 'silent', pretty: false });
  const store = new NoteStore();
  const states = createPortStates();
  const port = wrapPort(store, {
    name: 'note-store',
    methods: options.methods ?? METHODS,
    bulkhead: BULKHEAD,
    deps: {
      ...{ clock, metrics, log, tracing: tracingOff, states },
      randomness: { fraction: () => options.fraction ?? 0 },
    },
  });
  return { port, store, clock, metrics, states };
}

const fails =
  (code: ErrorCode, outcome: 'not_applied' | 'unknown' = 'unknown'): (() => Promise<void>) =>
  () =>
    Promise.reject(new AppError(code, code, { outcome }));
const hangs = () => new Promise<void>(() => undefined);
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail('should have failed'),
    (error: unknown) => error,
  );

describe('a wrapped port', () => {
  it('is the same port: results, properties, private state, methods without a policy', async () => {
    const { port, store } = openPort();
    await port.put('a', 'note');
    assert.equal(await port.get('a'), 'note');
    assert.equal(await port.get('b'), undefined);
    assert.deepEqual([port.size, port.limit], [1, 7]);
    const { get } = port;
    assert.equal(await get('a'), 'note');
    const listener = () => {};
    assert.equal(port.listen(listener), listener);
    const value = { id: 1 };
    assert.equal(await port.echo(value), value);
    assert.equal(store.calls, 4);
  });

  it('rejects with the very error of the adapter, expected or not', async () => {
    for (const error of [new AppError('conflict', 'taken'), new TypeError('a defect'), 'no error at all']) {
      const { port, store } = openPort();
      store.plan(() => Promise.reject(error));
      assert.equal(await rejection(port.get('a')), error);
      assert.equal(store.calls, 1);
    }
  });

  it('tries an idempotent call again, at most twice', async () => {
    const { port, store } = openPort();
    store.plan(fails('unavailable'), fails('timeout'));
    assert.equal(await port.get('a'), undefined);
    assert.equal(store.calls, 1 + RETRIES_MAX);
    store.plan(fails('unavailable'), fails('unavailable'), fails('unavailable'));
    assert.ok(hasCode(await rejection(port.get('a')), 'unavailable'));
    assert.equal(store.calls, 2 * (1 + RETRIES_MAX));
  });

  it('tries any other call again only if it certainly had no effect', async () => {
    const { port, store } = openPort();
    store.plan(fails('unavailable'));
    await rejection(port.put('once', 'note'));
    assert.equal(store.calls, 1);
    store.plan(fails('unavailable', 'not_applied'));
    await port.put('once', 'note');
    assert.equal(store.calls, 3);
    store.plan(fails('unavailable'));
    await port.put('same', 'note');
    assert.equal(store.calls, 5);
  });

  it('pauses before a retry, and makes none that would end after the total deadline', async () => {
    const { port, store, clock } = openPort({ fraction: 1 });
    store.plan(fails('unavailable'), fails('unavailable'));
    const call = port.get('a');
    await clock.advance(24);
    assert.equal(store.calls, 1);
    await clock.advance(1);
    assert.equal(store.calls, 2);
    await clock.advance(50);
    await call;
    assert.equal(store.calls, 3);

    const methods = { get: { idempotent: true, totalMs: 20, tryMs: 20 } };
    const tight = openPort({ methods, fraction: 1 });
    tight.store.plan(fails('unavailable'));
    await rejection(tight.port.get('a'));
    assert.equal(tight.store.calls, 1);
  });

  it('does not say "not applied" when an earlier try may have been', async () => {
    const { port, store } = openPort();
    const gone = fails('unavailable', 'not_applied');
    store.plan(fails('timeout', 'unknown'), gone, gone);
    const error = await rejection(port.put('same', 'note'));
    assert.ok(error instanceof AppError && error.outcome === 'unknown');
    store.plan(gone, gone, gone);
    const certain = await rejection(port.put('same', 'note'));
    assert.ok(certain instanceof AppError && certain.outcome === 'not_applied');
  });

  it('keeps retries of all calls within one budget', async () => {
    const { port, store } = openPort();
    for (let n = 0; n < CALLS_MIN; n += 1) await port.get('a');
    const before = store.calls;
    for (let n = 0; n < 15; n += 1) store.plan(fails('unavailable'), async () => undefined);
    for (let n = 0; n < 15; n += 1) await port.get('a').catch(() => undefined);
    const made = store.calls - before;
    assert.ok(made <= 15 + RETRY_RESERVE + 3, `${made} tries for 15 calls`);
  });

  it('gives a try its time, by its arguments, and then gives up', async () => {
    const { port, store, clock } = openPort();
    store.plan(hangs);
    const call = rejection(port.put('once', 'note'));
    await clock.advance(1_000);
    const error = await call;
    assert.ok(hasCode(error, 'timeout') && error.outcome === 'unknown');
    store.plan(hangs);
    let settled = false;
    const slow = rejection(port.put('once', 'slow')).finally(() => {
      settled = true;
    });
    await clock.advance(1_999);
    assert.equal(settled, false);
    await clock.advance(1);
    await slow;
  });

  it('gives all tries together no more than the total', async () => {
    const methods = { get: { idempotent: true, totalMs: 1_500, tryMs: 1_000 } };
    const { port, store, clock } = openPort({ methods });
    store.plan(hangs, hangs, hangs);
    const startMs = clock.monotonicMs();
    let endMs = 0;
    const call = rejection(port.get('a')).finally(() => {
      endMs = clock.monotonicMs();
    });
    await clock.advance(10_000);
    assert.ok(hasCode(await call, 'timeout'));
    assert.equal(endMs - startMs, 1_500);
    assert.equal(store.calls, 2);
  });

  it('keeps callers beyond its concurrency waiting, and refuses those beyond the queue', async () => {
    const { port, store, metrics } = openPort();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.plan(
      () => gate,
      () => gate,
    );
    const calls = [port.get('a'), port.get('b'), port.get('c')];
    assert.equal(store.calls, 2);
    const refused = await rejection(port.get('d'));
    assert.ok(hasCode(refused, 'unavailable') && refused.outcome === 'not_applied');
    release();
    await Promise.all(calls);
    assert.equal(store.calls, 3);
    assert.match(await metrics.render(), /event="bulkhead_full"\} 1/);
  });

  it('lets a method with a bulkhead of its own past the queue of the others', async () => {
    const put = { idempotent: false, totalMs: 5_000, tryMs: 1_000, bulkhead: BULKHEAD };
    const { port, store } = openPort({ methods: { ...METHODS, put } });
    store.plan(hangs, hangs);
    for (const key of ['a', 'b', 'c']) void port.get(key).catch(() => undefined);
    await port.put('once', 'note');
    assert.equal(store.calls, 3);
  });

  it('stops calling a port that is away, says so at once, and finds out when it is back', async () => {
    const { port, store, clock, metrics } = openPort();
    for (let n = 0; n < CALLS_MIN; n += 1) {
      store.plan(fails('unavailable'));
      await rejection(port.put('once', 'note'));
    }
    const refused = await rejection(port.put('once', 'note'));
    assert.ok(hasCode(refused, 'unavailable'));
    assert.deepEqual([refused.outcome, refused.retryAfterS], ['not_applied', 1]);
    assert.equal(store.calls, CALLS_MIN);
    await clock.advance(1_000);
    for (let n = 0; n < 4; n += 1) await port.put('once', 'note');
    const text = await metrics.render();
    for (const event of ['breaker_open', 'breaker_half_open', 'breaker_closed', 'breaker_refused']) {
      assert.match(text, new RegExp(`event="${event}"\\} 1`));
    }
  });

  it('shows its breaker as open only as long as nothing is let through, even if nobody calls then', async () => {
    const { port, store, clock, metrics, states } = openPort();
    const shown = async () => [
      states.get('note-store')?.breaker(),
      /^circuit_breaker_state\{port="note-store"\} (\d)$/m.exec(await metrics.render())?.[1],
    ];
    assert.deepEqual(await shown(), ['closed', '0']);
    for (let n = 0; n < CALLS_MIN; n += 1) {
      store.plan(fails('unavailable'));
      await rejection(port.put('once', 'note'));
    }
    assert.deepEqual(await shown(), ['open', '2']);
    await clock.advance(1_000);
    assert.deepEqual(await shown(), ['half_open', '1']);
    for (let n = 0; n < 3; n += 1) await port.put('once', 'note');
    assert.deepEqual(await shown(), ['closed', '0']);
  });

  it('stays closed through any number of expected errors', async () => {
    const { port, store } = openPort();
    for (let n = 0; n < 5 * CALLS_MIN; n += 1) {
      store.plan(fails(n % 2 === 0 ? 'not_found' : 'conflict'));
      await rejection(port.get('a'));
    }
    assert.equal(await port.get('a'), undefined);
  });

  it('counts and times every call under its label', async () => {
    const { port, store, metrics } = openPort();
    await port.put('once', 'note');
    store.plan(fails('invalid'));
    await rejection(port.get('a'));
    const text = await metrics.render();
    assert.match(text, /port_calls_total\{port="note-store",method="put_once",outcome="ok"\} 1/);
    assert.match(text, /port_calls_total\{port="note-store",method="get",outcome="invalid"\} 1/);
    assert.match(text, /queue_length\{queue="note-store"\} 0/);
  });

  it('opens a span for each call where tracing is on', async () => {
    const names: string[] = [];
    const store = new NoteStore();
    const port = wrapPort(store, {
      name: 'note-store',
      methods: METHODS,
      bulkhead: BULKHEAD,
      deps: {
        clock: createManualClock(),
        metrics: createMetrics({ version: '1' }),
        log: createLog({ level: 'silent', pretty: false }),
        randomness: { fraction: () => 0 },
        tracing: {
          ...tracingOff,
          enabled: true,
          span: (name, _attributes, work) => {
            names.push(name);
            return work();
          },
        },
      },
    });
    await port.get('a');
    assert.deepEqual(names, ['note-store get']);
  });
});

rateLimiterContract('a wrapped rate-limiter', async () => {
  const clock = createManualClock();
  const limiter: RateLimiter = wrapPort(createMemoryRateLimiter({ clock }), {
    name: 'rate-limiter',
    methods: { take: { idempotent: false, totalMs: 100, tryMs: 100, label: (policy) => policy.name } },
    bulkhead: { concurrencyMax: 50, queueMax: 0, queueAgeMaxMs: 100 },
    deps: {
      clock,
      metrics: createMetrics({ version: '1' }),
      log: createLog({ level: 'silent', pretty: false }),
      tracing: tracingOff,
      randomness: { fraction: () => 0 },
    },
  });
  return { limiter, advance: async (durationMs) => clock.skip(durationMs) };
});
