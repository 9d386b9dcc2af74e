import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createDiscoverySetting, type DiscoverySetting } from '../../../test/support/discovery-setting.ts';
import type { Id } from '../../core/ids.ts';
import { DISMISSALS_MAX } from './suggestions.ts';
import { HOUR_MS, TAG_USES_HOURS } from './tag-uses.ts';
import { TREND_AUTHORS_MIN } from './trends.ts';

const PEOPLE = 8;

describe('trends of tags', () => {
  let setting: DiscoverySetting;
  let people: readonly Id[];
  before(async () => {
    setting = await createDiscoverySetting();
    people = Array.from({ length: PEOPLE }, (_, index) => setting.addUser(`person_${index}`));
  });
  beforeEach(() => setting.clearDiscovery());
  after(() => setting.close());

  const trends = async (period: 'hour' | 'day' = 'hour') => {
    await setting.settle();
    await setting.discovery.trends.compute(0);
    return (await setting.discovery.trends.tags(period, 50)).map(({ tag }) => tag);
  };
  const postAll = async (authors: readonly Id[], text: string, fields: object = {}): Promise<string[]> => {
    const postIds: string[] = [];
    for (const author of authors) postIds.push(await setting.post(author, text, { ...fields }));
    return postIds;
  };

  it('count authors, not posts: one who writes much makes no trend', async () => {
    for (let count = 0; count < 10; count += 1) await postAll(people.slice(0, 1), '#spam');
    await postAll(people.slice(0, TREND_AUTHORS_MIN - 1), '#nearly');
    await postAll(people.slice(0, TREND_AUTHORS_MIN), '#known');
    await postAll(people, '#everywhere and #everywhere');
    assert.deepEqual(await trends(), ['everywhere', 'known']);
    assert.deepEqual(await trends('day'), ['everywhere', 'known']);
    const [first] = await setting.discovery.trends.tags('hour', 1);
    assert.equal(first?.authorCount, PEOPLE);
  });

  it('are of public posts', async () => {
    for (const visibility of ['unlisted', 'followers', 'direct'])
      await postAll(people, '#hidden', { visibility });
    assert.deepEqual(await trends(), []);
  });

  it('forget posts that are deleted or say something else now', async () => {
    const [deleted = '', edited = '', ...kept] = await postAll(people.slice(0, 4), '#one');
    assert.equal(kept.length, 2);
    assert.deepEqual(await trends(), ['one']);
    await setting.delete(`/posts/${deleted}`, people[0]);
    await setting.call('PATCH', `/posts/${edited}`, people[1], { text: '#other' });
    assert.deepEqual(await trends(), []);
  });

  it('do not count who is suspended, nor what they wrote before when they are restored', async () => {
    await postAll(people.slice(0, 3), '#one');
    const [suspended = 0] = people;
    await setting.announceUser('suspended', suspended);
    await postAll([suspended], '#one');
    assert.deepEqual(await trends(), []);
    await setting.announceUser('restored', suspended);
    assert.deepEqual(await trends(), []);
    await postAll([suspended], '#one');
    assert.deepEqual(await trends(), ['one']);
  });

  it('fade: what was used an hour ago counts less than what is used now, and is deleted in the end', async () => {
    await postAll(people.slice(0, 5), '#older');
    await setting.settle();
    await setting.ageTagUses(3);
    await postAll(people.slice(0, 3), '#newer');
    assert.deepEqual(await trends('hour'), ['newer', 'older']);
    assert.deepEqual(await trends('day'), ['older', 'newer']);
    await setting.ageTagUses(TAG_USES_HOURS + 1);
    assert.deepEqual(await trends('day'), []);
    assert.equal(await setting.discovery.deleteOldTagUses(), false);
    assert.equal(await setting.countRows('tag_uses'), 0);
  });

  it('are computed by one process at a time, and not before their time', async () => {
    await postAll(people, '#one');
    await setting.settle();
    await Promise.all([setting.discovery.trends.compute(0), setting.discovery.trends.compute(0)]);
    assert.equal((await setting.discovery.trends.tags('hour', 50)).length, 1);
    await postAll(people, '#two');
    await setting.settle();
    await setting.discovery.trends.compute(HOUR_MS);
    assert.equal((await setting.discovery.trends.tags('hour', 50)).length, 1);
  });
});

describe('suggestions', () => {
  let setting: DiscoverySetting;
  let [alice, bob, carol, dave, erin, frank]: Id[] = [];
  before(async () => {
    setting = await createDiscoverySetting();
  });
  beforeEach(async () => {
    await setting.clear();
    await setting.clearDiscovery();
    setting.famous.length = 0;
    [alice, bob, carol, dave, erin, frank] = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'].map((name) =>
      setting.addUser(name),
    );
  });
  after(() => setting.close());

  const id = (user: Id | undefined): Id => user ?? assert.fail('there is such a user');
  const suggested = async (user: Id | undefined, limit = 10): Promise<Id[]> =>
    (await setting.discovery.suggestions.of(id(user), limit)).map(({ userId }) => userId);
  const follow = async (user: Id | undefined, ...others: (Id | undefined)[]): Promise<void> => {
    for (const other of others) await setting.follow(id(user), id(other));
  };

  it('are whom most of those follow whom one follows, oneself and those excepted', async () => {
    await follow(alice, bob, carol);
    await follow(bob, alice, carol, dave, erin);
    await follow(carol, erin, frank);
    assert.deepEqual(await suggested(alice), [erin, frank, dave]);
    assert.deepEqual(await suggested(alice, 1), [erin]);
  });

  it('leave out who is blocked either way, muted or suspended', async () => {
    await follow(alice, bob);
    await follow(bob, carol, dave, erin, frank);
    await setting.block(id(alice), id(carol));
    await setting.block(id(dave), id(alice));
    await setting.mute(id(alice), id(erin));
    assert.deepEqual(await suggested(alice), [frank]);
    await setting.suspend(id(frank));
    assert.deepEqual(await suggested(alice), []);
    await setting.restore(id(frank));
  });

  it('leave out whom one has begun to follow since they were computed', async () => {
    await follow(alice, bob);
    await follow(bob, carol, dave);
    assert.deepEqual(await suggested(alice), [dave, carol]);
    await follow(alice, dave);
    assert.deepEqual(await suggested(alice), [carol]);
  });

  it('of newcomers are the most followed', async () => {
    setting.famous.push(id(dave), id(alice), id(bob));
    assert.deepEqual(await suggested(alice), [dave, bob]);
  });

  it('never come back once they are dismissed', async () => {
    await follow(alice, bob);
    await follow(bob, carol, dave);
    const dismiss = (user: Id | undefined) =>
      setting.sql.transaction((transaction) =>
        setting.discovery.suggestions.dismiss(transaction, id(alice), id(user)),
      );
    await dismiss(carol);
    await dismiss(carol);
    assert.deepEqual(await suggested(alice), [dave]);
    await setting.ageSuggestions(48);
    await setting.discovery.suggestions.refresh();
    assert.deepEqual(await suggested(alice), [dave]);
    assert.deepEqual(await suggested(bob), []);
  });

  it('keep so many dismissals at most, the newest', async () => {
    await setting.insertDismissals(id(alice), DISMISSALS_MAX);
    await setting.sql.transaction((transaction) =>
      setting.discovery.suggestions.dismiss(transaction, id(alice), id(bob)),
    );
    assert.equal(await setting.countRows('suggestion_dismissals'), DISMISSALS_MAX);
    assert.equal(await setting.countRows('suggestion_dismissals', `dismissed_id = ${bob}`), 1);
  });

  it('are computed anew by the worker for who still asks, and forgotten for who does not', async () => {
    await follow(alice, bob);
    await follow(bob, carol);
    assert.deepEqual(await suggested(alice), [carol]);
    await follow(bob, dave);
    assert.equal(await setting.discovery.suggestions.refresh(), false);
    assert.deepEqual(await suggested(alice), [carol]);
    await setting.ageSuggestions(25);
    assert.equal(await setting.discovery.suggestions.refresh(1), true);
    assert.deepEqual(await suggested(alice), [dave, carol]);
    await setting.ageSuggestions(24 * 15);
    await setting.discovery.suggestions.refresh();
    assert.equal(await setting.countRows('suggestion_readers'), 0);
  });

  it('are computed anew at once when they are used up', async () => {
    await follow(alice, bob);
    await follow(bob, carol);
    assert.deepEqual(await suggested(alice), [carol]);
    await follow(alice, carol);
    await follow(carol, dave);
    assert.deepEqual(await suggested(alice), []);
    await setting.ageSuggestions(1);
    assert.deepEqual(await suggested(alice), [dave]);
  });

  it('of a deleted user are erased, and so is who was dismissed', async () => {
    await suggested(alice);
    await setting.insertDismissals(id(alice), 3);
    await setting.sql.transaction((transaction) =>
      setting.discovery.suggestions.dismiss(transaction, id(bob), id(alice)),
    );
    await setting.announceUser('deleted', id(alice));
    await setting.settle();
    assert.equal(await setting.countRows('suggestion_readers'), 0);
    assert.equal(await setting.countRows('suggestion_dismissals'), 0);
  });
});
