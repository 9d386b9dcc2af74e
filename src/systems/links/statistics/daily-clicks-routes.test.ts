import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type ClicksSetting,
  clicksEvent,
  createClicksSetting,
  someId,
} from '../../../../test/support/clicks-setting.ts';
import { serverOptions } from '../../../../test/support/server-options.ts';
import { type App, createServer } from '../../../http/server.ts';
import { ASKED_LINKS_MAX, dailyClicksRoutes } from './daily-clicks-routes.ts';
import { clickRollUp } from './roll-up.ts';
import { createStatistics } from './statistics.ts';

const [ALICE, BOB] = [someId(1), someId(2)];
const [LINK, QUIET_LINK, LINK_OF_BOB] = [someId(11), someId(12), someId(13)];
const NOW = Date.UTC(2026, 10, 22, 12, 30, 15);
const DAY_MS = 86_400_000;
const clock = { nowMs: () => NOW };

let setting: ClicksSetting;
let app: App;
before(async () => {
  setting = await createClicksSetting();
  await setting.addLinks([
    { linkId: LINK, ownerId: ALICE },
    { linkId: QUIET_LINK, ownerId: ALICE },
    { linkId: LINK_OF_BOB, ownerId: BOB },
  ]);
  app = await createServer(
    serverOptions({
      authenticate: (token) => ({ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' }),
    }),
  );
  dailyClicksRoutes(app, {
    statistics: createStatistics({ sql: setting.sql, clock, retentionDays: 400 }),
  });
  await app.ready();
  await click();
});
after(async () => {
  await app.close();
  await setting.close();
});

async function click(): Promise<void> {
  const at = (linkId: number, agoMs: number, clickClass: 'human' | 'bot' = 'human') => ({
    ...{ linkId, atMs: NOW - agoMs, clickClass, visitor: 1 },
    values: clickClass === 'human' ? ['DE', 'direct', 'desktop', 'Chrome', 'Windows', 'de'] : [],
  });
  const clicks = [
    ...[at(LINK, 0), at(LINK, 1_000), at(LINK, 0, 'bot'), at(LINK, 2 * DAY_MS), at(LINK, 6 * DAY_MS)],
    ...[at(LINK, 7 * DAY_MS), at(LINK_OF_BOB, 0)],
  ];
  const observer = { counted: () => undefined, repeated: () => undefined };
  const rollUp = clickRollUp({ eventLog: setting.eventLog, clock, observer });
  const event = clicksEvent({ recorder: 'test', sequence: 1, partition: 0 }, clicks);
  await setting.sql.transaction((transaction) => rollUp.handle([event], transaction));
}

async function get(linkIds: readonly (number | string)[]) {
  const answer = await app.inject({
    url: `/links/daily_clicks?link_ids=${linkIds.join()}`,
    headers: { authorization: `Bearer ${ALICE}` },
  });
  return { status: answer.statusCode, body: answer.json() };
}

describe('the daily clicks of links', () => {
  it('count humans of seven days, today last, of each link in the order asked for', async () => {
    const { body } = await get([QUIET_LINK, LINK]);
    assert.deepEqual(body.items, [
      { link_id: String(QUIET_LINK), humans: [0, 0, 0, 0, 0, 0, 0] },
      { link_id: String(LINK), humans: [1, 0, 0, 0, 1, 0, 2] },
    ]);
  });

  it('tell nothing of a link of someone else', async () => {
    const { body } = await get([LINK_OF_BOB]);
    assert.deepEqual(body.items, [{ link_id: String(LINK_OF_BOB), humans: [0, 0, 0, 0, 0, 0, 0] }]);
  });

  it('answer for so many links and no more', async () => {
    const ids = Array.from({ length: ASKED_LINKS_MAX + 1 }, (_, index) => someId(index + 1));
    assert.equal((await get(ids.slice(1))).status, 200);
    const { status, body } = await get(ids);
    assert.deepEqual([status, body.errors[0].field], [422, 'link_ids']);
  });

  it('refuse what is no list of ids', async () => {
    for (const text of ['x', '1', `${LINK},`]) {
      const { status, body } = await get([text]);
      assert.deepEqual([status, body.errors[0].field], [422, 'link_ids'], text);
    }
  });
});
