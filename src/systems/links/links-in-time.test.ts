import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  CAROL,
  createLinksSetting,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
  PREVIEWER,
} from '../../../test/support/links-setting.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock } from '../../core/clock.ts';

const TARGET = 'https://example.org/a';
const FALLBACK = 'https://example.org/over';
const DAY_MS = 86_400_000;

/** As the API writes it. */
function inFuture(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

describe('a link that leads somewhere for a while', () => {
  let setting: LinksSetting;
  /** A process for which it is ten days later. */
  let later: LinksProcess;
  before(async () => {
    setting = await createLinksSetting();
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + 10 * DAY_MS };
    later = await openLinksProcess(setting.database, 2, { clock });
  });
  after(async () => {
    await later.close();
    await setting.close();
  });
  const change = (linkId: string, changes: object) =>
    setting.call('PATCH', `/links/${linkId}`, ALICE, changes);

  it('leads nowhere before its time, and says from when on it does', async () => {
    const startsAt = inFuture(DAY_MS);
    const { code, link_id: linkId } = await setting.create({ url: TARGET, starts_at: startsAt });
    const { body: link } = await setting.call('GET', `/links/${linkId}`, ALICE);
    assert.deepEqual([link.starts_at, link.state], [startsAt, 'scheduled']);
    const early = await setting.open(code);
    assert.deepEqual([early.status, early.headers.location], [404, undefined]);
    assert.match(early.headers['cache-control'] ?? '', /no-store/);
    assert.ok(early.text.includes(`datetime="${startsAt}"`) && !early.text.includes(TARGET));
    const json = await setting.open(code, { accept: 'application/json' });
    assert.deepEqual([json.status, json.body.code], [404, 'not_found']);
    assert.match(json.body.detail, /not lead anywhere yet/);
    const preview = await setting.open(`${code}+`);
    assert.ok(preview.status === 404 && !preview.text.includes(TARGET));
    assert.equal((await setting.send('HEAD', `/l/${code}`)).status, 404);
    assert.equal((await later.open(code)).headers.location, TARGET);
    assert.equal((await change(linkId, { starts_at: null })).body.state, 'active');
    assert.equal((await setting.open(code)).status, 302);
  });

  it('takes no visit of a limit before its time', async () => {
    const { code, link_id: linkId } = await setting.create({
      ...{ url: TARGET, max_visits: 1, starts_at: inFuture(DAY_MS), fallback_url: FALLBACK },
    });
    for (let n = 0; n < 3; n += 1) assert.equal((await setting.open(code)).status, 404);
    await change(linkId, { starts_at: inFuture(-DAY_MS) });
    assert.equal((await setting.open(code)).headers.location, TARGET);
  });

  it('is listed as scheduled, and then as nothing else', async () => {
    const dave = ALICE + 8_000;
    const plain = await setting.create({ url: TARGET }, dave);
    const begun = await setting.create({ url: TARGET, starts_at: inFuture(-DAY_MS) }, dave);
    const scheduled = await setting.create({ url: TARGET, starts_at: inFuture(DAY_MS), max_visits: 1 }, dave);
    const find = async (state: string): Promise<string[]> => {
      const { body } = await setting.call('GET', `/links?state=${state}`, dave);
      return body.items.map(({ link_id: linkId }: { link_id: string }) => linkId);
    };
    assert.deepEqual(await find('scheduled'), [scheduled.link_id]);
    assert.deepEqual(await find('active'), [begun.link_id, plain.link_id]);
    for (const state of ['expired', 'used_up', 'blocked', 'disabled'])
      assert.deepEqual(await find(state), [], state);
  });

  it('begins before it ends', async () => {
    const expiresAt = inFuture(2 * DAY_MS);
    const wrong = [
      { starts_at: expiresAt, expires_at: expiresAt },
      { starts_at: inFuture(3 * DAY_MS), expires_at: expiresAt },
    ];
    for (const times of wrong) {
      const { status, body } = await setting.call('POST', '/links', ALICE, { url: TARGET, ...times });
      assert.deepEqual([status, body.errors[0].field], [422, 'starts_at']);
    }
    const link = await setting.create({ url: TARGET, starts_at: inFuture(DAY_MS), expires_at: expiresAt });
    const { status, body } = await change(link.link_id, { expires_at: inFuture(DAY_MS / 2) });
    assert.deepEqual([status, body.errors[0].field], [422, 'starts_at']);
    const never = await setting.call('POST', '/links', ALICE, { url: TARGET, starts_at: 'soon' });
    assert.deepEqual([never.status, never.body.errors[0].field], [422, 'starts_at']);
  });

  it('leads elsewhere when it has expired, where its owner says so; nobody is counted there', async () => {
    const { code, link_id: linkId } = await setting.create({
      ...{
        url: TARGET,
        expires_at: inFuture(DAY_MS),
        fallback_url: FALLBACK,
        redirect_type: 301,
        pass_query: true,
      },
    });
    assert.equal((await setting.open(code)).headers.location, TARGET);
    const clicks = later.clicks.length;
    const over = await later.send('GET', `/l/${code}?a=1`, { 'user-agent': 'Mozilla/5.0' });
    assert.deepEqual([over.status, over.headers.location], [302, FALLBACK]);
    assert.match(over.headers['cache-control'] ?? '', /no-store/);
    // What it leads to is not told before it is opened.
    assert.equal((await later.open(`${code}+`)).status, 410);
    assert.equal(later.clicks.length, clicks);
    await change(linkId, { fallback_url: null });
    await until(async () => (await later.open(code)).status === 410);
  });

  it('leads elsewhere when it is used up, but those who are no visitors', async () => {
    const { code } = await setting.create({ url: TARGET, max_visits: 1, fallback_url: FALLBACK });
    assert.equal((await setting.open(code, { 'user-agent': PREVIEWER })).status, 200);
    const opened = await Promise.all(Array.from({ length: 20 }, () => setting.open(code)));
    const targets = opened.map(({ headers }) => headers.location);
    assert.deepEqual(
      [targets.filter((url) => url === TARGET).length, targets.filter((url) => url === FALLBACK).length],
      [1, 19],
    );
  });

  it('leads nowhere else when it is off, deleted or blocked; and not to what is blocked', async () => {
    const over = { url: TARGET, max_visits: 1, fallback_url: 'https://fallback.example/' };
    const [off, deleted, blocked] = [
      await setting.create(over),
      await setting.create(over),
      await setting.create(over),
    ];
    for (const { code } of [off, deleted, blocked]) assert.equal((await setting.open(code)).status, 302);
    await change(off.link_id, { enabled: false });
    await setting.call('DELETE', `/links/${deleted.link_id}`, ALICE);
    for (const { code } of [off, deleted]) assert.equal((await setting.open(code)).status, 410);
    assert.equal((await setting.open(blocked.code)).headers.location, over.fallback_url);
    const block = { target: 'fallback.example', reason: 'spam' };
    assert.equal((await setting.call('POST', '/moderation/blocked-targets', CAROL, block)).status, 201);
    await until(async () => (await setting.open(blocked.code)).status === 410);
    const { body } = await setting.call('GET', `/links/${blocked.link_id}`, ALICE);
    assert.deepEqual([body.state, body.blocked_reason], ['blocked', 'spam']);
    const { status } = await setting.call('POST', '/links', ALICE, over);
    assert.equal(status, 422);
  });

  it('leads elsewhere only where a link may lead', async () => {
    const { short_url: own, link_id: linkId } = await setting.create({ url: TARGET });
    for (const url of [
      'javascript:alert(1)',
      'http://127.1/',
      'data:text/html,x',
      own,
      '',
      'x'.repeat(9_000),
    ]) {
      const { status, body } = await change(linkId, { fallback_url: url });
      assert.deepEqual([status, body.errors[0].field], [422, 'fallback_url'], url);
    }
  });

  it('tells where it led elsewhere before', async () => {
    const { link_id: linkId } = await setting.create({ url: TARGET, fallback_url: FALLBACK });
    await change(linkId, { fallback_url: null });
    await change(linkId, { fallback_url: `${FALLBACK}2`, title: 'x' });
    await change(linkId, { title: 'y' });
    const { body } = await setting.call('GET', `/links/${linkId}/history`, ALICE);
    assert.deepEqual(
      body.items.map(({ url, fallback_url }: Record<string, string>) => [url, fallback_url]),
      [
        [TARGET, null],
        [TARGET, FALLBACK],
      ],
    );
  });
});
