import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BROWSER,
  CAROL,
  createLinksSetting,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
} from '../../../../test/support/links-setting.ts';
import { until } from '../../../../test/support/until.ts';
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { REPORTED_WARNING } from './reported-warning.ts';

const TARGET = 'https://example.org/a';
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER };

const findWaiting = readStatement<[], { readonly pid: number }>(
  'test_find_waiting',
  `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
);

describe('a link that several people have reported', () => {
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

  const mark = (linkIds: readonly string[], reported: readonly string[]) =>
    setting.sql.transaction((transaction) =>
      setting.shortener.markReportedLinks(
        transaction,
        linkIds.map(Number),
        async () => new Set(reported.map(Number)),
      ),
    );
  const bothAre = async (code: string, status: number): Promise<void> => {
    for (const process of [setting, other])
      await until(async () => (await process.open(code)).status === status);
  };

  it('is warned of in every process within a second, tells its owner, and leads on again', async () => {
    const [one, two] = [await setting.create({ url: TARGET }), await setting.create({ url: TARGET })];
    await bothAre(one.code, 302);
    await mark([two.link_id, one.link_id], [one.link_id]);
    await bothAre(one.code, 200);
    assert.equal((await setting.open(two.code)).status, 302);
    assert.match((await setting.open(one.code)).text, /<b>Several people have reported this link\.<\/b>/);
    const { body } = await setting.call('GET', `/links/${one.link_id}`, ALICE);
    assert.deepEqual([body.state, body.warning], ['active', REPORTED_WARNING]);
    const staff = await setting.call('GET', `/moderation/links/${one.link_id}`, CAROL);
    assert.deepEqual([staff.body.reported, staff.body.warning_reason], [true, null]);
    const on = await setting.send('POST', `/l/${one.code}`, FORM, 'go_on=yes');
    assert.deepEqual([on.status, on.headers.location], [303, TARGET]);
    // What the staff says of it is told in place of that.
    await setting.call('POST', `/moderation/links/${one.link_id}/warn`, CAROL, { reason: 'Odd.' });
    await until(async () => (await other.open(one.code)).text.includes('<b>Odd.</b>'));
    await setting.call('POST', `/moderation/links/${one.link_id}/unwarn`, CAROL);
    await until(async () => (await other.open(one.code)).text.includes(REPORTED_WARNING));
    // Another target does not make it better known.
    const moved = await setting.call('PATCH', `/links/${one.link_id}`, ALICE, { url: `${TARGET}/2` });
    assert.equal(moved.body.warning, REPORTED_WARNING);
    await mark([one.link_id, two.link_id], []);
    await bothAre(one.code, 302);
  });

  it('is announced only when that changes, and left alone once it is deleted', async () => {
    const { link_id: linkId, code } = await setting.create({ url: TARGET });
    let heard = 0;
    const tail = await setting.eventLog.tail({
      topics: ['links'],
      hear: () => undefined,
      committed: (events) => {
        heard += events.length;
      },
    });
    for (const reported of [[], [linkId], [linkId], []]) await mark([linkId], reported);
    assert.equal(heard, 2);
    await tail.close();
    await setting.call('DELETE', `/links/${linkId}`, ALICE);
    await mark([linkId, '1600000000000000'], [linkId]);
    assert.equal((await setting.open(code)).status, 410);
  });

  it('is locked before anybody asks who reports it, so that two reports at once know of each other', async () => {
    const { link_id: linkId } = await setting.create({ url: TARGET });
    const report = (process: LinksProcess, find: () => Promise<ReadonlySet<Id>>) =>
      process.sql.transaction((transaction) =>
        process.shortener.markReportedLinks(transaction, [Number(linkId)], find),
      );
    let isFirstDone = false;
    let second: Promise<void> | undefined;
    await report(setting, async () => {
      second = report(other, async () => new Set(isFirstDone ? [Number(linkId)] : []));
      await until(async () => (await setting.sql.query(findWaiting, [])).length > 0);
      isFirstDone = true;
      return new Set();
    });
    await second;
    const { body } = await setting.call('GET', `/links/${linkId}`, ALICE);
    assert.equal(body.warning, REPORTED_WARNING);
  });
});
