import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import type { UserRole } from '../../../core/principal.ts';
import { DELETION_REASON_GRAPHEMES_MAX } from './reported-posts.ts';

describe('a reported post', () => {
  let setting: AccountsSetting;
  let alice: SignedUp;
  let author: SignedUp;
  let moderator: SignedUp;
  let administrator: SignedUp;
  before(async () => {
    setting = await createAccountsSetting();
    [alice, author] = [await setting.signUp(), await setting.signUp()];
    moderator = await signUpAs('moderator');
    administrator = await signUpAs('administrator');
  });
  after(() => setting.close());

  async function signUpAs(role: UserRole): Promise<SignedUp> {
    const user = await setting.signUp();
    await setting.accounts.administration.promoteUser(user.username, role);
    return user;
  }

  let lastPostId = 3_000_000_000_000_000;
  /** A report about a new post of that user. */
  async function reportPost(by = author): Promise<{ readonly postId: number; readonly reportId: string }> {
    lastPostId += 8;
    const shown = { post_id: String(lastPostId), text: 'for followers' };
    setting.posts.set(lastPostId, { authorId: Number(by.userId), visibility: 'followers', shown });
    const body = { post_id: String(lastPostId), reason: 'threat' };
    const { report_id: reportId } = (await setting.call('POST', '/reports', { ...alice, body })).json();
    return { postId: lastPostId, reportId };
  }
  const read = (reportId: string, as?: SignedUp) =>
    setting.call('POST', `/moderation/reports/${reportId}/read-post`, as === undefined ? {} : as);
  const remove = (reportId: string, as?: SignedUp, reason = 'a threat') =>
    setting.call('POST', `/moderation/reports/${reportId}/delete-post`, {
      ...(as === undefined ? {} : as),
      body: { reason },
    });
  const lastActs = async (count: number) =>
    (await setting.call('GET', `/moderation/audit?limit=${count}`, administrator))
      .json()
      .items.map((entry: Record<string, string>) => [
        entry['action'],
        entry['actor_id'],
        entry['user_id'],
        entry['report_id'],
        entry['detail'],
      ]);

  it('is read and deleted through its report, and the log says by whom', async () => {
    const { postId, reportId } = await reportPost();
    const answer = await read(reportId, moderator);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.deepEqual(answer.json(), { post_id: String(postId), text: 'for followers' });
    assert.equal((await remove(reportId, moderator)).statusCode, 204);
    assert.ok(!setting.posts.has(postId));
    for (const gone of [await read(reportId, moderator), await remove(reportId, moderator)])
      assert.equal(gone.statusCode, 404);
    const about = [moderator.userId, author.userId, reportId];
    assert.deepEqual(await lastActs(2), [
      ['post_deleted', ...about, `post ${postId}: a threat`],
      ['post_read', ...about, `post ${postId}, followers`],
    ]);
    const { items } = (await setting.call('GET', '/moderation/reports?limit=1', moderator)).json();
    assert.deepEqual([items[0].report_id, items[0].status], [reportId, 'open']);
  });

  it('is not for users, and that of the staff only for administrators, but for their own', async () => {
    const [other, chief] = [await signUpAs('moderator'), await signUpAs('administrator')];
    for (const [by, as, status] of [
      [author, undefined, 401],
      [author, alice, 403],
      [author, author, 403],
      [other, moderator, 403],
      [moderator, moderator, 403],
      [chief, moderator, 403],
      [chief, chief, 403],
      [other, administrator, 200],
      [chief, administrator, 200],
    ] as const) {
      const { reportId } = await reportPost(by);
      const before = await lastActs(1);
      const context = `${by.username} by ${as?.username}`;
      assert.equal((await read(reportId, as)).statusCode, status, context);
      assert.equal((await remove(reportId, as)).statusCode, status === 200 ? 204 : status, context);
      if (status !== 200) assert.deepEqual(await lastActs(1), before, context);
    }
  });

  it('is named by a report alone: one that there is, about a post', async () => {
    const body = { user_id: author.userId, reason: 'spam' };
    const { report_id: aboutUser } = (await setting.call('POST', '/reports', { ...alice, body })).json();
    const { postId } = await reportPost();
    for (const [reportId, status] of [
      [aboutUser, 404],
      ['1234567890123456', 404],
      [String(postId), 404],
      ['x', 422],
    ] as const) {
      assert.equal((await read(reportId, moderator)).statusCode, status, reportId);
      assert.equal((await remove(reportId, moderator)).statusCode, status, reportId);
    }
  });

  it('is read and deleted also when its report is closed', async () => {
    const { reportId } = await reportPost();
    await setting.call('POST', `/moderation/reports/${reportId}/resolve`, moderator);
    assert.equal((await read(reportId, moderator)).statusCode, 200);
    assert.equal((await remove(reportId, moderator)).statusCode, 204);
  });

  it('is deleted once, also where the answer was lost, for a reason of some length', async () => {
    const { postId, reportId } = await reportPost();
    const tooLong = 'x'.repeat(DELETION_REASON_GRAPHEMES_MAX + 1);
    for (const reason of [tooLong, 'a\0b']) {
      const refused = await remove(reportId, moderator, reason);
      assert.deepEqual([refused.statusCode, refused.json().errors[0].field], [422, 'reason']);
    }
    assert.ok(setting.posts.has(postId));
    const send = () =>
      setting.call('POST', `/moderation/reports/${reportId}/delete-post`, {
        token: moderator.token,
        headers: { 'idempotency-key': `delete-${reportId}` },
        body: { reason: tooLong.slice(1) },
      });
    assert.equal((await send()).statusCode, 204);
    const again = await send();
    assert.deepEqual([again.statusCode, again.headers['idempotent-replayed']], [204, 'true']);
    assert.equal((await lastActs(1))[0][4], `post ${postId}: ${tooLong.slice(1)}`);
  });
});
