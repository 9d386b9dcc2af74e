import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { systemClock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import { type SqlValue, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { createUserCounts } from '../relationships/user-counts.ts';
import { REPOST_WINDOW_MS } from '../timelines/repost-window.ts';
import { type Explanation, explain } from './explanation-text.ts';
import type { ServedEntry, ServingFacts } from './serving-facts.ts';
import { createTimelineExplanation } from './timeline-explanation.ts';

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d UTC`;

describe('an explanation', () => {
  let setting: FeedSetting;
  let [alice, bob, carol, dave]: [Id, Id, Id, Id] = [0, 0, 0, 0];
  before(async () => {
    setting = await createFeedSetting();
    alice = setting.addUser('alice');
    bob = setting.addUser('bob');
    carol = setting.addUser('carol');
    dave = setting.addUser('dave');
  });
  after(() => setting.close());
  beforeEach(async () => {
    await setting.clear();
    await execute('TRUNCATE author_modes, fan_out_continuations');
  });

  const execute = (text: string, params: readonly SqlValue[] = []) =>
    setting.sql.query(writeStatement<readonly SqlValue[]>('', text), params);

  function gather(askedId: string, eventLog: Pick<EventLog, 'lag'> = setting.eventLog) {
    const { sql, getUsers } = setting;
    const { countsOf } = createUserCounts({ sql });
    const explanation = createTimelineExplanation({ sql, clock: systemClock, eventLog, getUsers, countsOf });
    return explanation.gather(alice, Number(askedId));
  }

  const nameOf = (userId: Id): string => setting.people.get(userId)?.username ?? 'nobody';

  /** To alice. */
  async function explainPost(askedId: string, serving?: ServingFacts): Promise<Explanation> {
    const facts = await gather(askedId);
    assert.ok(facts);
    return explain(facts, serving, nameOf);
  }

  async function repost(postId: string, userId: Id): Promise<string> {
    await setting.put(`/posts/${postId}/repost`, userId);
    const { body } = await setting.get(`/feed`, userId);
    return body.items.find((item: { reposted_by: object | null }) => item.reposted_by !== null).entry_id;
  }

  function says({ sentences }: Explanation, pattern: string): void {
    const text = sentences.join('\n');
    assert.match(text, new RegExp(`^${pattern}$`, 'm'), text);
  }

  it('names who wrote it, since when the reader follows them, and the verdict', async () => {
    await setting.follow(alice, bob);
    const postId = await setting.post(bob, 'hello');
    const explanation = await explainPost(postId);
    assert.deepEqual([explanation.isShown, explanation.isServed], [true, undefined]);
    says(explanation, `Post ${postId} was written by bob on ${TIME}\\.`);
    says(explanation, 'It is public\\.');
    says(explanation, `alice follows bob since ${TIME}\\.`);
    says(explanation, 'Neither alice nor anybody whom alice follows has reposted it\\.');
    says(explanation, 'The post itself belongs into the timeline\\.');
    says(explanation, 'bob has 0 followers and is pushed: .*');
    says(explanation, 'No server with cached timelines is running .*');
    assert.equal(explanation.verdict, `It is in alice's home timeline, as entry ${postId}.`);
  });

  it("says of one's own post that it is", async () => {
    const explanation = await explainPost(await setting.post(alice, 'mine'));
    says(explanation, "It is alice's own\\.");
    assert.equal(explanation.isShown, true);
  });

  const refused: readonly [what: string, prepare: () => Promise<string>, sentence: string, reason: string][] =
    [
      [
        'is deleted',
        async () => {
          const postId = await setting.post(bob, 'a mistake');
          await setting.delete(`/posts/${postId}`, bob);
          return postId;
        },
        `It was deleted on ${TIME}, so nobody sees it\\.`,
        'the post is deleted',
      ],
      [
        'is direct',
        () => setting.post(bob, 'psst @alice', { visibility: 'direct' }),
        'It is direct, and home timelines show no direct posts\\.',
        'the post is direct',
      ],
      [
        'is by somebody whom the reader does not follow',
        () => setting.post(carol, 'by carol'),
        'alice does not follow carol\\.',
        'alice does not follow carol',
      ],
      [
        'is by somebody whom the reader asked to follow',
        async () => {
          const asked = [alice, carol, setting.ids.next()];
          await execute('INSERT INTO follow_requests VALUES ($1, $2, $3, 0)', asked);
          return setting.post(carol, 'by carol');
        },
        `alice does not follow carol, but asked to on ${TIME} and waits for an answer\\.`,
        'alice does not follow carol',
      ],
      [
        'is by somebody whom the reader has muted',
        async () => {
          await setting.mute(alice, bob);
          return setting.post(bob, 'by bob');
        },
        `alice has muted bob since ${TIME}\\.`,
        'alice has muted bob',
      ],
      [
        'is by somebody who has blocked the reader',
        async () => {
          await setting.block(bob, alice);
          return setting.post(bob, 'by bob');
        },
        `bob has blocked alice since ${TIME}\\.`,
        'a block parts alice and bob',
      ],
      [
        'is by somebody whom the reader followed until a block ended it',
        async () => {
          await execute('DELETE FROM follows');
          await setting.block(alice, bob);
          return setting.post(bob, 'by bob');
        },
        `alice has blocked bob since ${TIME}\\.`,
        'a block parts alice and bob, and no follow outlasts a block',
      ],
      [
        'is by somebody who is suspended',
        async () => {
          const postId = await setting.post(bob, 'by bob');
          await setting.suspend(bob);
          return postId;
        },
        'bob is suspended: nobody sees what they wrote\\.',
        'bob is suspended or deleted',
      ],
    ];
  for (const [what, prepare, sentence, reason] of refused) {
    it(`says that a post ${what}`, async () => {
      await setting.follow(alice, bob);
      const explanation = await explainPost(await prepare());
      says(explanation, sentence);
      assert.equal(explanation.isShown, false);
      assert.equal(explanation.verdict, `It is not in alice's home timeline: ${reason}.`);
    });
  }

  it('names who reposted it, and which entry keeps a later one out', async () => {
    await setting.follow(alice, bob);
    await setting.follow(alice, carol);
    const postId = await setting.post(dave, 'by dave');
    const first = await repost(postId, bob);
    const second = await repost(postId, carol);
    const explanation = await explainPost(postId);
    says(explanation, `bob reposted it on ${TIME}: entry ${first}\\.`);
    says(explanation, 'The post itself does not show in it: alice does not follow dave\\.');
    says(explanation, `Entry ${first} belongs into the timeline\\.`);
    says(
      explanation,
      `Entry ${second} does not show in it: entry ${first} shows the post within the 24 hours before\\.`,
    );
    assert.equal(explanation.verdict, `It is in alice's home timeline, as entry ${first}.`);
    const later = await explainPost(second);
    says(later, `${second} is the repost of post ${postId} by carol\\.`);
    assert.equal(
      later.verdict,
      `This repost is not in alice's home timeline: entry ${first} shows the post within the 24 hours before.`,
    );
  });

  it('lets a repost pass when 24 hours are over, and names the post itself within them', async () => {
    await setting.follow(alice, bob);
    await setting.follow(alice, carol);
    const postId = await setting.post(bob, 'by bob');
    const early = await repost(postId, carol);
    says(
      await explainPost(early),
      `Entry ${early} does not show in it: entry ${postId} shows the post within the 24 hours before\\.`,
    );
    setting.passTime(REPOST_WINDOW_MS);
    await setting.follow(alice, dave);
    const late = await repost(postId, dave);
    const explanation = await explainPost(late);
    says(explanation, `Entry ${early} does not show in it: .*`);
    says(explanation, `Entry ${late} belongs into the timeline\\.`);
    assert.equal(explanation.verdict, `This repost is in alice's home timeline, as entry ${late}.`);
    assert.equal(explanation.isShown, true);
  });

  it('says whose repost does not count, and whose author is not heard', async () => {
    await setting.follow(alice, bob);
    await setting.follow(alice, carol);
    const postId = await setting.post(dave, 'by dave');
    const byBob = await repost(postId, bob);
    await setting.mute(alice, bob);
    says(await explainPost(byBob), `Entry ${byBob} does not show in it: alice has muted bob\\.`);
    const byCarol = await repost(postId, carol);
    await setting.mute(alice, dave);
    says(await explainPost(byCarol), `Entry ${byCarol} does not show in it: alice has muted dave\\.`);
    const another = await setting.post(carol, 'by carol');
    const stranger = await repost(another, dave);
    const explanation = await explainPost(stranger);
    says(explanation, `dave, whom alice does not follow, reposted it on ${TIME}: entry ${stranger}\\.`);
    assert.equal(
      explanation.verdict,
      "This repost is not in alice's home timeline: alice does not follow dave.",
    );
  });

  it('says how an entry gets there, and what it may wait for', async () => {
    await setting.follow(alice, bob);
    const postId = await setting.post(bob, 'by bob');
    await execute("INSERT INTO author_modes (author_id, shard, mode) VALUES ($1, 0, 'pulled')", [bob]);
    await execute('INSERT INTO fan_out_continuations (author_id, shard, entry_ids) VALUES ($1, 0, $2)', [
      bob,
      [Number(postId)],
    ]);
    const facts = await gather(postId, {
      lag: async () => [{ group: 'fan-out', topic: 'posts', waiting: 2, retrying: 1, dead: 4 }],
    });
    assert.ok(facts);
    const explanation = explain(facts, undefined, nameOf);
    says(explanation, 'bob has 0 followers and is pulled: readers merge .*');
    says(explanation, `Entry ${postId} is still on its way to them, page by page\\.`);
    says(explanation, 'The fan-out has 3 events still to handle; this may be one of them\\.');
    says(explanation, 'It gave up on 4: see groundswell events dead-letters --group fan-out\\.');
  });

  it('holds what the server has and shows against what it should', async () => {
    await setting.follow(alice, bob);
    const postId = await setting.post(bob, 'by bob');
    const entryId = Number(postId);
    const served: ServedEntry = { entryId, knowsSource: true, pulled: false, inTimeline: true, place: 3 };
    const facts = (entry: Partial<ServedEntry>, floor = 0): ServingFacts => ({
      settled: true,
      timeline: { entryCount: 20, floor },
      entries: [{ ...served, ...entry }],
    });
    const right = await explainPost(postId, facts({}));
    says(right, 'alice has a cached timeline: 20 entries, and nothing is older\\.');
    says(right, `Entry ${postId} is in it\\.`);
    assert.match(right.verdict, /The server shows it, number 3 from the top\.$/);
    const absent = { inTimeline: false, place: null };
    const lost = await explainPost(postId, facts(absent));
    says(lost, `Entry ${postId} is not in it, although it should be\\.`);
    assert.match(lost.verdict, /But the server does not show it now, which is wrong\.$/);
    assert.deepEqual([lost.isShown, lost.isServed], [true, false]);
    says(
      await explainPost(postId, facts({ ...absent, knowsSource: false })),
      '.*has not heard of the follow\\.',
    );
    says(await explainPost(postId, facts({ ...absent, pulled: true })), '.*has not to be: it is pulled\\.');
    const below = await explainPost(postId, facts({ ...absent, place: 0 }, entryId));
    says(below, `Entry ${postId} is older than that\\.`);
    assert.match(below.verdict, /The server shows it\.$/);
    const uncached = await explainPost(postId, { settled: false, entries: [{ ...served, place: 1 }] });
    says(uncached, 'alice has just written something: until it is heard, SQL answers\\.');
    says(uncached, 'alice had no cached timeline: it is built when it is read\\.');
    await setting.mute(alice, bob);
    const wrong = await explainPost(postId, facts({}));
    assert.match(wrong.verdict, /alice has muted bob\. But the server shows it now, which is wrong\.$/);
  });

  it('knows nothing of what never was', async () => {
    assert.equal(await gather(String(setting.ids.next())), undefined);
  });
});
