import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { User } from '../../../core/user.ts';
import { CACHED_MS, createUserCache } from './user-cache.ts';

const [alice, bob, nobody] = [1, 2, 3];

/** A store whose answers wait for `answer`, or come at once. */
function openStore(usersMax = 100) {
  const clock = createManualClock();
  const names = new Map([
    [alice, 'alice'],
    [bob, 'bob'],
  ]);
  const asked: Id[][] = [];
  const waiting: (() => void)[] = [];
  let held = false;
  const read = (userIds: readonly Id[]): Map<Id, User> =>
    new Map(
      userIds.flatMap((userId) =>
        names.has(userId) ? [[userId, userOf(userId, names.get(userId) ?? '')]] : [],
      ),
    );
  const cache = createUserCache({
    clock,
    usersMax,
    load: async (userIds) => {
      asked.push([...userIds]);
      const users = read(userIds);
      if (held) await new Promise<void>((resolve) => waiting.push(resolve));
      return users;
    },
  });
  const nameOf = async (userId: Id) => (await cache.getUsers([userId])).get(userId)?.displayName;
  return { clock, names, asked, cache, nameOf, hold: () => (held = true), answer: () => waiting.shift()?.() };
}

function userOf(userId: Id, name: string): User {
  return { userId, username: name, displayName: name, bio: '', avatarUrl: null, locked: false };
}

describe('the cache of users', () => {
  it('asks for who is not there or too old, and for nobody else', async () => {
    const { clock, asked, cache } = openStore();
    await cache.getUsers([alice]);
    await cache.getUsers([alice, bob, bob]);
    assert.deepEqual(asked, [[alice], [bob]]);
    await clock.advance(CACHED_MS - 1);
    await cache.getUsers([alice, bob]);
    assert.equal(asked.length, 2);
    await clock.advance(1);
    assert.equal((await cache.getUsers([alice, bob])).size, 2);
    assert.deepEqual(asked.at(-1), [alice, bob]);
  });

  it('does not remember who is unknown: they may sign up at any moment', async () => {
    const { names, nameOf } = openStore();
    assert.equal(await nameOf(nobody), undefined);
    names.set(nobody, 'carol');
    assert.equal(await nameOf(nobody), 'carol');
  });

  it('asks once for many who ask at the same time', async () => {
    const { asked, cache, hold, answer } = openStore();
    hold();
    const both = [cache.getUsers([alice]), cache.getUsers([alice])];
    answer();
    const [one, other] = await Promise.all(both);
    assert.equal(asked.length, 1);
    assert.deepEqual(one, other);
  });

  it('shows a change at once, also when an old answer is still on its way', async () => {
    const { names, cache, nameOf, hold, answer } = openStore();
    hold();
    const old = nameOf(alice);
    names.set(alice, 'Alice of Troy');
    cache.forget(alice);
    const fresh = nameOf(alice);
    answer();
    answer();
    assert.equal(await old, 'alice');
    assert.equal(await fresh, 'Alice of Troy');
    assert.equal(await nameOf(alice), 'Alice of Troy');
  });

  it('keeps no more users than it may', async () => {
    const { asked, cache } = openStore(1);
    await cache.getUsers([alice]);
    await cache.getUsers([bob]);
    await cache.getUsers([bob]);
    await cache.getUsers([alice]);
    assert.deepEqual(asked, [[alice], [bob], [alice]]);
  });

  it('a failed query fails who waited for it, and the next one asks again', async () => {
    let fails = true;
    const cache = createUserCache({
      clock: createManualClock(),
      load: async () => {
        if (fails) throw new Error('down');
        return new Map([[alice, userOf(alice, 'alice')]]);
      },
    });
    await assert.rejects(cache.getUsers([alice]), /down/);
    fails = false;
    assert.equal((await cache.getUsers([alice])).size, 1);
  });
});
