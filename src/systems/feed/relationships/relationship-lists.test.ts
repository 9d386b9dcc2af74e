import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import { hasCode } from '../../../core/errors.ts';
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Profile } from '../../../core/user.ts';

describe('lists of users', () => {
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting();
  });
  after(() => setting.close());

  const change = async (kind: 'follow' | 'mute' | 'unmute' | 'block', viewerId: Id, userId: Id) => {
    const { follows, mutes, blocks, sql } = setting;
    const target = await setting.getTarget(userId);
    await sql.transaction((transaction) =>
      ({ ...follows, ...mutes, ...blocks })[kind](transaction, viewerId, target),
    );
  };
  const addUsers = (count: number) => Array.from({ length: count }, () => setting.addUser());
  const first: PageRequest = { before: ID_MAX, limit: 100 };

  /** All pages of a list, checking that none but the last is short. */
  async function walk(page: (request: PageRequest) => Promise<Page<Profile>>, limit: number) {
    const userIds: Id[] = [];
    let next: Id | undefined = ID_MAX;
    while (next !== undefined) {
      const { items, nextBefore }: Page<Profile> = await page({ before: next, limit });
      if (nextBefore !== undefined) assert.equal(items.length, limit);
      userIds.push(...items.map(({ userId }) => userId));
      next = nextBefore;
    }
    return userIds;
  }

  it('show everyone once, newest first, and nobody who is hidden, blocked or blocks; pages stay full', async () => {
    const [alice = 0, bob = 0] = addUsers(2);
    const others = addUsers(9);
    for (const userId of others) {
      await change('follow', userId, alice);
      await change('follow', alice, userId);
    }
    const states = fc.constantFrom('seen', 'seen', 'hidden', 'blocked', 'blocks', 'muted');
    const all = fc.array(states, { minLength: others.length, maxLength: others.length });
    await fc.assert(
      fc.asyncProperty(all, fc.integer({ min: 1, max: 4 }), async (chosen, limit) => {
        await clear(setting);
        for (const [index, state] of chosen.entries()) {
          const userId = others[index] ?? assert.fail();
          if (state === 'hidden') await setting.announce(userId, 'suspended');
          if (state === 'blocked') await change('block', bob, userId);
          if (state === 'blocks') await change('block', userId, bob);
          if (state === 'muted') await change('mute', bob, userId);
        }
        const visible = others.filter((_, index) => ['seen', 'muted'].includes(chosen[index] ?? ''));
        const expected = visible.toReversed();
        const { lists } = setting;
        assert.deepEqual(await walk((page) => lists.followers(bob, alice, page), limit), expected);
        assert.deepEqual(await walk((page) => lists.following(bob, alice, page), limit), expected);
        const known = others.filter((_, index) => chosen[index] !== 'hidden').toReversed();
        assert.deepEqual(await walk((page) => lists.followers(undefined, alice, page), limit), known);
        const listed = (state: string) => others.filter((_, index) => chosen[index] === state).toReversed();
        assert.deepEqual(await walk((page) => lists.mutes(bob, page), limit), listed('muted'));
        assert.deepEqual(await walk((page) => lists.blocks(bob, page), limit), listed('blocked'));
      }),
      { numRuns: 10 },
    );
    await clear(setting);
  });

  it('of mutes and blocks leave out who was suspended since', async () => {
    const [alice = 0, bob = 0, carol = 0] = addUsers(3);
    await change('mute', alice, bob);
    await change('block', alice, carol);
    await setting.announce(bob, 'suspended');
    await setting.announce(carol, 'suspended');
    assert.deepEqual((await setting.lists.mutes(alice, first)).items, []);
    assert.deepEqual((await setting.lists.blocks(alice, first)).items, []);
  });

  it('of a locked account are for itself and its followers', async () => {
    const [alice = 0, bob = 0, carol = 0] = addUsers(3);
    await change('follow', bob, alice);
    setting.setLocked(alice, true);
    await change('follow', carol, alice);
    for (const list of [setting.lists.followers, setting.lists.following]) {
      await list(alice, alice, first);
      await list(bob, alice, first);
      const refused = (error: unknown) => hasCode(error, 'forbidden');
      await assert.rejects(list(carol, alice, first), refused);
      await assert.rejects(list(undefined, alice, first), refused);
    }
  });

  it('of nobody, of who is gone and of who blocks the viewer do not exist', async () => {
    const [alice = 0, bob = 0, carol = 0] = addUsers(3);
    await change('block', alice, bob);
    setting.removeUser(carol);
    for (const list of [setting.lists.followers, setting.lists.following]) {
      for (const userId of [alice, carol, setting.ids.next()]) {
        await assert.rejects(list(bob, userId, first), (error) => hasCode(error, 'not_found'));
      }
      assert.deepEqual(await list(alice, bob, first), { items: [], nextBefore: undefined });
    }
  });
});

/** Without blocks, mutes and hidden users; the follows that blocks would have ended stay. */
async function clear(setting: RelationshipsSetting): Promise<void> {
  const text = 'TRUNCATE blocks, mutes, hidden_users';
  await setting.sql.query({ name: 'test_clear', kind: 'write', text }, []);
}
