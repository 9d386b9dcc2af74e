import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import { hasCode } from '../../../core/errors.ts';
import { ID_MAX, type Id } from '../../../core/ids.ts';

describe('follow requests', () => {
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting();
  });
  after(() => setting.close());

  const ask = async (viewerId: Id, userId: Id) => {
    const target = await setting.getTarget(userId);
    return setting.sql.transaction((transaction) => setting.follows.follow(transaction, viewerId, target));
  };
  const answer = async (kind: 'accept' | 'reject', viewerId: Id, userId: Id) => {
    const target = await setting.getTarget(userId);
    const { followRequests, sql } = setting;
    return sql.transaction((transaction) => followRequests[kind](transaction, viewerId, target));
  };
  const page = async (viewerId: Id, before: Id, limit: number) => {
    const { items, nextBefore } = await setting.followRequests.page(viewerId, { before, limit });
    return { requesters: items.map(({ requester }) => requester.userId), nextBefore };
  };

  it('are paged newest first, without those of suspended users', async () => {
    const alice = setting.addUser({ locked: true });
    const others = Array.from({ length: 5 }, () => setting.addUser());
    for (const userId of others) await ask(userId, alice);
    const [first, suspended, ...rest] = others;
    await setting.announce(suspended ?? assert.fail(), 'suspended');
    const newest = await page(alice, ID_MAX, 3);
    assert.deepEqual(newest.requesters, rest.toReversed());
    assert.deepEqual(await page(alice, newest.nextBefore ?? assert.fail(), 3), {
      requesters: [first],
      nextBefore: undefined,
    });
  });

  it('count for nobody before they are accepted', async () => {
    const [alice, bob] = [setting.addUser({ locked: true }), setting.addUser()];
    assert.equal((await ask(bob, alice)).requested, true);
    assert.equal((await setting.countsOf([alice])).get(alice)?.followerCount, 0);
    assert.equal((await answer('accept', alice, bob)).followedBy, true);
    assert.equal((await setting.countsOf([alice])).get(alice)?.followerCount, 1);
    assert.deepEqual((await page(alice, ID_MAX, 10)).requesters, []);
  });

  it('stay open when the account is unlocked, for it to answer', async () => {
    const [alice, bob] = [setting.addUser({ locked: true }), setting.addUser()];
    await ask(bob, alice);
    setting.setLocked(alice, false);
    assert.deepEqual((await page(alice, ID_MAX, 10)).requesters, [bob]);
    assert.equal((await answer('reject', alice, bob)).requestedBy, false);
  });

  it('can be accepted twice, and rejected once', async () => {
    const [alice, bob, carol] = [setting.addUser({ locked: true }), setting.addUser(), setting.addUser()];
    await ask(bob, alice);
    await answer('accept', alice, bob);
    assert.equal((await answer('accept', alice, bob)).followedBy, true);
    await ask(carol, alice);
    await answer('reject', alice, carol);
    await assert.rejects(answer('reject', alice, carol), (error) => hasCode(error, 'not_found'));
    await assert.rejects(answer('accept', alice, carol), (error) => hasCode(error, 'not_found'));
  });
});
