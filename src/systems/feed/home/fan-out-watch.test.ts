import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import type { GroupLag } from '../../../ports/event-log/event-log.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import { FAN_OUT_GROUP } from './fan-out.ts';
import { createFanOutWatch } from './fan-out-watch.ts';
import { createUndeliveredEntries } from './undelivered-entries.ts';

function openWatch() {
  const clock = createManualClock();
  const undeliveredEntries = createUndeliveredEntries({ clock });
  const lag = { waiting: 0, asked: 0 };
  const eventLog = {
    async lag(): Promise<GroupLag[]> {
      lag.asked += 1;
      return [{ group: FAN_OUT_GROUP, topic: POSTS_TOPIC, waiting: lag.waiting, retrying: 0, dead: 0 }];
    },
  };
  const hear = (postId: number) =>
    undeliveredEntries.hear([
      {
        topic: POSTS_TOPIC,
        kind: 'created',
        payload: { post_id: `${postId}`, author_id: '1', visibility: 'public' },
      },
    ]);
  return { clock, undeliveredEntries, lag, hear, watch: createFanOutWatch({ eventLog, undeliveredEntries }) };
}

it('a fan-out is behind when it has not come for 5 s to what it has to do, and until it has', async () => {
  const { clock, undeliveredEntries, lag, hear, watch } = openWatch();
  const look = async () => {
    await watch.job.run();
    return watch.isBehind();
  };
  lag.waiting = 2;
  hear(10);
  clock.skip(5_000);
  assert.equal(await look(), false);
  assert.equal(lag.asked, 0, 'nobody is asked without a reason');
  clock.skip(1);
  hear(11);
  assert.equal(await look(), true);
  undeliveredEntries.end([10]);
  assert.equal(await look(), false);
});

it('a fan-out is not behind when it has nothing to do: what it said of it was lost', async () => {
  const { clock, lag, hear, watch } = openWatch();
  hear(10);
  clock.skip(6_000);
  await watch.job.run();
  assert.deepEqual([watch.isBehind(), lag.asked], [false, 1]);
});

it('a fan-out is not behind for what goes page by page while later entries are through', async () => {
  const { clock, undeliveredEntries, lag, hear, watch } = openWatch();
  lag.waiting = 1;
  hear(10);
  clock.skip(1_000);
  hear(11);
  undeliveredEntries.end([11]);
  clock.skip(6_000);
  await watch.job.run();
  assert.equal(watch.isBehind(), false);
});
