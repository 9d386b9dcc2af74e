import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMetrics, ROUTES_MAX } from './metrics.ts';

const READ = { method: 'GET', priority: 'read', durationS: 0.001 } as const;

function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('metrics', () => {
  it('counts requests by method, route template and status, and times them', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    metrics.requestStarted();
    metrics.requestStarted();
    metrics.requestEnded({ ...READ, route: '/posts/:post_id', status: 200, durationS: 0.003 });
    const text = await metrics.render();
    assert.match(
      text,
      /http_requests_total\{method="GET",route="\/posts\/:post_id",status="200",priority="read"\} 1/,
    );
    assert.match(
      text,
      /http_request_duration_seconds_bucket\{le="0.005",method="GET",route="\/posts\/:post_id",priority="read"\} 1/,
    );
    assert.match(text, /http_request_duration_seconds_bucket\{le="0.0025",.*\} 0/);
    assert.match(text, /http_requests_in_flight 1/);
    assert.match(text, /groundswell_build_info\{version="1.2.3",node="v\d+.*"\} 1/);
    assert.match(metrics.contentType, /^text\/plain/);
  });

  it('bounds every label that a client can influence', async () => {
    const metrics = createMetrics({ version: '1' });
    for (let index = 0; index < ROUTES_MAX + 50; index += 1) {
      const [method, route, status] = [`METHOD${index}`, `/route/${index}`, 1_000 + index];
      metrics.requestEnded({ ...READ, method, route, status });
    }
    metrics.requestEnded({ ...READ, route: undefined, status: 404 });
    const counts = linesOf(await metrics.render(), 'http_requests_total{');
    assert.equal(counts.length, ROUTES_MAX + 2);
    assert.ok(
      counts.includes('http_requests_total{method="OTHER",route="other",status="other",priority="read"} 50'),
    );
    assert.ok(
      counts.includes('http_requests_total{method="GET",route="none",status="404",priority="read"} 1'),
    );
  });

  it('counts port calls by outcome, and what the wrappers do', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.portCall('sql-store', 'query', 'ok', 0.0004);
    metrics.portCall('sql-store', 'query', 'timeout', 2);
    metrics.resilienceEvent('sql-store', 'retry');
    metrics.refusal('overload');
    const text = await metrics.render();
    assert.match(text, /port_calls_total\{port="sql-store",method="query",outcome="ok"\} 1/);
    assert.match(text, /port_calls_total\{port="sql-store",method="query",outcome="timeout"\} 1/);
    assert.match(text, /port_call_duration_seconds_count\{port="sql-store",method="query"\} 2/);
    assert.match(text, /port_resilience_events_total\{port="sql-store",event="retry"\} 1/);
    assert.match(text, /http_refusals_total\{reason="overload"\} 1/);
  });

  it('reads pools, queues, lags and the event loop when it is scraped', async () => {
    const metrics = createMetrics({ version: '1' });
    let active = 1;
    metrics.watchPool('sql-store', () => ({ active, idle: 2, waiting: 0, max: 10 }));
    metrics.watchLag(async () => [{ group: 'fan-out', topic: 'posts', waiting: 7, retrying: 2, dead: 1 }]);
    metrics.watchQueue('post-writes', () => 3);
    metrics.watchDisk(() => ({ freeBytes: 5_000, reserveBytes: 1_000 }));
    metrics.watchEventLoop(() => ({ meanMs: 1, sustainedMs: 1, p99Ms: 20, maxMs: 40 }));
    active = 5;
    const text = await metrics.render();
    assert.match(text, /pool_connections\{pool="sql-store",state="active"\} 5/);
    assert.match(text, /consumer_lag_events\{group="fan-out",topic="posts",state="waiting"\} 7/);
    assert.match(text, /consumer_lag_events\{group="fan-out",topic="posts",state="retrying"\} 2/);
    assert.match(text, /consumer_lag_events\{group="fan-out",topic="posts",state="dead"\} 1/);
    assert.match(text, /queue_length\{queue="post-writes"\} 3/);
    assert.match(text, /disk_bytes\{state="reserve"\} 1000\ndisk_bytes\{state="free"\} 5000/);
    assert.match(text, /event_loop_lag_seconds\{quantity="p99"\} 0.02/);
  });

  it('leaves out a gauge that cannot be read, and shows the rest', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.watchLag(() => Promise.reject(new Error('the database is away')));
    metrics.watchQueue('post-writer', () => 1);
    const text = await metrics.render();
    assert.deepEqual(linesOf(text, 'consumer_lag_events{'), []);
    assert.deepEqual(linesOf(text, 'queue_length{'), ['queue_length{queue="post-writer"} 1']);
  });

  it('reads the lag once for scrapes at the same time, and again for the next', async () => {
    const metrics = createMetrics({ version: '1' });
    let waiting = 0;
    metrics.watchLag(async () => {
      waiting += 1;
      await nextTurn();
      return [{ group: 'fan-out', topic: 'posts', waiting, retrying: 0, dead: 0 }];
    });
    const lag = (text: string) => linesOf(text, 'consumer_lag_events{')[0];
    const [first, second] = await Promise.all([metrics.render(), metrics.render()]);
    assert.equal(lag(first), 'consumer_lag_events{group="fan-out",topic="posts",state="waiting"} 1');
    assert.equal(lag(second), lag(first));
    assert.match(lag(await metrics.render()) ?? '', / 2$/);
  });

  it('counts events by what became of them, and times them from their creation', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.eventsHandled('fan-out', 'posts', 3, 0.02);
    metrics.eventFailed('fan-out', 'posts', 'retry');
    metrics.eventFailed('fan-out', 'posts', 'dead');
    const text = await metrics.render();
    assert.match(text, /consumer_events_total\{group="fan-out",topic="posts",outcome="handled"\} 3/);
    assert.match(text, /consumer_events_total\{group="fan-out",topic="posts",outcome="retry"\} 1/);
    assert.match(text, /consumer_events_total\{group="fan-out",topic="posts",outcome="dead"\} 1/);
    assert.match(text, /consumer_latency_seconds_bucket\{le="0.025",group="fan-out",topic="posts"\} 1/);
    assert.match(text, /consumer_latency_seconds_count\{group="fan-out",topic="posts"\} 1/);
  });

  it('keeps registries apart, and adds the process where asked', async () => {
    const withProcess = createMetrics({ version: '1', processMetrics: true });
    assert.match(await withProcess.render(), /process_resident_memory_bytes \d+/);
    assert.doesNotMatch(await createMetrics({ version: '1' }).render(), /process_/);
  });
});
