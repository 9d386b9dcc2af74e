import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  A_LINK,
  type AccountsSetting,
  createAccountsSetting,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { composeId, type Id, shardOf } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { REPORTER_AGE_DAYS_MIN } from './reported-links.ts';

const DAY_MS = 86_400_000;

const insertOldUser = writeStatement<[userId: Id, shard: number, username: string]>(
  'test_insert_old_user',
  `INSERT INTO users (user_id, shard, username, username_key, display_name) VALUES ($1, $2, $3, $3, $3)`,
);

describe('a link that people report', () => {
  let setting: AccountsSetting;
  let moderator: SignedUp;
  let people = 0;
  before(async () => {
    setting = await createAccountsSetting({ warnReports: 3 });
    moderator = await setting.signUp();
    await setting.accounts.administration.promoteUser(moderator.username, 'moderator');
  });
  after(() => setting.close());

  /** Somebody whose account is so old. */
  async function person(days = REPORTER_AGE_DAYS_MIN + 1): Promise<Id> {
    people += 1;
    const userId = composeId(systemClock.nowMs() - days * DAY_MS, people, 0);
    await setting.sql.query(insertOldUser, [userId, shardOf(userId), `old_${people}`]);
    return userId;
  }
  async function report(reporterId: Id | undefined): Promise<Id> {
    const { reportId } = await setting.sql.transaction((transaction) =>
      setting.accounts.reports.create(transaction, reporterId, { link: { code: 'a-link' }, reason: 'scam' }),
    );
    return reportId;
  }
  const isWarned = () => setting.reportedLinks.has(A_LINK.linkId);
  async function close(reportId: Id | string): Promise<void> {
    const path = `/moderation/reports/${reportId}/resolve`;
    assert.equal((await setting.call('POST', path, { token: moderator.token })).statusCode, 200);
  }
  async function closeAll(): Promise<void> {
    const path = '/moderation/reports?limit=100&status=open';
    for (const { report_id: reportId } of (await setting.call('GET', path, { token: moderator.token })).json()
      .items) {
      await close(reportId);
    }
    assert.equal(isWarned(), false);
  }

  it('is warned of from so many on, until one of their reports is closed', async () => {
    await report(await person());
    await report(await person());
    assert.equal(isWarned(), false);
    const last = await report(await person());
    assert.equal(isWarned(), true);
    await report(await person());
    await close(last);
    assert.equal(isWarned(), true);
    await closeAll();
  });

  it('is not warned of because one person says so again and again, or after they were heard', async () => {
    const [alice, bob, carol] = [await person(), await person(), await person()];
    for (let count = 0; count < 3; count += 1) await report(alice);
    await report(bob);
    assert.equal(isWarned(), false);
    await report(carol);
    assert.equal(isWarned(), true);
    await closeAll();
    for (const each of [alice, bob, carol]) await report(each);
    assert.equal(isWarned(), false);
    await closeAll();
  });

  it('is not warned of by accounts that are new', async () => {
    await report(await person());
    await report(await person());
    await report(await person(REPORTER_AGE_DAYS_MIN - 0.01));
    await report(Number((await setting.signUp()).userId));
    assert.equal(isWarned(), false);
    await report(await person(REPORTER_AGE_DAYS_MIN + 0.01));
    assert.equal(isWarned(), true);
    await closeAll();
  });

  it('loses the reports of who is suspended, has them back, and loses those of who is deleted', async () => {
    const [alice, bob, carol] = [await person(), await person(), await person()];
    const consumers = await Promise.all(
      setting.accounts.subscriptions.map((subscription) => setting.events.subscribe(subscription)),
    );
    const actOn = (userId: Id, action: string, body?: object) =>
      setting.call('POST', `/moderation/users/${userId}/${action}`, {
        token: moderator.token,
        ...(body !== undefined && { body }),
      });
    try {
      for (const each of [alice, bob, carol]) await report(each);
      assert.equal(isWarned(), true);
      await actOn(bob, 'suspend', { reason: 'spam' });
      await until(() => !isWarned());
      await actOn(bob, 'restore');
      await until(isWarned);
      await setting.sql.transaction((transaction) => setting.accounts.users.erase(transaction, carol));
      await until(() => !isWarned());
    } finally {
      for (const consumer of consumers) await consumer.close();
    }
    await closeAll();
  });

  it('counts all who are not signed in as one, beside others', async () => {
    for (let count = 0; count < 5; count += 1) await report(undefined);
    await report(await person());
    assert.equal(isWarned(), false);
    await report(await person());
    assert.equal(isWarned(), true);
    await closeAll();
    // They were heard, too.
    await report(undefined);
    await report(await person());
    await report(await person());
    assert.equal(isWarned(), false);
    await closeAll();
  });
});

describe('a link where reports warn of none', () => {
  it('is not warned of, and not any more after the next report', async () => {
    const setting = await createAccountsSetting({ warnReports: 0 });
    try {
      setting.reportedLinks.add(A_LINK.linkId);
      await setting.sql.transaction((transaction) =>
        setting.accounts.reports.create(transaction, undefined, { link: { code: 'a-link' }, reason: 'x' }),
      );
      assert.deepEqual([...setting.reportedLinks], []);
    } finally {
      await setting.close();
    }
  });
});
