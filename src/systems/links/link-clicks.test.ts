import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClicksSetting, createClicksSetting, someId } from '../../../test/support/clicks-setting.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import type { Click } from './clicks/click-recorder.ts';
import { createLinkClicks, type LinkClicks } from './link-clicks.ts';

const ALICE = someId(1);
const LINK = someId(11);
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const log = createLog({ level: 'silent', pretty: false });

describe('the clicks of links, from the redirect to the statistics', () => {
  let setting: ClicksSetting;
  const counts = { published: 0, counted: 0 };
  before(async () => {
    setting = await createClicksSetting();
    await setting.addLinks([{ linkId: LINK, ownerId: ALICE }]);
    for (const subscription of open().subscriptions) await setting.eventLog.subscribe(subscription);
  });
  after(() => setting.close());

  /** As another process has it. */
  function open(): LinkClicks {
    return createLinkClicks({
      ...{ sql: setting.sql, eventLog: setting.eventLog, log },
      ...{ clock: systemClock, randomness: systemRandomness, retentionDays: 30 },
      countryTable: {
        countryOf: (address) => (address === '203.0.113.7' ? 'NZ' : undefined),
        attribution: '',
      },
      isOwnHost: (host) => host === 'go.example',
      observer: {
        published: (clicks) => {
          counts.published += clicks;
        },
        dropped: () => undefined,
        counted: (clicks) => {
          counts.counted += clicks;
        },
        repeated: () => undefined,
      },
    });
  }

  const click = (address: string, changes: Partial<Click> = {}): Click => ({
    ...{ linkId: LINK, atMs: systemClock.nowMs(), kind: 'visit', address, userAgent: CHROME },
    ...{ referrer: 'https://news.example/secret-page?token=abc', language: 'de' },
    ...changes,
  });

  it('count a visitor once, whichever process saw them, and keep neither address nor user agent nor page anywhere', async () => {
    const [one, other] = [open(), open()];
    for (const clicks of [one, other]) {
      clicks.recorder.record(click('203.0.113.7'));
      clicks.recorder.record(click('203.0.113.7'));
      clicks.recorder.record(click('2001:db8:1:2::77'));
      clicks.recorder.record(click('198.51.100.99', { userAgent: 'Googlebot/2.1' }));
    }
    assert.equal(one.waiting(), 4);
    await Promise.all([one.close(), other.close()]);
    assert.equal(counts.published, 8);
    await until(() => counts.counted === 8);

    const found = await one.statistics.of(LINK, { grain: 'day', by: 'country' });
    assert.deepEqual(found.total, { humans: 6, bots: 2, previews: 0, unique: 2 });
    assert.deepEqual(found.by, [
      { value: 'NZ', humans: 4 },
      { value: 'unknown', humans: 2 },
    ]);
    assert.deepEqual(
      await one.statistics.totalsOf([LINK]),
      new Map([[LINK, { humans: 6, bots: 2, previews: 0 }]]),
    );

    const kept = await everything();
    assert.match(kept, /news\.example/);
    for (const secret of [
      '203.0.113',
      '2001:db8',
      '198.51.100',
      'AppleWebKit',
      'Googlebot',
      'secret-page',
      'token=abc',
    ]) {
      assert.ok(!kept.includes(secret), `${secret} is written down`);
    }
  });

  /** All rows of all tables, those of the event log among them, as text. */
  async function everything(): Promise<string> {
    const tables = await setting.run(
      `SELECT format('%I', table_name) AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await setting.run(`SELECT one::text AS row FROM ${name} AS one`);
      texts.push(...rows.map(({ row }) => String(row)));
    }
    return texts.join('\n');
  }
});
