import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  createLinksSetting,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
} from '../../../../test/support/links-setting.ts';
import { until } from '../../../../test/support/until.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { TAGS_MAX } from '../link-draft.ts';
import { SELECTED_LINKS_MAX } from './selected-links.ts';

const TARGET = 'https://example.org/a';

describe('links of a selection', () => {
  let setting: LinksSetting;
  let other: LinksProcess;
  const heard: LoggedEvent[] = [];
  before(async () => {
    setting = await createLinksSetting();
    other = await openLinksProcess(setting.database, 2);
    await setting.eventLog.tail({ topics: ['links'], hear: (events) => void heard.push(...events) });
  });
  after(async () => {
    await other.close();
    await setting.close();
  });

  const remove = (linkIds: readonly string[], as = ALICE, more: Record<string, string> = {}) =>
    setting.call('POST', '/links/bulk/delete', as, { link_ids: linkIds }, more);
  const change = (linkIds: readonly string[], changes: object, as = ALICE, from: LinksProcess = setting) =>
    from.call('POST', '/links/bulk/update', as, { link_ids: linkIds, changes });
  const get = async (linkId: string, as = ALICE) => (await setting.call('GET', `/links/${linkId}`, as)).body;
  const make = (count: number, body: object = {}) =>
    Promise.all(Array.from({ length: count }, () => setting.create({ url: TARGET, ...body })));
  const idsOf = (links: readonly { readonly link_id: string }[]) => links.map(({ link_id: id }) => id);
  const eventsOf = (linkId: string) =>
    heard.filter(({ payload, kind }) => payload['link_id'] === linkId && kind !== 'created');
  const outcomes = (body: { items: { link_id: string; outcome: string }[] }) =>
    body.items.map(({ link_id: id, outcome }) => [id, outcome]);

  it('are deleted, each with its event, and gone from every process; what is twice counts once', async () => {
    const links = await make(3);
    const [one = '', two = '', three = ''] = idsOf(links);
    for (const { code } of links)
      for (const process of [setting, other]) assert.equal((await process.open(code)).status, 302);
    const { status, body } = await remove([three, one, three, two]);
    assert.equal(status, 200);
    assert.deepEqual(outcomes(body), [
      [three, 'deleted'],
      [one, 'deleted'],
      [two, 'deleted'],
    ]);
    for (const { code } of links) {
      assert.equal((await setting.open(code)).status, 410);
      await until(async () => (await other.open(code)).status === 410);
    }
    for (const [index, linkId] of [one, two, three].entries()) {
      assert.equal((await setting.call('GET', `/links/${linkId}`, ALICE)).status, 404);
      await until(async () => eventsOf(linkId).length === 1);
      const [event] = eventsOf(linkId);
      assert.deepEqual([event?.kind, event?.key], ['deleted', ALICE]);
      assert.deepEqual(event?.payload, {
        ...{ link_id: linkId, owner_id: String(ALICE), domain_id: '0', code: links[index]?.code },
      });
    }
  });

  it('that are somebody else’s, deleted or never were are not found, and stay as they are', async () => {
    const theirs = await setting.create({ url: TARGET }, BOB);
    const [mine, gone] = await make(2);
    await remove([gone?.link_id ?? '']);
    const never = '1600000000000999';
    const ids = [theirs.link_id, gone?.link_id ?? '', never];
    const expected = ids.map((id) => [id, 'not_found']);
    const before = await get(theirs.link_id, BOB);
    assert.deepEqual(outcomes((await change(ids, { enabled: false })).body), expected);
    const answer = await remove([...ids, mine?.link_id ?? '']);
    assert.deepEqual(outcomes(answer.body), [...expected, [mine?.link_id, 'deleted']]);
    // Nothing tells one from the others.
    assert.ok(!answer.text.includes(theirs.code));
    assert.deepEqual(await get(theirs.link_id, BOB), before);
    assert.equal((await setting.open(theirs.code)).status, 302);
  });

  it('are changed as a call about each would, and keep the rest', async () => {
    const links = await make(2, { tags: ['old', 'kept'], title: 'A title', max_visits: 5 });
    const ids = idsOf(links);
    const before = await Promise.all(ids.map((id) => get(id)));
    for (const { code } of links) await other.open(code);
    const changes = {
      ...{ add_tags: ['New', 'a "quoted\\ one"', 'kept'], remove_tags: ['OLD'] },
      ...{ enabled: false, expires_at: '2099-01-01T00:00:00.000Z' },
    };
    const { status, body } = await change(ids, changes);
    assert.equal(status, 200);
    assert.deepEqual(
      outcomes(body),
      ids.map((id) => [id, 'updated']),
    );
    for (const [index, linkId] of ids.entries()) {
      const link = await get(linkId);
      assert.ok(link.updated_at !== null);
      assert.deepEqual(link, {
        ...before[index],
        ...{ visits: link.visits, updated_at: link.updated_at },
        ...{ tags: ['kept', 'new', 'a "quoted\\ one"'], enabled: false, state: 'disabled' },
        expires_at: changes.expires_at,
      });
      await until(async () => eventsOf(linkId).length === 1);
      const [event] = eventsOf(linkId);
      assert.equal(event?.kind, 'updated');
      assert.deepEqual(event?.payload['tags'], link.tags);
      assert.deepEqual([event?.payload['enabled'], event?.payload['title']], [false, 'A title']);
      assert.equal(event?.payload['updated_at'], link.updated_at);
    }
    for (const { code } of links) {
      assert.equal((await setting.open(code)).status, 410);
      await until(async () => (await other.open(code)).status === 410);
    }
    await change(ids, { enabled: true, expires_at: null });
    for (const { code, link_id: linkId } of links) {
      assert.equal((await setting.open(code)).status, 302);
      const { expires_at: expiresAt, tags } = await get(linkId);
      assert.deepEqual([expiresAt, tags], [null, ['kept', 'new', 'a "quoted\\ one"']]);
    }
  });

  it('of which one cannot be changed so are changed but for that one, which says why', async () => {
    const full = await setting.create({
      url: TARGET,
      tags: Array.from({ length: TAGS_MAX }, (_, index) => `t${index}`),
    });
    const later = await setting.create({ url: TARGET, starts_at: '2098-01-01T00:00:00Z' });
    const plain = await setting.create({ url: TARGET });
    const ids = idsOf([full, plain, later]);
    const { body } = await change(ids, { add_tags: ['more'], expires_at: '2097-01-01T00:00:00Z' });
    assert.deepEqual(body.items, [
      { link_id: full.link_id, outcome: 'refused', reason: `tags: must be at most ${TAGS_MAX}.` },
      { link_id: plain.link_id, outcome: 'updated' },
      { link_id: later.link_id, outcome: 'refused', reason: 'starts_at: must be before expires_at.' },
    ]);
    assert.deepEqual((await get(full.link_id)).updated_at, null);
    assert.deepEqual((await get(plain.link_id)).tags, ['more']);
    // One of them goes, one comes.
    const { body: swapped } = await change([full.link_id], { add_tags: ['more'], remove_tags: ['t0'] });
    assert.deepEqual(outcomes(swapped), [[full.link_id, 'updated']]);
    assert.deepEqual((await get(full.link_id)).tags.at(-1), 'more');
  });

  it('are not touched by what no link could be told', async () => {
    const [link] = await make(1);
    const ids = [link?.link_id ?? ''];
    const wrong: [changes: object, field: string][] = [
      [{ add_tags: ['x'.repeat(51)] }, 'changes.add_tags'],
      [{ remove_tags: ['two\nlines'] }, 'changes.remove_tags'],
      [{ expires_at: '2001-01-01T00:00:00Z' }, 'changes.expires_at'],
      [{}, 'changes'],
      [{ title: 'one for all' }, 'changes'],
    ];
    for (const [changes, field] of wrong) {
      const { status, body } = await change(ids, changes);
      assert.equal(status, 422, JSON.stringify(changes));
      assert.ok(body.errors[0].field.startsWith(field), JSON.stringify(body));
    }
    assert.equal((await remove(['12'])).status, 422);
    assert.equal((await remove([])).status, 422);
    assert.equal((await get(ids[0] ?? '')).updated_at, null);
  });

  it(`are ${SELECTED_LINKS_MAX} at most`, async () => {
    const links = await make(120);
    const nobodys = Array.from({ length: SELECTED_LINKS_MAX }, (_, index) =>
      String(1_700_000_000_000_000 + index),
    );
    const ids = [...idsOf(links), ...nobodys].slice(0, SELECTED_LINKS_MAX);
    assert.equal((await change([...ids, '1800000000000000'], { enabled: false })).status, 422);
    const answer = await change(ids, { add_tags: ['many'] });
    assert.equal(answer.status, 200, answer.text);
    const found = answer.body.items.filter(({ outcome }: { outcome: string }) => outcome === 'updated');
    assert.deepEqual(idsOf(found), idsOf(links));
    assert.equal((await remove([...ids, '1800000000000000'])).status, 422);
    const removed = await remove(ids);
    assert.deepEqual(
      outcomes(removed.body),
      ids.map((id, index) => [id, index < links.length ? 'deleted' : 'not_found']),
    );
  });

  it('are deleted once under one Idempotency-Key', async () => {
    const ids = idsOf(await make(2));
    const headers = { 'idempotency-key': 'a-selection' };
    const first = await remove(ids, ALICE, headers);
    const again = await remove(ids, ALICE, headers);
    assert.deepEqual([again.status, again.text], [200, first.text]);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal((await remove(ids.slice(1), ALICE, headers)).status, 422);
    // Without the key they are gone.
    assert.deepEqual(
      outcomes((await remove(ids)).body),
      ids.map((id) => [id, 'not_found']),
    );
  });

  it('that several calls name, in any order and while they are opened, wait for nobody in a circle', async () => {
    const links = await make(150, { max_visits: 1_000 });
    const ids = idsOf(links);
    const backwards = ids.toReversed();
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, (_, index) =>
        change(
          index % 2 === 0 ? ids : backwards,
          { add_tags: [`t${index}`] },
          ALICE,
          index < 3 ? setting : other,
        ),
      ),
      ...links.map(({ code }) => other.open(code)),
    ]);
    for (const { status, text } of answers) assert.ok([200, 302].includes(status), text);
    const expected = Array.from({ length: 6 }, (_, index) => `t${index}`);
    for (const linkId of ids) assert.deepEqual((await get(linkId)).tags.toSorted(), expected);
    const removals = await Promise.all([
      ...[ids, backwards].map((each) => remove(each)),
      ...links.map(({ code }) => setting.open(code)),
    ]);
    const [one, two] = removals;
    for (const [index, linkId] of ids.entries()) {
      const both = [one?.body.items[index], two?.body.items.at(-1 - index)];
      assert.deepEqual(
        both.map(({ link_id: id }) => id),
        [linkId, linkId],
      );
      assert.deepEqual(both.map(({ outcome }) => outcome).sort(), ['deleted', 'not_found']);
    }
  });

  it('are for who is signed in', async () => {
    const answer = await setting.call('POST', '/links/bulk/delete', undefined, {
      link_ids: ['1700000000000000'],
    });
    assert.equal(answer.status, 401);
  });
});
