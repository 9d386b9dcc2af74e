import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startCollector } from '../../test/support/trace-collector.ts';
import { AppError } from '../core/errors.ts';
import { createLog } from './log.ts';
import { openTracing } from './open-tracing.ts';
import { tracingOff } from './trace.ts';

function optionsFor(endpoint: string | undefined, ratio = 1, lines: string[] = []) {
  const log = createLog({ level: 'info', pretty: false, write: (line) => lines.push(line) });
  return { endpoint, ratio, service: 'groundswell-test', version: '1.2.3', log };
}

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('tracing', () => {
  it('sends a request with its port calls as children, under the caller of the request', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing(optionsFor(collector.endpoint));
    const entry = tracing.enter('server', 'GET', { traceparent: CALLER, tracestate: 'vendor=1' });
    await entry?.run(async () => {
      await nextTurn();
      await tracing.span('sql-store.query', { statement: 'post' }, async () => {
        assert.match(
          tracing.headers().traceparent ?? '',
          /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/,
        );
        assert.equal(tracing.headers().tracestate, 'vendor=1');
        await nextTurn();
      });
    });
    entry?.end({ name: 'GET /posts/:post_id', attributes: { 'http.response.status_code': 200 } });
    await tracing.shutdown();
    const [child, parent] = collector.spans;
    assert.equal(collector.spans.length, 2);
    assert.equal(parent?.name, 'GET /posts/:post_id');
    assert.equal(parent?.parentSpanId, 'b7ad6b7169203331');
    assert.equal(parent?.traceId, '0af7651916cd43dd8448eb211c80319c');
    assert.equal(entry?.traceId, parent?.traceId);
    assert.equal(child?.name, 'sql-store.query');
    assert.equal(child?.parentSpanId, parent?.spanId);
    assert.equal(child?.traceId, parent?.traceId);
    assert.deepEqual(collector.services, ['groundswell-test']);
  });

  it('keeps requests that run at the same time apart', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing(optionsFor(collector.endpoint));
    const serve = async (name: string) => {
      const entry = tracing.enter('server', name, {});
      await entry?.run(async () => {
        await nextTurn();
        assert.equal(tracing.traceId(), entry.traceId);
        await tracing.span(`${name} child`, {}, () => nextTurn());
      });
      entry?.end({});
    };
    await Promise.all([serve('first'), serve('second')]);
    await tracing.shutdown();
    for (const name of ['first', 'second']) {
      const parent = collector.spans.find((span) => span.name === name);
      const child = collector.spans.find((span) => span.name === `${name} child`);
      assert.equal(child?.parentSpanId, parent?.spanId);
      assert.equal(parent?.parentSpanId ?? '', '');
    }
  });

  it('links a batch to the callers of the rest', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing(optionsFor(collector.endpoint));
    const other = CALLER.replace('b7ad', 'c8be');
    const links = [{ traceparent: other }, { traceparent: 'nonsense' }];
    tracing.enter('consumer', 'fan-out posts', { traceparent: CALLER }, links)?.end({});
    await tracing.shutdown();
    const [span] = collector.spans;
    assert.equal(span?.parentSpanId, 'b7ad6b7169203331');
    assert.deepEqual(
      span?.links.map(({ spanId }) => spanId),
      ['c8be6b7169203331'],
    );
  });

  it('work that outlives its request is detached, work that waits can keep its span', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing(optionsFor(collector.endpoint));
    const entry = tracing.enter('server', 'GET', {});
    const inSpan = await entry?.run(async () => {
      await tracing.detached(async () => {
        await nextTurn();
        assert.equal(tracing.traceId(), undefined);
      });
      assert.equal(tracing.traceId(), entry.traceId);
      return tracing.capture();
    });
    assert.equal(tracing.traceId(), undefined);
    assert.equal(
      inSpan?.(() => tracing.traceId()),
      entry?.traceId,
    );
    const inNone = tracing.capture();
    assert.equal(
      entry?.run(() => inNone(() => tracing.traceId())),
      undefined,
    );
    entry?.end({});
    await tracing.shutdown();
  });

  it('marks failures, keeps the error as it is, and takes absence for an answer', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing(optionsFor(collector.endpoint));
    const entry = tracing.enter('consumer', 'post.created', {});
    for (const code of ['unavailable', 'not_found'] as const) {
      const error = new AppError(code, 'no');
      await assert.rejects(
        async () => entry?.run(() => tracing.span(code, {}, () => Promise.reject(error))),
        (thrown) => thrown === error,
      );
    }
    entry?.end({ error: new Error('handler') });
    await tracing.shutdown();
    const statusOf = (name: string) => collector.spans.find((span) => span.name === name)?.status.code ?? 0;
    assert.equal(statusOf('unavailable'), 2);
    assert.equal(statusOf('not_found'), 0);
    assert.equal(statusOf('post.created'), 2);
  });

  it('records no new trace at ratio 0, but follows a caller that records', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing(optionsFor(collector.endpoint, 0));
    tracing.enter('server', 'own', {})?.end({});
    tracing.enter('server', 'broken', { traceparent: `${CALLER}0` })?.end({});
    tracing.enter('server', 'followed', { traceparent: CALLER })?.end({});
    await tracing.shutdown();
    assert.deepEqual(
      collector.spans.map((span) => span.name),
      ['followed'],
    );
  });

  it('says in the log that spans were refused, and never fails its caller', async (test) => {
    const collector = await startCollector(test, 400);
    const lines: string[] = [];
    const tracing = await openTracing(optionsFor(collector.endpoint, 1, lines));
    tracing.enter('server', 'GET', {})?.end({});
    await tracing.shutdown();
    assert.match(lines.join(''), /spans could not be sent/);
  });

  it('is off without an endpoint: no span, no headers, the same promise', async () => {
    const tracing = await openTracing(optionsFor(undefined));
    assert.equal(tracing, tracingOff);
    assert.equal(tracing.enter('server', 'GET', { traceparent: CALLER }), undefined);
    assert.deepEqual(tracing.headers(), {});
    const result = Promise.resolve(1);
    assert.equal(
      tracing.span('sql-store.query', {}, () => result),
      result,
    );
  });
});
