/** One trace from a request over its port calls and its events to what the consumers do, in the program as it runs. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import pg from 'pg';
import { createApiClient } from '../../src/client/api-client.ts';
import { createHttpClient } from '../../src/client/http-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import { atEnd } from '../support/at-end.ts';
import { createServerHome } from '../support/server-process.ts';
import { startCollector } from '../support/trace-collector.ts';

describe('a trace', () => {
  it('leads from a request to the consumers of its events', async (test) => {
    const collector = await startCollector(test);
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const server = await home.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      GROUNDSWELL_TRACE_RATIO: '1',
    });
    const http = createHttpClient({ url: server.url, connectionsMax: 20, timeoutMs: 30_000 });
    atEnd(test, () => http.close());
    const api = createApiClient(http, systemClock);
    const alice = await api.signUp('alice');
    await Promise.all(Array.from({ length: 20 }, (_, n) => api.post(alice, `post ${n}`)));
    const written = await traceparentsOf(home.dataFolder, 'posts');
    assert.equal(await server.stop(), 0, server.logs());

    const { spans } = collector;
    const idsOf = (name: string) => spans.filter((span) => span.name === name).map(({ spanId }) => spanId);
    const [signUp] = spans.filter(({ name }) => name === 'POST /api/v1/users');
    const consumer = spans.find(({ name }) => name === 'feed-erasure users');
    assert.equal(consumer?.traceId, signUp?.traceId);
    assert.equal(spans.find(({ spanId }) => spanId === consumer?.parentSpanId)?.traceId, signUp?.traceId);
    const posts = idsOf('POST /api/v1/posts');
    assert.equal(posts.length, 20);
    assert.deepEqual(written.map((traceparent) => traceparent?.split('-')[2]).sort(), posts.sort());
    // Batches are written in the span of one of their own posts, not of whoever came before.
    const batches = spans.filter(({ name }) => name.startsWith('sql-store posts_write'));
    assert.ok(batches.length > 0);
    const parents = batches.map(({ parentSpanId }) => parentSpanId);
    assert.equal(new Set(parents).size, parents.length);
    assert.ok(parents.every((parent) => posts.includes(parent ?? '')));
  });
});

async function traceparentsOf(dataFolder: string, topic: string): Promise<(string | null)[]> {
  const connection = await attachEmbeddedPostgres(path.join(dataFolder, 'postgres'));
  const client = new pg.Client({ ...connection });
  await client.connect();
  try {
    const { rows } = await client.query<{ traceparent: string | null }>(
      `SELECT traceparent FROM event_log WHERE topic = $1
       UNION ALL SELECT traceparent FROM outbox WHERE topic = $1`,
      [topic],
    );
    return rows.map(({ traceparent }) => traceparent);
  } finally {
    await client.end();
  }
}
