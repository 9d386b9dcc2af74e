import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { User } from '../../../core/user.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import { CACHED_MS, createUserCache } from './user-cache.ts';
import { userDeleted, userEvent, userOfEvent } from './user-events.ts';

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
  /** As young as can be, until a test says otherwise. */
  const tail = { untilMs: clock.monotonicMs(), heardUntilMs: () => tail.untilMs };
  return {
    clock,
    names,
    asked,
    cache,
    tail,
    nameOf,
    hold: () => (held = true),
    answer: () => waiting.shift()?.(),
  };
}

function heard(event: NewEvent): LoggedEvent {
  const { topic, key, kind, payload } = event;
  const createdAt = new Date(0);
  return {
    topic,
    key,
    kind,
    payload: { ...payload },
    partition: 0,
    offset: 0,
    createdAt,
    traceparent: undefined,
  };
}

function userOf(userId: Id, name: string): User {
  return {
    userId,
    username: name,
    displayName: name,
    bio: '',
    avatarUrl: null,
    headerUrl: null,
    locked: false,
  };
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

  it('asks once, as long as the events of the moment are heard, and each second when they are not', async () => {
    const { clock, asked, cache, nameOf, tail } = openStore();
    cache.follow(tail);
    await nameOf(alice);
    for (let seconds = 0; seconds < 100; seconds += 1) {
      await clock.advance(CACHED_MS);
      tail.untilMs = clock.monotonicMs() - CACHED_MS;
      assert.equal(await nameOf(alice), 'alice');
      assert.equal(cache.cachedUser(alice)?.displayName, 'alice');
    }
    assert.deepEqual(asked, [[alice]]);
    await clock.advance(1);
    assert.equal(cache.cachedUser(alice), undefined);
    await nameOf(alice);
    await clock.advance(CACHED_MS - 1);
    assert.equal(cache.cachedUser(alice)?.displayName, 'alice');
    await nameOf(alice);
    assert.equal(asked.length, 2);
    await clock.advance(1);
    await nameOf(alice);
    assert.equal(asked.length, 3);
    await clock.advance(5 * CACHED_MS);
    tail.untilMs = clock.monotonicMs();
    await nameOf(alice);
    assert.equal(asked.length, 3, 'once all is heard, what is kept is right again');
  });

  it('keeps nothing from before it has followed the tail', async () => {
    const { asked, cache, nameOf, tail, hold, answer } = openStore();
    await nameOf(alice);
    hold();
    const under = nameOf(bob);
    cache.follow(tail);
    answer();
    await under;
    assert.deepEqual([cache.cachedUser(alice), cache.cachedUser(bob)], [undefined, undefined]);
    assert.deepEqual(asked, [[alice], [bob]]);
  });

  it('lists users from elsewhere while the primary is away, and keeps nothing of that', async () => {
    const clock = createManualClock();
    const tail = { untilMs: clock.monotonicMs(), heardUntilMs: () => tail.untilMs };
    const asked: string[] = [];
    let away = false;
    const named = (name: string) => async (userIds: readonly Id[]) => {
      asked.push(`${name} ${userIds.join(' ')}`);
      return new Map(userIds.map((userId) => [userId, userOf(userId, name)]));
    };
    const { listUsers, getUsers, cachedUser, follow } = createUserCache({
      ...{ clock, load: named('new'), loadStale: named('old'), isPrimaryAway: () => away },
    });
    follow(tail);
    await listUsers([alice]);
    away = true;
    const both = await listUsers([alice, bob, bob]);
    assert.deepEqual([both.get(alice)?.displayName, both.get(bob)?.displayName], ['new', 'old']);
    assert.equal(cachedUser(bob), undefined);
    await clock.advance(CACHED_MS + 1);
    assert.equal((await listUsers([alice])).get(alice)?.displayName, 'old');
    tail.untilMs = clock.monotonicMs();
    assert.equal(cachedUser(alice)?.displayName, 'new', 'all was heard, so what is kept is right again');
    assert.equal((await getUsers([bob])).get(bob)?.displayName, 'new');
    assert.deepEqual(asked, ['new 1', 'old 2', 'old 1', 'new 2']);
  });

  it('remembers for a second who is unknown, unless they are announced', async () => {
    const { clock, asked, cache, names, nameOf, tail } = openStore();
    cache.follow(tail);
    for (const _ of [1, 2]) assert.equal(await nameOf(nobody), undefined);
    assert.equal(asked.length, 1);
    names.set(nobody, 'carol');
    cache.hear([heard(userEvent('created', userOf(nobody, 'carol')))]);
    assert.equal(await nameOf(nobody), 'carol');
    names.delete(nobody);
    cache.hear([heard(userDeleted(nobody))]);
    for (const _ of [1, 2]) assert.equal(await nameOf(nobody), undefined);
    names.set(nobody, 'dave');
    await clock.advance(CACHED_MS);
    tail.untilMs = clock.monotonicMs();
    assert.equal(await nameOf(nobody), 'dave', 'also who is not announced');
  });

  it('forgets whom an event changes, and nobody else', async () => {
    const { asked, cache, names, nameOf, tail } = openStore();
    cache.follow(tail);
    await cache.getUsers([alice, bob]);
    names.set(alice, 'Alice of Troy');
    cache.hear([heard(userEvent('updated', userOf(alice, 'Alice of Troy')))]);
    assert.equal(await nameOf(alice), 'Alice of Troy');
    cache.hear([
      heard(userEvent('updated', userOf(alice, 'Alice of Troy'))),
      { ...heard(userEvent('updated', userOf(bob, 'mallory'))), topic: 'posts' },
    ]);
    await cache.getUsers([alice, bob]);
    assert.deepEqual(asked, [[alice, bob], [alice]]);
    for (const kind of ['suspended', 'restored'] as const) {
      cache.hear([heard(userEvent(kind, userOf(bob, 'bob')))]);
      await nameOf(bob);
    }
    assert.deepEqual(asked.slice(2), [[bob]]);
  });

  it('shows what this process has written without asking', async () => {
    const { asked, cache, nameOf, tail } = openStore();
    cache.follow(tail);
    const written = cache.write(alice);
    written(userOf(alice, 'Alice of Troy'));
    assert.equal(await nameOf(alice), 'Alice of Troy');
    cache.hear([heard(userEvent('updated', userOf(alice, 'Alice of Troy')))]);
    assert.equal(cache.cachedUser(alice)?.displayName, 'Alice of Troy');
    assert.deepEqual(asked, []);
  });

  it('never shows what was before the last event heard or the last own change, whatever comes when', async () => {
    const step = fc.constantFrom(
      'other commits',
      'own begins',
      'own commits',
      'own goes on',
      'hear',
      'load',
      'answer',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
        const { cache, names, nameOf, tail, hold, answer } = openStore();
        const eventsToHear: NewEvent[] = [];
        let version = 0;
        let seen = 0;
        let writing: ((user?: User) => void) | undefined;
        const written: { readonly version: number; done(): void }[] = [];
        const commit = (): User => {
          version += 1;
          names.set(alice, String(version));
          const user = userOf(alice, String(version));
          eventsToHear.push(userEvent('updated', user));
          return user;
        };
        names.set(alice, '0');
        cache.follow(tail);
        hold();
        for (const name of steps) {
          // The lock of the row: nobody else commits while one of us is about to.
          if (name === 'other commits' && writing === undefined) commit();
          if (name === 'own begins') writing ??= cache.write(alice);
          if (name === 'own commits' && writing !== undefined) {
            const [done, user] = [writing, commit()];
            writing = undefined;
            written.push({ version, done: () => done(user) });
          }
          if (name === 'own goes on') {
            const own = written.shift();
            own?.done();
            seen = Math.max(seen, own?.version ?? 0);
          }
          if (name === 'hear') {
            const event = eventsToHear.shift();
            if (event !== undefined) cache.hear([heard(event)]);
            seen = Math.max(seen, Number(event === undefined ? 0 : userOfEvent(event)?.displayName));
          }
          if (name === 'load') void nameOf(alice);
          if (name === 'answer') answer();
          await nextTurn();
          const shown = cache.cachedUser(alice);
          assert(shown === undefined || Number(shown.displayName) >= seen);
        }
      }),
      { numRuns: 300 },
    );
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
    cache.write(alice)();
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
