import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import { type GroupLag, partitionOf } from '../../../ports/event-log/event-log.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import { FAN_OUT_GROUP } from './fan-out.ts';
import { createFanOutWatch } from './fan-out-watch.ts';
import { createUndeliveredEntries, UNDELIVERED_MAX } from './undelivered-entries.ts';

async function openWatch(waitingAtFirst = 0) {
  const clock = createManualClock();
  clock.skip(100_000);
  const undeliveredEntries = createUndeliveredEntries({ clock, byOthers: true });
  const lag = { waiting: waitingAtFirst, asked: 0 };
  const eventLog = {
    async lag(): Promise<GroupLag[]> {
      lag.asked += 1;
      return [{ group: FAN_OUT_GROUP, topic: POSTS_TOPIC, waiting: lag.waiting, retrying: 0, dead: 0 }];
    },
  };
  const offsets = new Map<number, number>();
  /** Of an author for each entry, so that they are in different partitions; as the log has them, unless it does not yet. */
  const hear = (postId: number, { isLogged = true } = {}) => {
    const partition = partitionOf(postId);
    const offset = (offsets.get(partition) ?? 0) + 1;
    if (isLogged) offsets.set(partition, offset);
    const payload = { post_id: `${postId}`, author_id: `${postId}`, visibility: 'public' };
    const event = { topic: POSTS_TOPIC, kind: 'created', key: postId, payload };
    undeliveredEntries.hear([isLogged ? { ...event, partition, offset } : event]);
  };
  const watch = createFanOutWatch({ eventLog, undeliveredEntries });
  const look = async (afterMs: number) => {
    clock.skip(afterMs);
    await watch.job.run();
    return watch.isBehind();
  };
  clock.skip(10);
  await watch.open();
  lag.asked = 0;
  return { clock, undeliveredEntries, lag, hear, watch, look };
}

/** Another of its partition. */
function besides(authorId: number): number {
  const others = Array.from({ length: 100 }, (_, n) => authorId + 1 + n);
  return others.find((id) => partitionOf(id) === partitionOf(authorId)) ?? assert.fail();
}

describe('a fan-out of other processes', () => {
  it('is behind when it has not come for 5 s to what it has to do, and until it has', async () => {
    const { undeliveredEntries, lag, hear, look } = await openWatch();
    lag.waiting = 2;
    hear(10);
    assert.equal(await look(5_000), false);
    assert.equal(lag.asked, 0, 'nobody is asked without a reason');
    assert.equal(await look(1), true);
    hear(11);
    assert.equal(await look(0), true);
    undeliveredEntries.end([10]);
    assert.equal(await look(0), false);
  });

  it('is not behind when it has nothing to do: what it said of it was lost', async () => {
    const { lag, hear, look } = await openWatch();
    hear(10);
    assert.deepEqual([await look(6_000), lag.asked], [false, 1]);
    assert.deepEqual([await look(6_000), lag.asked], [false, 1]);
  });

  it('is behind with one partition, whatever goes on in others', async () => {
    const { undeliveredEntries, lag, hear, look } = await openWatch();
    lag.waiting = 1;
    const [author, other] = [10, 11];
    assert.notEqual(partitionOf(author), partitionOf(other));
    hear(author);
    hear(other);
    undeliveredEntries.end([other]);
    assert.equal(await look(6_000), true);
  });

  it('stays behind however long it lasts, and however much comes', async () => {
    const { undeliveredEntries, lag, hear, look } = await openWatch();
    lag.waiting = 1;
    hear(10);
    assert.equal(await look(6_000), true);
    for (let minute = 0; minute < 5; minute += 1) {
      hear(100 + minute);
      assert.equal(await look(60_000), true);
    }
    for (let postId = 1_000; postId < 1_000 + 2 * UNDELIVERED_MAX; postId += 1) hear(postId);
    undeliveredEntries.end([1_000 + 2 * UNDELIVERED_MAX - 1]);
    assert.equal(await look(0), true);
    lag.waiting = 0;
    assert.equal(await look(0), false);
  });

  it('is not behind for what goes page by page while later entries of the partition are through', async () => {
    const { clock, undeliveredEntries, lag, hear, look } = await openWatch();
    lag.waiting = 1;
    const later = besides(10);
    hear(10);
    clock.skip(1_000);
    hear(later);
    undeliveredEntries.end([later]);
    assert.equal(await look(6_000), false);
  });

  it('is behind with the later ones of a partition that were heard together with one that is through', async () => {
    const { undeliveredEntries, lag, hear, look } = await openWatch();
    lag.waiting = 1;
    hear(10);
    hear(besides(10));
    undeliveredEntries.end([10]);
    assert.equal(await look(6_000), true);
  });

  it('is behind with what the log does not have yet, though it has nothing to do', async () => {
    const { undeliveredEntries, hear, look } = await openWatch();
    hear(10, { isLogged: false });
    assert.equal(await look(6_000), true);
    hear(10);
    assert.equal(await look(0), false);
    hear(11, { isLogged: false });
    undeliveredEntries.end([11]);
    assert.equal(await look(6_000), false);
    hear(11);
    assert.equal(await look(6_000), false);
  });

  it('may be behind with what was written before this process began, which it cannot merge', async () => {
    const { lag, look, watch } = await openWatch(1);
    assert.equal(watch.isBehind(), true);
    assert.equal(await look(1_000), true);
    lag.waiting = 0;
    assert.equal(await look(0), false);
  });

  it('that announces what is not known any more has said nothing of what came since', async () => {
    const { undeliveredEntries, lag, hear, look } = await openWatch();
    lag.waiting = 1;
    hear(10);
    undeliveredEntries.end([3, 4, 5, 6, 7, 8, 9]);
    assert.equal(await look(6_000), true);
  });
});
