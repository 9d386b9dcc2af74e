import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

describe('hidden users', () => {
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting();
  });
  after(() => setting.close());

  const change = async (kind: 'follow' | 'mute' | 'block', viewerId: Id, userId: Id) => {
    const { follows, mutes, blocks, sql } = setting;
    const target = await setting.getTarget(userId);
    await sql.transaction((transaction) =>
      ({ ...follows, ...mutes, ...blocks })[kind](transaction, viewerId, target),
    );
  };
  const stateOf = async (userId: Id) => (await setting.sql.query(getState, [userId]))[0]?.state;
  const eraseAll = async (limit: number) => {
    let calls = 0;
    while (await setting.hiddenUsers.erase(limit)) calls += 1;
    return calls;
  };

  it('are those whom the accounts suspended and have not restored', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await setting.announce(alice, 'created', 'suspended');
    await setting.announce(bob, 'created', 'suspended', 'restored');
    assert.deepEqual([await stateOf(alice), await stateOf(bob)], ['suspended', undefined]);
    await setting.announce(alice, 'suspended', 'updated');
    assert.equal(await stateOf(alice), 'suspended');
    await setting.announce(alice, 'restored');
    assert.equal(await stateOf(alice), undefined);
  });

  it('stay hidden for ever once they are deleted', async () => {
    const alice = setting.addUser();
    await setting.announce(alice, 'suspended');
    await setting.announce(alice, 'deleted', 'restored');
    await setting.announce(alice, 'suspended');
    assert.equal(await stateOf(alice), 'deleted');
    await eraseAll(10);
    await setting.announce(alice, 'restored');
    await setting.announce(alice, 'deleted');
    assert.equal(await stateOf(alice), 'erased');
  });

  it('keep their relationships when they are suspended', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await change('follow', alice, bob);
    await setting.announce(bob, 'suspended');
    assert.equal(await setting.hiddenUsers.erase(), false);
    assert.equal((await setting.relationshipsOf(alice, [bob])).get(bob)?.following, true);
  });

  it('lose all their relationships when they are deleted, a few at a time, and the counts agree', async () => {
    const celebrity = setting.addUser({ locked: true });
    const others = Array.from({ length: 7 }, () => setting.addUser());
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser({ locked: true })];
    setting.setLocked(celebrity, false);
    for (const userId of others) {
      await change('follow', userId, celebrity);
      await change('follow', celebrity, userId);
      await change('mute', userId, celebrity);
    }
    await change('follow', celebrity, carol);
    await change('block', alice, celebrity);
    await change('block', celebrity, bob);
    setting.setLocked(celebrity, true);
    await change('follow', carol, celebrity);
    await change('follow', alice, bob);

    await setting.announce(celebrity, 'deleted');
    const limit = 3;
    let calls = 0;
    while (await setting.hiddenUsers.erase(limit)) {
      calls += 1;
      assert.deepEqual(await setting.wrongCounts(), []);
    }
    // 14 follows take five calls, and one more finds nothing.
    assert.equal(calls, 6);
    assert.equal(await stateOf(celebrity), 'erased');
    const everyone = [...others, alice, bob, carol];
    for (const relationship of (await setting.relationshipsOf(celebrity, everyone)).values()) {
      assert.ok(!Object.values(relationship).includes(true));
    }
    assert.equal((await setting.relationshipsOf(alice, [bob])).get(bob)?.following, true);
    assert.equal((await setting.countsOf([celebrity])).get(celebrity)?.followerCount, 0);
  });

  it('are erased by several workers at once, and beside those who still unfollow', async () => {
    const celebrities = [setting.addUser(), setting.addUser()];
    const others = Array.from({ length: 12 }, () => setting.addUser());
    for (const userId of others)
      for (const celebrity of celebrities) await change('follow', userId, celebrity);
    const targets = await Promise.all(celebrities.map((userId) => setting.getTarget(userId)));
    for (const celebrity of celebrities) await setting.announce(celebrity, 'deleted');
    const unfollowing = others.flatMap((userId) =>
      targets.map((target) =>
        setting.sql.transaction((transaction) => setting.follows.unfollow(transaction, userId, target)),
      ),
    );
    await Promise.all([eraseAll(2), eraseAll(2), setting.fold(3), ...unfollowing]);
    await eraseAll(2);
    assert.deepEqual(await setting.wrongCounts(), []);
    for (const celebrity of celebrities) assert.equal(await stateOf(celebrity), 'erased');
  });
});

const getState = readStatement<[userId: Id], { state: string }>(
  'test_get_state',
  'SELECT state FROM hidden_users WHERE user_id = $1',
);
