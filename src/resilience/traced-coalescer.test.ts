import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { type Tracing, tracingOff } from '../telemetry/trace.ts';
import { createTracedCoalescer } from './traced-coalescer.ts';

const LIMITS = { batchMax: 10, concurrentBatchesMax: 1, queueMax: 10 };

describe('a traced coalescer', () => {
  it('runs a batch in the span of its first item, and tells each one’s own', async () => {
    const span = new AsyncLocalStorage<string>();
    const tracing: Tracing = {
      ...tracingOff,
      headers: () => ({ traceparent: span.getStore() ?? 'none' }),
      capture: () => {
        const own = span.getStore() ?? 'none';
        return (work) => span.run(own, work);
      },
    };
    const coalescer = createTracedCoalescer<number, string>({
      ...{ ...LIMITS, tracing },
      run: async (items) =>
        items.map(({ item, traceparent }) => ({
          ok: true,
          value: `${item} of ${traceparent} in ${span.getStore()}`,
        })),
    });
    const [first, second] = await Promise.all(
      ['a', 'b'].map((name, item) => span.run(name, () => coalescer.submit(item))),
    );
    assert.equal(first, '0 of a in a');
    assert.equal(second, '1 of b in a');
    assert.equal(coalescer.waiting(), 0);
  });

  it('tells nothing of spans where tracing is off', async () => {
    const coalescer = createTracedCoalescer<number, string | undefined>({
      ...{ ...LIMITS, tracing: tracingOff },
      run: async (items) => items.map(({ traceparent }) => ({ ok: true, value: traceparent })),
    });
    assert.equal(await coalescer.submit(1), undefined);
  });
});
