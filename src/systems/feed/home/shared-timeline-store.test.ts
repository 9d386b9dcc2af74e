import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { ID_MAX } from '../../../core/ids.ts';
import { createMemoryTimelineStore } from '../../../ports/timeline-store/memory-timeline-store.ts';
import { TimelinesAway, tellWhenAway } from './shared-timeline-store.ts';

it('a shared store that is away is told from a defect, at the calls that reads make', async () => {
  const memory = createMemoryTimelineStore({ clock: systemClock, timelinesMax: 10 });
  let failure: Error | undefined;
  const fail =
    <Args extends unknown[], Answer>(call: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      if (failure !== undefined) throw failure;
      return call(...args);
    };
  const store = tellWhenAway({
    ...memory,
    read: fail(memory.read),
    begin: fail(memory.begin),
    complete: fail(memory.complete),
  });
  assert.ok(await store.complete(1, await store.begin(1), [5], 0, 3));
  assert.deepEqual((await store.read(1, ID_MAX, 5))?.sources, 3);
  const calls = [() => store.read(1, ID_MAX, 5), () => store.begin(1), () => store.complete(1, 1, [], 0)];
  for (const code of ['unavailable', 'timeout'] as const) {
    failure = new AppError(code, 'away');
    for (const call of calls) await assert.rejects(async () => call(), TimelinesAway);
  }
  failure = new Error('a defect');
  for (const call of calls) await assert.rejects(async () => call(), /a defect/);
});
