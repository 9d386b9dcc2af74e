import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BATCHES_KEPT, createBatchLog, KEPT_MS } from './batch-log.ts';

function openLog() {
  const time = { nowMs: 1_700_000_000_000 };
  return { time, log: createBatchLog({ clock: { nowMs: () => time.nowMs } }) };
}

it('tells what the last batches of a city took, of these and of no other', () => {
  const { log } = openLog();
  assert.equal(log.of('here'), undefined);
  for (let took = 1; took <= BATCHES_KEPT + 20; took += 1) log.add('here', 'written', took);
  log.add('there', 'failed', 7);
  assert.deepEqual(log.of('here'), {
    ...{ last_at: new Date(1_700_000_000_000).toISOString(), last_ms: 120, batches: BATCHES_KEPT, failed: 0 },
    ...{ p50_ms: 70, p95_ms: 115, max_ms: 120 },
  });
  assert.equal(log.of('there')?.failed, 1);
});

it('forgets batches of long ago', () => {
  const { log, time } = openLog();
  log.add('here', 'idle', 3);
  time.nowMs += KEPT_MS;
  assert.equal(log.of('here')?.batches, 1);
  time.nowMs += 1;
  assert.equal(log.of('here'), undefined);
});
