/** Follows, requests, mutes and blocks together: the rules that hold whatever is done, by however many at once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type AnnouncedEvent,
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import { AppError, type ErrorCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Relationship, Tie } from '../../../core/user.ts';
import { readStatement, type SqlValue, type Statement } from '../../../ports/sql-store/sql-store.ts';
import { bulkLoadFollows } from './bulk-load.ts';
import { getRelationships, getTies } from './relationships-queries.ts';

const KINDS = [
  'follow',
  'unfollow',
  'removeFollower',
  'accept',
  'reject',
  'mute',
  'unmute',
  'block',
  'unblock',
] as const;

interface Command {
  readonly kind: (typeof KINDS)[number] | 'lock' | 'unlock';
  readonly viewer: number;
  readonly user: number;
}

const PEOPLE = 3;
/** Follows are twice as likely, so that there is something to end. */
const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom(...KINDS, 'follow', 'follow', 'accept', 'lock', 'unlock'),
  viewer: fc.nat(PEOPLE - 1),
  user: fc.nat(PEOPLE - 1),
});

describe('relationships', () => {
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting();
  });
  after(() => setting.close());

  const write = async (
    kind: Command['kind'],
    viewerId: Id,
    userId: Id,
  ): Promise<Relationship | undefined> => {
    const { follows, followRequests, mutes, blocks, sql } = setting;
    if (kind === 'lock' || kind === 'unlock') return void setting.setLocked(viewerId, kind === 'lock');
    const change = { ...follows, ...followRequests, ...mutes, ...blocks }[kind];
    const target = await setting.getTarget(userId);
    return sql.transaction((transaction) => change(transaction, viewerId, target));
  };
  const outcome = (kind: Command['kind'], viewerId: Id, userId: Id): Promise<ErrorCode | 'done'> =>
    write(kind, viewerId, userId).then(
      () => 'done',
      (error: unknown) => {
        if (error instanceof AppError) return error.code;
        throw error;
      },
    );

  it('are as the rules say after every call, and each change is announced once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (commands) => {
        const people = Array.from({ length: PEOPLE }, () => setting.addUser());
        const idOf = (index: number) => people[index] ?? assert.fail();
        const state = new Map<string, Ties>();
        const locked = new Set<Id>();
        for (const { kind, viewer, user } of commands) {
          const [viewerId, userId] = [idOf(viewer), idOf(user)];
          const expected = applyRules(state, locked, kind, viewerId, userId);
          assert.equal(await outcome(kind, viewerId, userId), expected);
          assert.deepEqual(await read(viewerId, people), relationshipsIn(state, viewerId, people));
        }
        assert.deepEqual(replay(await announcedAmong(people)), state);
      }),
      { numRuns: 25 },
    );
  });

  it('and their events agree when all of it is done at once, and no block leaves a follow', async () => {
    const lanes = fc.array(fc.array(command, { minLength: 4, maxLength: 10 }), {
      minLength: 3,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(lanes, async (commands) => {
        const people = Array.from({ length: PEOPLE }, () => setting.addUser());
        const idOf = (index: number) => people[index] ?? assert.fail();
        const run = async (lane: readonly Command[]) => {
          for (const { kind, viewer, user } of lane) await outcome(kind, idOf(viewer), idOf(user));
        };
        await Promise.all(commands.map(run));
        const state = replay(await announcedAmong(people));
        for (const viewerId of people) {
          const found = await read(viewerId, people);
          assert.deepEqual(found, relationshipsIn(state, viewerId, people));
          assert.deepEqual(
            await setting.tiesOf([...found.keys()].map((userId) => ({ viewerId, userId }))),
            [...found.values()].map(tieIn),
          );
          for (const one of found.values()) {
            const tied = one.following || one.followedBy || one.requested || one.requestedBy;
            assert.ok(
              !(tied && (one.blocking || one.blockedBy)),
              'a block leaves neither follow nor request',
            );
            assert.ok(!(one.following && one.requested), 'who follows does not ask');
          }
        }
        assert.deepEqual(await setting.wrongCounts(), []);
      }),
      { numRuns: 25 },
    );
  });

  it('are refused with oneself, and with who is unknown', async () => {
    const alice = setting.addUser();
    for (const kind of KINDS) {
      assert.equal(await outcome(kind, alice, alice), 'invalid', kind);
      assert.equal(await outcome(kind, alice, setting.ids.next()), 'not_found', kind);
    }
    assert.deepEqual(await announcedAmong([alice]), []);
  });

  it('cannot begin with someone who was suspended a moment ago', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await setting.announce(bob, 'suspended');
    assert.equal(await outcome('follow', alice, bob), 'not_found');
    await setting.announce(bob, 'restored');
    assert.equal(await outcome('follow', alice, bob), 'done');
  });

  it('tell nobody who blocked whom when a follow is refused', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    await write('block', bob, alice);
    const messages: string[] = [];
    for (const [viewer, user] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      await assert.rejects(write('follow', viewer, user), (error) => {
        assert.ok(error instanceof AppError);
        messages.push(error.message);
        return error.code === 'forbidden';
      });
    }
    assert.equal(new Set(messages).size, 1);
  });

  it('become a follow when the account was unlocked before the request was answered', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser({ locked: true })];
    assert.equal((await write('follow', alice, bob))?.requested, true);
    setting.setLocked(bob, false);
    assert.equal((await setting.relationshipsOf(alice, [bob])).get(bob)?.following, false);
    const relationship = await write('follow', alice, bob);
    assert.deepEqual([relationship?.following, relationship?.requested], [true, false]);
  });

  it('let two follow a celebrity at the same time without waiting for each other', async () => {
    const [alice, bob, celebrity] = [setting.addUser(), setting.addUser(), setting.addUser()];
    const target = await setting.getTarget(celebrity);
    await setting.sql.transaction(async (transaction) => {
      await setting.follows.follow(transaction, alice, target);
      await write('follow', bob, celebrity);
    });
    assert.equal((await setting.countsOf([celebrity])).get(celebrity)?.followerCount, 2);
  });

  it('end with what was decided last when two clients of one person disagree', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const target = await setting.getTarget(bob);
    let unfollowing: Promise<unknown> | undefined;
    await setting.sql.transaction(async (transaction) => {
      await setting.follows.follow(transaction, alice, target);
      unfollowing = write('unfollow', alice, bob);
      // The other client waits for this one, though it cannot see the follow yet.
      await transaction.query({ name: 'test_wait', kind: 'read', text: 'SELECT pg_sleep(0.05)' }, []);
    });
    await unfollowing;
    const kinds = (await announcedAmong([alice, bob])).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['followed', 'unfollowed']);
  });

  it('are looked up pair by pair, not in the list of all followers of a celebrity', async () => {
    const people = Array.from({ length: 1_000 }, () => setting.addUser());
    const celebrity = setting.addUser();
    const follows = people.flatMap((followerId, index) => {
      const followees = [celebrity, ...people.slice(index + 1, index + 4)];
      return followees.map((followeeId) => ({ followerId, followeeId, followId: setting.ids.next() }));
    });
    await bulkLoadFollows(setting, follows);
    await setting.sql.query({ name: 'test_vacuum', kind: 'write', text: 'VACUUM ANALYZE follows' }, []);
    // The plan that suits somebody with a few followers is the one that the server keeps for everybody.
    const ordinary = people[0] ?? assert.fail();
    const explain = <Params extends readonly SqlValue[]>(statement: Statement<Params, unknown>) =>
      readStatement<Params, object>(`explain_${statement.name}`, `EXPLAIN (COSTS OFF) ${statement.text}`);
    const plans = [
      await setting.sql.query(explain(getRelationships), [ordinary, people]),
      await setting.sql.query(explain(getTies), [people.map(() => ordinary), people]),
    ];
    for (const lines of plans) {
      assert.match(JSON.stringify(lines), /follows_pkey/);
      assert.doesNotMatch(JSON.stringify(lines), /follows_by_/);
    }
  });

  async function read(viewerId: Id, people: readonly Id[]) {
    return setting.relationshipsOf(
      viewerId,
      people.filter((userId) => userId !== viewerId),
    );
  }

  async function announcedAmong(people: readonly Id[]): Promise<AnnouncedEvent[]> {
    return (await setting.announced()).filter(({ key }) => people.includes(key));
  }
});

describe('the limit of followings', () => {
  const FOLLOWINGS_MAX = 2;
  let setting: RelationshipsSetting;
  before(async () => {
    setting = await createRelationshipsSetting({ followingsMax: FOLLOWINGS_MAX });
  });
  after(() => setting.close());

  const follow = async (viewerId: Id, userId: Id) => {
    const target = await setting.getTarget(userId);
    return setting.sql.transaction((transaction) => setting.follows.follow(transaction, viewerId, target));
  };
  const isConflict = (error: unknown) => error instanceof AppError && error.code === 'conflict';

  it('lets one follow as many, open requests included, and not one more', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser({ locked: true })];
    const dave = setting.addUser();
    await follow(alice, bob);
    await follow(alice, carol);
    await assert.rejects(follow(alice, dave), isConflict);
    assert.equal((await follow(alice, bob)).following, true);
    setting.setLocked(carol, false);
    assert.equal((await follow(alice, carol)).following, true);
    await setting.fold();
    await assert.rejects(follow(alice, dave), isConflict);
    const target = await setting.getTarget(bob);
    await setting.sql.transaction((transaction) => setting.follows.unfollow(transaction, alice, target));
    assert.equal((await follow(alice, dave)).following, true);
  });

  it('holds for requests that come at the same time', async () => {
    const alice = setting.addUser();
    const others = Array.from({ length: 6 }, () => setting.addUser());
    const results = await Promise.allSettled(others.map((userId) => follow(alice, userId)));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, FOLLOWINGS_MAX);
    assert.equal((await setting.countsOf([alice])).get(alice)?.followingCount, FOLLOWINGS_MAX);
  });
});

function tieIn({ following, muting, blocking, blockedBy }: Relationship): Tie {
  return { following, muting, blocked: blocking || blockedBy };
}

/** What one person has with one other, in this direction. */
interface Ties {
  readonly follow: boolean;
  readonly request: boolean;
  readonly mute: boolean;
  readonly block: boolean;
}

const NO_TIES: Ties = { follow: false, request: false, mute: false, block: false };

function tiesIn(state: ReadonlyMap<string, Ties>, from: Id, to: Id): Ties {
  return state.get(`${from}>${to}`) ?? NO_TIES;
}

function tie(state: Map<string, Ties>, from: Id, to: Id, change: Partial<Ties>): void {
  const ties = { ...tiesIn(state, from, to), ...change };
  if (Object.values(ties).includes(true)) state.set(`${from}>${to}`, ties);
  else state.delete(`${from}>${to}`);
}

/** The rules once more, without a database: changes `state`, and answers how the call ends. */
function applyRules(
  state: Map<string, Ties>,
  locked: Set<Id>,
  kind: Command['kind'],
  viewer: Id,
  user: Id,
): ErrorCode | 'done' {
  if (kind === 'lock') locked.add(viewer);
  if (kind === 'unlock') locked.delete(viewer);
  if (kind === 'lock' || kind === 'unlock') return 'done';
  if (viewer === user) return 'invalid';
  const [mine, theirs] = [tiesIn(state, viewer, user), tiesIn(state, user, viewer)];
  const nothing = { follow: false, request: false };
  switch (kind) {
    case 'follow':
      if (mine.block || theirs.block) return 'forbidden';
      if (mine.follow) return 'done';
      tie(state, viewer, user, locked.has(user) ? { request: true } : { follow: true, request: false });
      return 'done';
    case 'unfollow':
      tie(state, viewer, user, nothing);
      return 'done';
    case 'removeFollower':
      tie(state, user, viewer, nothing);
      return 'done';
    case 'accept':
      if (!theirs.request) return theirs.follow ? 'done' : 'not_found';
      tie(state, user, viewer, { follow: true, request: false });
      return 'done';
    case 'reject':
      if (!theirs.request) return 'not_found';
      tie(state, user, viewer, nothing);
      return 'done';
    case 'mute':
    case 'unmute':
      tie(state, viewer, user, { mute: kind === 'mute' });
      return 'done';
    case 'block':
      tie(state, viewer, user, { ...nothing, block: true });
      tie(state, user, viewer, nothing);
      return 'done';
    case 'unblock':
      tie(state, viewer, user, { block: false });
      return 'done';
  }
}

function relationshipsIn(
  state: ReadonlyMap<string, Ties>,
  viewer: Id,
  people: readonly Id[],
): Map<Id, Relationship> {
  const others = people.filter((userId) => userId !== viewer);
  return new Map(
    others.map((userId) => {
      const [mine, theirs] = [tiesIn(state, viewer, userId), tiesIn(state, userId, viewer)];
      const relationship = {
        following: mine.follow,
        followedBy: theirs.follow,
        requested: mine.request,
        requestedBy: theirs.request,
        muting: mine.mute,
        blocking: mine.block,
        blockedBy: theirs.block,
      };
      return [userId, relationship];
    }),
  );
}

/** What the events alone say is so. Fails on one that announces what was so already. */
function replay(events: readonly AnnouncedEvent[]): Map<string, Ties> {
  const state = new Map<string, Ties>();
  for (const { key, kind, payload } of events) {
    const from = Number(payload['follower_id'] ?? payload['requester_id'] ?? payload['user_id']);
    const ties = tiesIn(state, from, key);
    const change = changeOf(kind, payload);
    for (const [name, value] of Object.entries(change)) {
      // Object.entries forgets that its keys are those of Ties.
      assert.notEqual(ties[name as keyof Ties], value, `${kind} announces a change of ${name}`);
    }
    tie(state, from, key, change);
  }
  return state;
}

function changeOf(kind: string, payload: AnnouncedEvent['payload']): Partial<Ties> {
  switch (kind) {
    case 'followed':
      return payload['request_id'] === null ? { follow: true } : { follow: true, request: false };
    case 'unfollowed':
      return { follow: false };
    case 'requested':
      return { request: true };
    case 'request_withdrawn':
    case 'request_rejected':
      return { request: false };
    case 'muted':
    case 'unmuted':
      return { mute: kind === 'muted' };
    case 'blocked':
    case 'unblocked':
      return { block: kind === 'blocked' };
    default:
      return assert.fail(`unknown kind ${kind}`);
  }
}
