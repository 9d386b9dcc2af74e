import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../../test/support/at-end.ts';
import { createTestDatabase } from '../../../test/support/database.ts';
import { startCollector } from '../../../test/support/trace-collector.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { composeId } from '../../core/ids.ts';
import { createLog } from '../../telemetry/log.ts';
import { openTracing } from '../../telemetry/open-tracing.ts';
import type { Tracing } from '../../telemetry/trace.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { NewEvent } from './event-log.ts';
import { createPostgresEventLog } from './postgres-event-log.ts';

const ALICE = composeId(Date.UTC(2026, 0, 1), 1, 0);
const TOPIC = 'notes';
const log = createLog({ level: 'silent', pretty: false });

function noted(n: number): NewEvent {
  return { topic: TOPIC, key: ALICE, ownerId: ALICE, kind: 'noted', payload: { n } };
}

async function openEventLog(test: TestContext, tracing: Tracing) {
  const database = await createTestDatabase();
  atEnd(test, () => database.close());
  const sqlStore = createPostgresSqlStore({ ...database, poolSize: 4, clock: systemClock, log });
  atEnd(test, () => sqlStore.close());
  const deps = { sqlStore, clock: systemClock, randomness: systemRandomness, log, tracing };
  const eventLog = createPostgresEventLog(deps);
  atEnd(test, () => eventLog.close());
  const append = (event: NewEvent) =>
    sqlStore.transaction((transaction) => eventLog.append(transaction, [event]));
  return { eventLog, append };
}

describe('the trace of an event', () => {
  it('goes on from the request to the consumer: a batch is a child of its first, linked to the rest', async (test) => {
    const collector = await startCollector(test);
    const tracing = await openTracing({
      endpoint: collector.endpoint,
      ratio: 1,
      service: 'test',
      version: '1',
      log,
    });
    const { eventLog, append } = await openEventLog(test, tracing);
    await append(noted(0));
    for (const n of [1, 2]) {
      const request = tracing.enter('server', `request ${n}`, {});
      await request?.run(() => append(noted(n)));
      request?.end({});
    }
    await until(async () => (await eventLog.lag()).length === 0);
    const traceIds: unknown[] = [];
    await eventLog.subscribe({
      group: 'reader',
      topics: [TOPIC],
      from: 'beginning',
      handle: async (events) => void traceIds.push(events.length, tracing.traceId()),
    });
    await until(() => traceIds.length === 2);
    await eventLog.close();
    await tracing.shutdown();
    const [first, second, consumer] = ['request 1', 'request 2', 'reader notes'].map((name) =>
      collector.spans.find((span) => span.name === name),
    );
    assert.deepEqual(traceIds, [3, first?.traceId]);
    assert.equal(consumer?.traceId, first?.traceId);
    assert.equal(consumer?.parentSpanId, first?.spanId);
    assert.deepEqual(
      consumer?.links.map(({ spanId }) => spanId),
      [second?.spanId],
    );
  });

  it('keeps the one that it was given, and has none where nothing is traced', async (test) => {
    const tracing = await openTracing({ endpoint: undefined, ratio: 1, service: 'test', version: '1', log });
    const { eventLog, append } = await openEventLog(test, tracing);
    const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await append({ ...noted(0), traceparent: given });
    await append(noted(1));
    const seen: unknown[] = [];
    await eventLog.subscribe({
      group: 'reader',
      topics: [TOPIC],
      from: 'beginning',
      handle: async (events) => void seen.push(...events.map(({ traceparent }) => traceparent)),
    });
    await until(() => seen.length === 2);
    assert.deepEqual(seen, [given, undefined]);
  });
});
