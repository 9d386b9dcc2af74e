import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Clock, systemClock } from '../core/clock.ts';
import { readHistory } from './history-event.ts';
import { pairOperations } from './history-operations.ts';
import { openHistoryRecorder } from './history-recorder.ts';

const folder = mkdtempSync(join(tmpdir(), 'groundswell-history-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
function freshPath(): string {
  files += 1;
  return join(folder, `${files}.jsonl`);
}

/** Each look at the clock is 1 ms later than the one before. */
function tickingClock(): Clock {
  let nowMs = 0;
  return { ...systemClock, monotonicMs: () => nowMs++ };
}

describe('the history recorder', () => {
  it('writes one event a line, with place, session and key', async () => {
    const path = freshPath();
    const recorder = openHistoryRecorder({ path, clock: tickingClock() });
    recorder.moveTo({ node: 'primary', stage: '1', epoch: 3 });
    const post = recorder.invoke({
      f: 'create-post',
      key: 'alice',
      value: { text: 'hi' },
      session: 's',
      idem: 'k',
    });
    recorder.mark('kill', { pid: 7 });
    post.ok({ post_id: '1' });
    recorder.close();
    const place = { node: 'primary', stage: '1', epoch: 3 };
    const what = { f: 'create-post', key: 'alice', ...place, session: 's', idem: 'k' };
    deepEqual(await readHistory(path), [
      { i: 0, t_ns: 1_000_000, process: 0, type: 'invoke', ...what, value: { text: 'hi' } },
      {
        ...{
          i: 1,
          t_ns: 2_000_000,
          process: 'nemesis',
          type: 'info',
          f: 'kill',
          key: null,
          value: { pid: 7 },
        },
        ...{ ...place, session: null, idem: null },
      },
      { i: 2, t_ns: 3_000_000, process: 0, type: 'ok', ...what, value: { post_id: '1' } },
    ]);
  });

  it('gives a process one operation at a time, and retires it after an unknown end', async () => {
    const path = freshPath();
    const recorder = openHistoryRecorder({ path, clock: systemClock });
    for (let round = 0; round < 200; round += 1) {
      const open = Array.from({ length: 5 }, () => recorder.invoke({ f: 'read' }));
      for (const [index, operation] of open.entries()) {
        if (index === round % 5) operation.info();
        else if (round % 2 === 0) operation.ok();
        else operation.fail();
      }
    }
    recorder.close();
    const operations = pairOperations(await readHistory(path));
    equal(operations.length, 1000);
    equal(operations.filter(({ outcome }) => outcome === 'info').length, 200);
  });

  it('refuses to end an operation twice', () => {
    const recorder = openHistoryRecorder({ path: freshPath(), clock: systemClock });
    const operation = recorder.invoke({ f: 'read' });
    operation.ok();
    throws(() => operation.info(), /ended twice/);
    recorder.close();
  });

  it('writes to the file within moments, not only at the end', async () => {
    const path = freshPath();
    const recorder = openHistoryRecorder({ path, clock: systemClock });
    recorder.mark('start');
    const deadlineMs = systemClock.monotonicMs() + 5000;
    while (readFileSync(path).length === 0 && systemClock.monotonicMs() < deadlineMs)
      await systemClock.sleep(5);
    ok(readFileSync(path, 'utf8').endsWith('\n'));
    recorder.close();
  });

  it('continues a history after its recorder was killed within a line', async () => {
    const path = freshPath();
    const first = openHistoryRecorder({ path, clock: systemClock });
    first.invoke({ f: 'create-post', key: 'ä' });
    first.invoke({ f: 'create-post' }).ok();
    first.close();
    appendFileSync(path, '{"i":3,"t_ns":99,"proc');
    equal((await readHistory(path)).length, 3);

    const second = openHistoryRecorder({ path, clock: systemClock });
    second.invoke({ f: 'create-post' }).ok();
    second.close();
    const events = await readHistory(path);
    deepEqual(
      events.map(({ i }) => i),
      [0, 1, 2, 3, 4],
    );
    equal(pairOperations(events).length, 3);
  });

  it('refuses a file that is broken elsewhere than at its end', async () => {
    const path = freshPath();
    const recorder = openHistoryRecorder({ path, clock: systemClock });
    recorder.mark('start');
    recorder.close();
    appendFileSync(path, 'broken\n');
    const again = openHistoryRecorder({ path, clock: systemClock });
    again.mark('end');
    again.close();
    await rejects(readHistory(path), /:2 is not an event/);
  });
});
