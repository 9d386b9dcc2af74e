import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  CAROL,
  createLinksSetting,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
} from '../../../test/support/links-setting.ts';
import { until } from '../../../test/support/until.ts';
import { shardOf } from '../../core/ids.ts';
import { addTotals } from './statistics/roll-up-queries.ts';

const TARGET = 'https://example.org/a';

describe('a link that its owner turns off', () => {
  let setting: LinksSetting;
  let other: LinksProcess;
  before(async () => {
    setting = await createLinksSetting();
    other = await openLinksProcess(setting.database, 2);
  });
  after(async () => {
    await other.close();
    await setting.close();
  });
  const change = (linkId: string, changes: object, as = ALICE) =>
    setting.call('PATCH', `/links/${linkId}`, as, changes);

  it('is gone from every process within a second, in words and in JSON, and comes back', async () => {
    const { code, link_id: linkId } = await setting.create({ url: TARGET });
    for (const process of [setting, other]) assert.equal((await process.open(code)).status, 302);
    const off = await change(linkId, { enabled: false });
    assert.deepEqual([off.status, off.body.enabled, off.body.state], [200, false, 'disabled']);
    const { status, headers, text } = await setting.open(code);
    assert.deepEqual([status, headers.location], [410, undefined]);
    assert.match(text, /Whoever made this link has turned it off/);
    assert.ok(!text.includes(TARGET));
    const json = await setting.open(code, { accept: 'application/json' });
    assert.deepEqual([json.status, json.headers['cache-control']], [410, 'no-store']);
    const seen = await setting.open(`${code}+`);
    assert.equal(seen.status, 410);
    assert.ok(!seen.text.includes(TARGET));
    await until(async () => (await other.open(code)).status === 410);
    const on = await change(linkId, { enabled: true });
    assert.deepEqual([on.body.enabled, on.body.state], [true, 'active']);
    assert.equal((await setting.open(code)).headers.location, TARGET);
    await until(async () => (await other.open(code)).status === 302);
  });

  it('counts no click meanwhile, takes no limited visit, and keeps what was counted', async () => {
    const { code, link_id: linkId } = await setting.create({ url: TARGET, max_visits: 2, title: 'kept' });
    await setting.sql.query(addTotals, [[Number(linkId)], [shardOf(ALICE)], [ALICE], [7], [5], [3]]);
    assert.equal((await setting.open(code)).status, 302);
    await change(linkId, { enabled: false });
    const clicks = setting.clicks.length;
    assert.equal((await setting.open(code)).status, 410);
    assert.equal(setting.clicks.length, clicks);
    const { body } = await setting.call('GET', `/links/${linkId}`, ALICE);
    assert.deepEqual([body.visit_count, body.visits, body.title], [7, 1, 'kept']);
    // What else is changed of it leaves it off.
    assert.equal((await change(linkId, { title: 'still off' })).body.enabled, false);
    await change(linkId, { enabled: true });
    assert.equal((await setting.open(code)).status, 302);
    assert.equal((await setting.open(code)).status, 410);
  });

  it('keeps its code', async () => {
    const { link_id: linkId } = await setting.create({ url: TARGET, alias: 'kept-code' });
    await change(linkId, { enabled: false });
    const again = await setting.call('POST', '/links', BOB, { url: TARGET, alias: 'kept-code' });
    assert.equal(again.status, 409);
  });

  it('may be made so', async () => {
    const { code, link_id: linkId } = await setting.create({ url: TARGET, enabled: false });
    assert.equal((await setting.open(code)).status, 410);
    await change(linkId, { enabled: true });
    assert.equal((await setting.open(code)).status, 302);
  });

  it('is listed as such, and as nothing else but blocked', async () => {
    const dave = BOB + 8_000;
    const plain = await setting.create({ url: TARGET }, dave);
    const off = await setting.create({ url: TARGET, enabled: false, max_visits: 1 }, dave);
    const find = async (state: string): Promise<string[]> => {
      const { body } = await setting.call('GET', `/links?state=${state}`, dave);
      return body.items.map(({ link_id: linkId }: { link_id: string }) => linkId);
    };
    assert.deepEqual(await find('disabled'), [off.link_id]);
    assert.deepEqual(await find('active'), [plain.link_id]);
    for (const state of ['expired', 'used_up', 'blocked']) assert.deepEqual(await find(state), [], state);
    const path = `/moderation/links/${off.link_id}`;
    await setting.call('POST', `${path}/disable`, CAROL, { reason: 'spam' });
    assert.deepEqual(await find('blocked'), [off.link_id]);
    assert.deepEqual(await find('disabled'), []);
    // The staff gives back what it took, and no more.
    await setting.call('POST', `${path}/enable`, CAROL);
    assert.deepEqual(await find('disabled'), [off.link_id]);
    assert.equal((await setting.open(off.code)).status, 410);
  });

  it('is for its owner alone to turn on, and is on or off', async () => {
    const { link_id: linkId } = await setting.create({ url: TARGET, enabled: false });
    assert.equal((await change(linkId, { enabled: true }, BOB)).status, 404);
    for (const enabled of ['yes', null, 1]) assert.equal((await change(linkId, { enabled })).status, 422);
    assert.equal((await setting.call('GET', `/links/${linkId}`, ALICE)).body.enabled, false);
  });
});
