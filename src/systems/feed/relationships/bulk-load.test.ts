import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import type { Id } from '../../../core/ids.ts';
import { bulkLoadFollows, type FollowToLoad, LOAD_BATCH } from './bulk-load.ts';

describe('bulkLoadFollows', () => {
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting();
  });
  after(() => setting.close());

  const follow = (followerId: Id, followeeId: Id): FollowToLoad => ({
    followerId,
    followeeId,
    followId: setting.ids.next(),
  });

  it('inserts what is new, counts it, and changes nothing the second time', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    const follows = [follow(alice, bob), follow(bob, alice), follow(carol, bob), follow(alice, bob)];
    assert.equal(await bulkLoadFollows(setting, follows), 3);
    assert.equal(await bulkLoadFollows(setting, follows), 0);
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.equal((await setting.countsOf([bob])).get(bob)?.followerCount, 2);
    assert.equal((await setting.relationshipsOf(alice, [bob])).get(bob)?.following, true);
  });

  it('leaves out oneself and the blocked', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const target = await setting.getTarget(bob);
    await setting.sql.transaction((transaction) => setting.blocks.block(transaction, alice, target));
    const follows = [follow(alice, alice), follow(alice, bob), follow(bob, alice)];
    assert.equal(await bulkLoadFollows(setting, follows), 0);
    assert.equal(await bulkLoadFollows(setting, []), 0);
  });

  it('loads more than a batch from a stream, tells how far it is, and can run twice at once', async () => {
    const people = Array.from({ length: 150 }, () => setting.addUser());
    const pairs = people.flatMap((from) =>
      people.filter((to) => to !== from).map((to) => [from, to] as const),
    );
    const follows = pairs.slice(0, LOAD_BATCH + 1).map(([from, to]) => follow(from, to));
    const progress: number[] = [];
    async function* stream() {
      yield* follows;
    }
    const inserted = await Promise.all([
      bulkLoadFollows(setting, stream(), (done) => progress.push(done)),
      bulkLoadFollows(setting, follows.toReversed()),
    ]);
    assert.equal(inserted[0] + inserted[1], LOAD_BATCH + 1);
    assert.deepEqual(progress, [LOAD_BATCH, LOAD_BATCH + 1]);
    assert.deepEqual(await setting.wrongCounts(), []);
  });
});
