/** What becomes of what others do, whatever happens in between, against a plain model of the rules. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Causes, createCauses } from '../../../test/support/notification-causes.ts';
import { createNotificationModel, type ShownItem } from '../../../test/support/notification-model.ts';
import {
  createNotificationsSetting,
  type NotificationsSetting,
} from '../../../test/support/notifications-setting.ts';
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { NotificationPage, WalkPlace } from './inbox.ts';
import { NOTIFICATION_KINDS, type NotificationItem, type NotificationKind } from './notification.ts';

const HOUR_MS = 3_600_000;
const ACTORS = 4;
const POSTS = 2;

type Deed = 'like' | 'repost' | 'follow' | 'request' | 'mention' | 'reply';
const DEEDS: readonly Deed[] = ['like', 'repost', 'follow', 'request', 'mention', 'reply'];
const KIND_OF: Readonly<Record<Deed, NotificationKind>> = {
  like: 'like',
  repost: 'repost',
  follow: 'follow',
  request: 'follow_request',
  mention: 'mention',
  reply: 'reply',
};

type Step =
  | { readonly do: 'deed'; readonly deed: Deed; readonly actor: number; readonly post: number }
  | { readonly do: 'undo'; readonly which: number }
  | { readonly do: 'wait'; readonly hours: number };

const deedStep = fc.record({
  do: fc.constant('deed' as const),
  deed: fc.constantFrom(...DEEDS, 'like', 'like'),
  actor: fc.nat(ACTORS - 1),
  post: fc.nat(POSTS - 1),
});
const undoStep = fc.record({ do: fc.constant('undo' as const), which: fc.nat(1_000) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: deedStep },
  { weight: 3, arbitrary: undoStep },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 5, 11, 13) }),
  },
);

/** One thing that somebody did and may take back. */
interface Done {
  readonly key: { readonly kind: NotificationKind; readonly subjectId: Id; readonly actorId: Id };
  readonly event: LoggedEvent;
  undo(): LoggedEvent;
}

describe('notifications', () => {
  let setting: NotificationsSetting;
  let causes: Causes;
  before(async () => {
    setting = await createNotificationsSetting();
    causes = createCauses(setting);
  });
  after(() => setting.close());

  interface Cast {
    readonly alice: Id;
    readonly actors: readonly Id[];
    readonly posts: readonly Id[];
  }

  const newCast = (): Cast => ({
    alice: setting.addUser(),
    actors: Array.from({ length: ACTORS }, () => setting.addUser()),
    posts: Array.from({ length: POSTS }, () => setting.ids.next()),
  });

  /** Nobody sees the post from then on, heard of or not. */
  function deletion({ postId, undo }: ReturnType<Causes['post']>): LoggedEvent {
    setting.setUnseen(postId, true);
    return undo();
  }

  function perform(
    { alice, actors, posts }: Cast,
    { deed, actor, post }: typeof deedStep extends fc.Arbitrary<infer S> ? S : never,
  ): Done {
    const [actorId = 0, postId = 0] = [actors[actor], posts[post]];
    const done = ((): { done: LoggedEvent; undo(): LoggedEvent; subjectId: Id } => {
      switch (deed) {
        case 'like':
          return { ...causes.like(actorId, postId, alice), subjectId: postId };
        case 'repost':
          return { ...causes.repost(actorId, postId, alice), subjectId: postId };
        case 'follow':
          return { ...causes.follow(actorId, alice), subjectId: alice };
        case 'request':
          return { ...causes.request(actorId, alice), subjectId: actorId };
        case 'mention': {
          const made = causes.post(actorId, { mentions: [alice] });
          return { ...made, subjectId: made.postId, undo: () => deletion(made) };
        }
        case 'reply': {
          const made = causes.post(actorId, { replyTo: { postId, authorId: alice }, mentions: [alice] });
          return { ...made, subjectId: made.postId, undo: () => deletion(made) };
        }
      }
    })();
    return {
      key: { kind: KIND_OF[deed], subjectId: done.subjectId, actorId },
      event: done.done,
      undo: done.undo,
    };
  }

  async function walk(userId: Id, limit: number, between?: () => Promise<void>): Promise<NotificationItem[]> {
    const items: NotificationItem[] = [];
    let place: WalkPlace | undefined;
    for (;;) {
      const page: NotificationPage = await setting.inbox.page(userId, {
        limit,
        kinds: NOTIFICATION_KINDS,
        place,
      });
      items.push(...page.items);
      place = page.next;
      if (place === undefined) return items;
      await between?.();
    }
  }

  const shown = async (userId: Id, limit = 100): Promise<ShownItem[]> =>
    (await walk(userId, limit)).map((item) => ({
      kind: item.kind,
      postId: item.post === null ? null : Number((item.post as { post_id: string }).post_id),
      actorIds: item.actors.map(({ userId: actorId }) => actorId),
      count: item.groupCount,
    }));

  it('are those of the model, each once, however often and in whatever order the events come again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.infiniteStream(fc.nat()),
        async (steps, draws) => {
          const cast = newCast();
          const model = createNotificationModel({ nowMs: setting.nowMs });
          const done: Done[] = [];
          const history: LoggedEvent[] = [];
          const deliver = async (event: LoggedEvent) => {
            history.push(event);
            await setting.handle(event);
            await setting.handle(event);
          };
          for (const each of steps) {
            if (each.do === 'wait') setting.passTime(each.hours * HOUR_MS);
            if (each.do === 'deed') {
              const one = perform(cast, each);
              done.push(one);
              model.happens(one.key);
              await deliver(one.event);
            }
            const undone = each.do === 'undo' ? takeLast(done, each.which) : undefined;
            if (undone !== undefined) {
              model.ends(undone.key);
              await deliver(undone.undo());
            }
          }
          assert.deepEqual(await shown(cast.alice), model.items());
          assert.deepEqual(await shown(cast.alice, 2), model.items());
          assert.deepEqual(await setting.wrongCounts(), []);

          const announced = await announcedTo(cast.alice);
          for (const event of shuffled(history, draws)) await setting.handle(event);
          for (const event of history) await setting.handle(event);
          assert.deepEqual(await shown(cast.alice), model.items());
          assert.deepEqual(await announcedTo(cast.alice), announced);
          assertAnnouncedOnce(announced);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('come to the same when the events of a batch are heard for the first time in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(deedStep, { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(19)),
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 7 }),
        async (deeds, undone, draws, batchMax) => {
          const cast = newCast();
          const all = deeds.map((each) => perform(cast, each));
          const standing = new Map(all.map((one) => [JSON.stringify(one.key), one]));
          const ended = [...new Set(undone)].flatMap((index) => [...standing.values()][index] ?? []);
          const events = [...all.map(({ event }) => event), ...ended.map((one) => one.undo())];
          const order = shuffled([...events, ...events], draws);
          for (let start = 0; start < order.length; start += batchMax) {
            await setting.handle(...order.slice(start, start + batchMax));
          }
          for (const one of ended) standing.delete(JSON.stringify(one.key));
          const seen = (await walk(cast.alice, 3)).flatMap(({ kind, post, actors }) =>
            actors.map(({ userId }) => `${kind} ${JSON.stringify(post)} ${userId}`),
          );
          const expected = [...standing.values()].map(({ key: { kind, subjectId, actorId } }) => {
            const post = kind.startsWith('follow') ? null : { post_id: String(subjectId) };
            return `${kind} ${JSON.stringify(post)} ${actorId}`;
          });
          assert.deepEqual(seen.sort(), expected.sort());
          assert.deepEqual(await setting.wrongCounts(), []);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are walked without a group skipped or shown twice, whatever is added and withdrawn meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 20 }),
        fc.array(step, { maxLength: 20 }),
        fc.integer({ min: 1, max: 3 }),
        async (first, meanwhile, limit) => {
          const cast = newCast();
          const done: Done[] = [];
          const run = async (each: Step) => {
            if (each.do === 'wait') setting.passTime(each.hours * HOUR_MS);
            if (each.do === 'deed') {
              done.push(perform(cast, each));
              await setting.handle(done.at(-1)?.event ?? assert.fail());
            }
            const undone = each.do === 'undo' ? takeLast(done, each.which) : undefined;
            if (undone === undefined) return undefined;
            await setting.handle(undone.undo());
            return undone;
          };
          for (const each of first) await run(each);
          const before = await walk(cast.alice, 100);
          const ended = new Set<string>();
          const rest = [...meanwhile];
          const begunId = setting.ids.next();
          const walked = await walk(cast.alice, limit, async () => {
            for (const each of rest.splice(0, 3)) {
              const undone = await run(each);
              if (undone !== undefined) ended.add(`${undone.key.kind} ${undone.key.actorId}`);
            }
          });
          const ids = walked.map(({ groupId }) => groupId);
          assert.equal(new Set(ids).size, ids.length, 'no group twice');
          assert.ok(
            ids.every((groupId) => groupId < begunId),
            'nothing that began later',
          );
          const lasting = before.filter(({ kind, actors }) =>
            actors.some(({ userId }) => !ended.has(`${kind} ${userId}`)),
          );
          const missing = lasting.filter(({ groupId }) => !ids.includes(groupId));
          assert.deepEqual(missing, [], 'no group skipped');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are not shown twice when the newest of a group is taken back and another joins it in between', async () => {
    const { alice, actors, posts } = newCast();
    const [bob = 0, carol = 0, dave = 0] = actors;
    const [first = 0, second = 0] = posts;
    const last = causes.like(carol, first, alice);
    await setting.handle(causes.like(bob, first, alice).done);
    await setting.handle(causes.like(bob, second, alice).done);
    await setting.handle(last.done);
    const events = [last.undo(), causes.like(dave, first, alice).done];
    const walked = await walk(alice, 1, async () => {
      for (const event of events.splice(0)) await setting.handle(event);
    });
    assert.deepEqual(
      walked.map(({ post }) => post),
      [{ post_id: String(first) }, { post_id: String(second) }],
    );
  });

  async function announcedTo(userId: Id) {
    return (await setting.announced()).filter(({ key }) => key === userId);
  }
});

/** The last of those that are done as this one is: only that can be taken back, and the others are then nothing. */
function takeLast(done: Done[], which: number): Done | undefined {
  const chosen = done[which % Math.max(done.length, 1)];
  if (chosen === undefined) return undefined;
  const last = done.findLast((one) => sameKey(one, chosen));
  done.splice(0, done.length, ...done.filter((one) => !sameKey(one, chosen)));
  return last;
}

function sameKey(one: Done, other: Done): boolean {
  return JSON.stringify(one.key) === JSON.stringify(other.key);
}

/** Of one notification it is said by turns that it is there and that it is not. */
function assertAnnouncedOnce(announced: readonly { kind: string; payload: object }[]): void {
  const standing = new Set<unknown>();
  for (const { kind, payload } of announced) {
    const id = 'notification_id' in payload ? payload.notification_id : assert.fail();
    assert.equal(standing.has(id), kind === 'withdrawn', `${kind} ${id}`);
    if (kind === 'withdrawn') standing.delete(id);
    else standing.add(id);
  }
}

function shuffled<Item>(items: readonly Item[], draws: Iterator<number>): Item[] {
  const order = items.map((item) => ({ item, draw: draws.next().value ?? 0 }));
  return order.sort((one, other) => one.draw - other.draw).map(({ item }) => item);
}
