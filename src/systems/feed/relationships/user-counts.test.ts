import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import { NO_COUNTS } from '../../../core/user.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** The statement that the posts follow when they count. */
const addPostDelta = writeStatement<[userId: Id, shard: number, delta: number]>(
  'test_add_post_delta',
  'INSERT INTO user_count_deltas (user_id, shard, post_delta) VALUES ($1, $2, $3)',
);

describe('user counts', () => {
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting();
  });
  after(() => setting.close());

  const change = async (kind: 'follow' | 'unfollow', viewerId: Id, userId: Id) => {
    const target = await setting.getTarget(userId);
    await setting.sql.transaction((transaction) => setting.follows[kind](transaction, viewerId, target));
  };

  it('are zeros for who has none, and for nobody nothing is asked', async () => {
    const alice = setting.addUser();
    assert.deepEqual(await setting.countsOf([alice, alice]), new Map([[alice, NO_COUNTS]]));
    assert.deepEqual(await setting.countsOf([]), new Map());
  });

  it('are the same before and after a fold', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    await change('follow', alice, bob);
    await change('follow', carol, bob);
    await change('follow', bob, alice);
    await setting.sql.query(addPostDelta, [bob, shardOf(bob), 1]);
    await setting.sql.query(addPostDelta, [bob, shardOf(bob), 1]);
    const expected = new Map([
      [alice, { followerCount: 1, followingCount: 1, postCount: 0 }],
      [bob, { followerCount: 2, followingCount: 1, postCount: 2 }],
    ]);
    assert.deepEqual(await setting.countsOf([alice, bob]), expected);
    assert.equal(await setting.fold(5), 5);
    assert.deepEqual(await setting.countsOf([alice, bob]), expected);
    assert.equal(await setting.fold(), 3);
    assert.equal(await setting.fold(), 0);
    assert.deepEqual(await setting.countsOf([alice, bob]), expected);
  });

  it('are told with how the viewer stands to each, in one look, folded or not', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    await change('follow', alice, bob);
    await change('follow', bob, carol);
    await change('follow', carol, alice);
    const asked = [alice, bob, carol, bob];
    const seen = async () => {
      const [standings, counts, relationships] = await Promise.all([
        setting.standingsOf(alice, asked),
        setting.countsOf(asked),
        setting.relationshipsOf(alice, asked),
      ]);
      assert.deepEqual(new Map([...standings].map(([id, each]) => [id, each.counts])), counts);
      assert.deepEqual(new Map([...standings].map(([id, each]) => [id, each.relationship])), relationships);
      return standings;
    };
    const before = await seen();
    assert.equal(before.get(bob)?.relationship.following, true);
    assert.equal(before.get(carol)?.relationship.followedBy, true);
    assert.equal(before.get(carol)?.counts.followingCount, 1);
    while ((await setting.fold()) > 0);
    assert.deepEqual(await seen(), before);
    assert.deepEqual(await setting.standingsOf(alice, []), new Map());
  });

  it('leave to another worker the deltas that it is folding', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await change('follow', alice, bob);
    await setting.sql.transaction(async (transaction) => {
      await transaction.query(lockDeltas, []);
      assert.equal(await setting.fold(), 0);
    });
    assert.equal(await setting.fold(), 2);
  });

  it('are exact at every moment, whoever follows, unfollows and folds at the same time', async () => {
    const people = Array.from({ length: 5 }, () => setting.addUser());
    const person = fc.constantFrom(...people);
    const command = fc.record({
      kind: fc.constantFrom('follow', 'follow', 'unfollow', 'fold'),
      viewer: person,
      user: person,
      limit: fc.integer({ min: 1, max: 8 }),
    });
    const lanes = fc.array(fc.array(command, { minLength: 4, maxLength: 10 }), {
      minLength: 3,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(lanes, async (commands) => {
        let running = true;
        const watch = async () => {
          while (running) assert.deepEqual(await setting.wrongCounts(), []);
        };
        const run = async (lane: (typeof commands)[number]) => {
          for (const { kind, viewer, user, limit } of lane) {
            if (kind === 'fold') await setting.fold(limit);
            else if (viewer !== user) await change(kind === 'follow' ? 'follow' : 'unfollow', viewer, user);
          }
        };
        const watching = watch();
        await Promise.all(commands.map(run)).finally(() => {
          running = false;
        });
        await watching;
        assert.deepEqual(await setting.wrongCounts(), []);
      }),
      { numRuns: 15 },
    );
  });
});

const lockDeltas = writeStatement<[], { delta_id: number }>(
  'test_lock_deltas',
  'SELECT delta_id FROM user_count_deltas FOR UPDATE',
);
