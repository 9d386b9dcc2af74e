import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Causes, createCauses } from '../../../test/support/notification-causes.ts';
import {
  createNotificationsSetting,
  type NotificationsSetting,
} from '../../../test/support/notifications-setting.ts';
import type { Id } from '../../core/ids.ts';
import { readStatement } from '../../ports/sql-store/sql-store.ts';
import { getMembers, pageGroups } from './inbox-queries.ts';
import { GROUP_SPAN_MS, NOTIFICATION_KINDS } from './notification.ts';

describe('notifications are made', () => {
  let setting: NotificationsSetting;
  let causes: Causes;
  before(async () => {
    setting = await createNotificationsSetting();
    causes = createCauses(setting);
  });
  after(() => setting.close());

  const items = async (userId: Id) =>
    (await setting.inbox.page(userId, { limit: 100, kinds: NOTIFICATION_KINDS, place: undefined })).items;
  const kinds = async (userId: Id) => (await items(userId)).map(({ kind }) => kind);
  const people = (count: number) => Array.from({ length: count }, () => setting.addUser());

  it('of what others do, never of oneself', async () => {
    const [alice = 0, bob = 0] = people(2);
    const mine = causes.post(alice, { mentions: [alice] });
    await setting.handle(
      mine.done,
      causes.post(alice, { replyTo: { postId: mine.postId, authorId: alice } }).done,
      causes.repost(alice, mine.postId, alice).done,
      causes.like(alice, mine.postId, alice).done,
    );
    assert.deepEqual(await items(alice), []);
    await setting.handle(
      causes.post(bob, { replyTo: { postId: mine.postId, authorId: alice } }).done,
      causes.post(bob, { mentions: [alice] }).done,
      causes.repost(bob, mine.postId, alice).done,
      causes.like(bob, mine.postId, alice).done,
      causes.follow(bob, alice).done,
      causes.request(bob, alice).done,
    );
    assert.deepEqual((await kinds(alice)).sort(), [...NOTIFICATION_KINDS].sort());
    assert.deepEqual(await items(bob), []);
    assert.equal(new Set(setting.made).size, NOTIFICATION_KINDS.length, 'metrics hear of every kind');
  });

  it('once of a reply that mentions whom it answers, and of everyone else it mentions', async () => {
    const [alice = 0, bob = 0, carol = 0] = people(3);
    const replyTo = { postId: setting.ids.next(), authorId: alice };
    await setting.handle(causes.post(bob, { replyTo, mentions: [alice, bob, carol] }).done);
    assert.deepEqual(
      [await kinds(alice), await kinds(bob), await kinds(carol)],
      [['reply'], [], ['mention']],
    );
  });

  it('not where a block is between, nor of whom the recipient mutes', async () => {
    const [alice = 0, blocked = 0, muted = 0] = people(3);
    setting.tie(alice, blocked, { blocked: true });
    setting.tie(alice, muted, { muting: true });
    const postId = setting.ids.next();
    for (const actor of [blocked, muted]) {
      await setting.handle(causes.like(actor, postId, alice).done, causes.follow(actor, alice).done);
    }
    assert.equal(await setting.countRows('notifications', `user_id = ${alice}`), 0);
    setting.tie(alice, blocked, { blocked: false });
    setting.tie(alice, muted, { muting: false });
    assert.deepEqual(await items(alice), []);
  });

  it('only of whom the recipient wants to hear, by kind', async () => {
    const [alice = 0, friend = 0, stranger = 0] = people(3);
    setting.tie(alice, friend, { following: true });
    await setting.sql.transaction((transaction) =>
      setting.settings.change(transaction, alice, { like: 'following', repost: 'none' }),
    );
    const postId = setting.ids.next();
    for (const actor of [friend, stranger]) {
      await setting.handle(
        causes.like(actor, postId, alice).done,
        causes.repost(actor, postId, alice).done,
        causes.follow(actor, alice).done,
      );
    }
    const found = (await items(alice)).map(({ kind, actors }) => [kind, actors.length]);
    assert.deepEqual(found, [
      ['follow', 2],
      ['like', 1],
    ]);
  });

  it('and withdrawn: of a request that is withdrawn, refused or granted', async () => {
    const [alice = 0, bob = 0, carol = 0, dave = 0] = people(4);
    const [first, second, third] = [
      causes.request(bob, alice),
      causes.request(carol, alice),
      causes.request(dave, alice),
    ];
    await setting.handle(first.done, second.done, third.done);
    assert.equal((await items(alice)).length, 3, 'each is to be answered by itself');
    await setting.handle(first.undo(), second.reject(), causes.follow(dave, alice, third.requestId).done);
    assert.deepEqual(await kinds(alice), ['follow']);
  });

  it('of a mention that an edit adds, and withdrawn with one that it removes', async () => {
    const [alice = 0, bob = 0, carol = 0] = people(3);
    const post = causes.post(carol, { mentions: [alice] });
    await setting.handle(post.done);
    await setting.handle(post.edit({ added: [bob], removed: [alice] }));
    assert.deepEqual([await kinds(alice), await kinds(bob)], [[], ['mention']]);
    await setting.handle(post.edit({ added: [alice], removed: [] }));
    assert.deepEqual([await kinds(alice), await kinds(bob)], [['mention'], ['mention']]);
    assert.deepEqual(await setting.wrongCounts(), []);
  });

  it('not again of a mention that an edit leaves as it is', async () => {
    const [alice = 0, carol = 0] = people(2);
    await setting.sql.transaction((transaction) =>
      setting.settings.change(transaction, alice, { mention: 'none' }),
    );
    const post = causes.post(carol, { mentions: [alice] });
    await setting.handle(post.done);
    await setting.sql.transaction((transaction) =>
      setting.settings.change(transaction, alice, { mention: 'everyone' }),
    );
    await setting.handle(post.edit({ added: [], removed: [] }));
    assert.deepEqual(await kinds(alice), []);
  });

  it('not of a reply in which an edit removes the name of whom it answers: it answers them still', async () => {
    const [alice = 0, bob = 0] = people(2);
    const reply = causes.post(bob, {
      replyTo: { postId: setting.ids.next(), authorId: alice },
      mentions: [alice],
    });
    await setting.handle(reply.done, reply.edit({ added: [], removed: [alice] }));
    assert.deepEqual(await kinds(alice), ['reply']);
  });

  it('and withdrawn with the post, whoever was told of it, and of what others did to it', async () => {
    const [alice = 0, bob = 0, carol = 0] = people(3);
    const post = causes.post(alice, { mentions: [bob] });
    const other = causes.post(alice);
    await setting.handle(post.done, other.done, causes.like(carol, post.postId, alice).done);
    await setting.handle(causes.like(carol, other.postId, alice).done);
    await setting.handle(post.undo());
    assert.deepEqual([(await items(alice)).length, await items(bob)], [1, []]);
    await setting.handle(causes.like(bob, post.postId, alice).done);
    assert.equal((await items(alice)).length, 1, 'a like that was on its way makes none');
    const announced = (await setting.announced()).filter(({ kind }) => kind === 'withdrawn');
    assert.deepEqual(
      announced
        .slice(-2)
        .map(({ key, payload }) => [key, payload['group_count']])
        .sort(),
      [
        [alice, 0],
        [bob, 0],
      ].sort(),
    );
  });

  it('in one item of a post for twelve hours from the first, and then in another', async () => {
    const [alice = 0, bob = 0, carol = 0, dave = 0] = people(4);
    const postId = setting.ids.next();
    await setting.handle(causes.like(bob, postId, alice).done);
    setting.passTime(GROUP_SPAN_MS - 60_000);
    await setting.handle(causes.like(carol, postId, alice).done);
    setting.passTime(60_000);
    await setting.handle(causes.like(dave, postId, alice).done);
    const found = (await items(alice)).map(({ actors }) => actors.map(({ userId }) => userId));
    assert.deepEqual(found, [[dave], [carol, bob]]);
  });

  it('and announced with all that a reader needs', async () => {
    const [alice = 0, bob = 0] = people(2);
    const postId = setting.ids.next();
    const like = causes.like(bob, postId, alice);
    await setting.handle(like.done);
    const [item] = await items(alice);
    await setting.handle(like.undo());
    const [first, second] = (await setting.announced()).filter(({ key }) => key === alice);
    const named = {
      notification_id: String(item?.notificationId),
      user_id: String(alice),
      kind: 'like',
      group_id: String(item?.groupId),
    };
    assert.deepEqual(first, {
      key: alice,
      kind: 'notified',
      payload: {
        ...named,
        group_count: 1,
        actor_id: String(bob),
        post_id: String(postId),
        created_at: like.done.createdAt.toISOString(),
      },
    });
    assert.deepEqual(second, { key: alice, kind: 'withdrawn', payload: { ...named, group_count: 0 } });
  });

  it('by as many statements for a hundred events as for one', async () => {
    const [alice = 0, ...others] = people(101);
    const statements = async (actors: readonly Id[]) => {
      const postId = setting.ids.next();
      const events = actors.map((actor) => causes.like(actor, postId, alice).done);
      const before = setting.statements();
      await setting.handle(...events);
      return setting.statements() - before;
    };
    await statements(others.slice(0, 1));
    const [many, one] = [await statements(others), await statements(others.slice(0, 1))];
    // One more where the lease of ids is renewed meanwhile.
    assert.ok(many <= one + 1, `${many} statements for a hundred, ${one} for one`);
    const posts = others.map((author) => causes.post(author, { mentions: others.slice(0, 10) }));
    const before = setting.statements();
    await setting.handle(...posts.map(({ done }) => done));
    assert.ok(setting.statements() - before <= 12, `${setting.statements() - before} statements`);
    assert.equal((await items(others[0] ?? 0)).length, 99);
  });

  it('with ids that rise in the order of their commits, by many workers at once, without a deadlock', async () => {
    const readers = people(5);
    const actors = people(20);
    const posts = readers.map((userId) => ({ userId, postId: setting.ids.next() }));
    const work = actors.map(async (actor, index) => {
      const turned = [...posts.slice(index % 5), ...posts.slice(0, index % 5)];
      await setting.handle(...turned.map(({ userId, postId }) => causes.like(actor, postId, userId).done));
      await setting.handle(causes.post(actor, { mentions: turned.map(({ userId }) => userId) }).done);
    });
    await Promise.all(work);
    assert.deepEqual(await setting.wrongCounts(), []);
    const announced = await setting.announced();
    for (const userId of readers) {
      const ids = announced
        .filter(({ key }) => key === userId)
        .map(({ payload }) => String(payload['notification_id']));
      assert.deepEqual(ids, [...new Set(ids)].sort());
      assert.equal(ids.length, 40);
      const found = await items(userId);
      assert.equal(found.length, 21);
      assert.equal(found.find(({ kind }) => kind === 'like')?.groupCount, 20);
    }
  });

  it('of a hundred thousand likes of one post, and a page costs what it costs with two', async () => {
    const [alice = 0, bob = 0] = people(2);
    const [few, many] = [setting.ids.next(), setting.ids.next()];
    await setting.handle(causes.like(bob, few, alice).done, causes.like(bob, many, alice).done);
    const [item] = (await items(alice)).filter(({ post }) => JSON.stringify(post).includes(String(many)));
    assert.ok(item !== undefined);
    await setting.write(
      `INSERT INTO notifications SELECT $1, shard, kind, subject_id, 2000000000000000 + n, group_id, notification_id - n,
         cause_id, CASE WHEN n % 3 = 0 THEN 'withdrawn' ELSE 'shown' END, created_at
       FROM notifications, generate_series(1, 100000) AS n WHERE user_id = $1 AND subject_id = $2`,
      [alice, many],
    );
    await setting.write('ANALYZE notifications, notification_groups');
    for (const [name, text, params] of [
      [
        'page',
        pageGroups.text,
        [alice, NOTIFICATION_KINDS, item.notificationId - 50_000, item.notificationId, 0, 21],
      ],
      ['members', getMembers.text, [alice, [item.groupId], item.notificationId, 16]],
    ] as const) {
      const explain = readStatement<typeof params, { 'QUERY PLAN': readonly [{ Plan: Plan }] }>(
        `explain_${name}`,
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      );
      const [row] = await setting.sql.query(explain, params);
      const plan = row?.['QUERY PLAN'][0].Plan;
      const blocks = (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
      assert.ok(blocks > 0 && blocks < 100, `${name} reads ${blocks} blocks`);
    }
  });
});

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}
