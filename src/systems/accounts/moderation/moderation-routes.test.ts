import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  A_LINK,
  A_POST,
  type AccountsSetting,
  createAccountsSetting,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import type { UserRole } from '../../../core/principal.ts';
import { OPEN_ANONYMOUS_REPORTS_MAX } from './reports.ts';

describe('moderation', () => {
  let setting: AccountsSetting;
  let alice: SignedUp;
  let moderator: SignedUp;
  let administrator: SignedUp;
  before(async () => {
    setting = await createAccountsSetting();
    alice = await setting.signUp();
    moderator = await signUpAs('moderator');
    administrator = await signUpAs('administrator');
  });
  after(() => setting.close());

  async function signUpAs(role: UserRole): Promise<SignedUp> {
    const user = await setting.signUp();
    await setting.accounts.administration.promoteUser(user.username, role);
    return user;
  }
  const act = (as: SignedUp, on: SignedUp, action: string, body?: object) =>
    setting.call(action === 'role' ? 'PUT' : 'POST', `/moderation/users/${on.userId}/${action}`, {
      token: as.token,
      ...(body === undefined ? {} : { body }),
    });
  const suspend = (as: SignedUp, on: SignedUp) => act(as, on, 'suspend', { reason: 'spam' });
  const auditOf = async (user: SignedUp) => {
    const { items } = (await setting.call('GET', '/moderation/audit?limit=100', administrator)).json();
    return items.filter(({ user_id: userId }: { user_id: string }) => userId === user.userId);
  };

  describe('a suspension', () => {
    it('ends the sessions, hides the user, and is undone', async () => {
      const bob = await setting.signUp();
      assert.equal((await setting.call('GET', '/users/me', bob)).statusCode, 200);
      const answer = await suspend(moderator, bob);
      assert.equal(answer.statusCode, 200, answer.body);
      assert.notEqual(answer.json().suspended_at, null);
      assert.equal((await setting.call('GET', '/users/me', bob)).statusCode, 401);
      assert.equal((await setting.call('GET', `/users/${bob.userId}`)).statusCode, 404);
      assert.equal((await setting.call('GET', `/users?username=${bob.username}`)).json().items.length, 0);
      assert.equal((await setting.signIn(bob.username)).statusCode, 403);
      assert.equal((await suspend(moderator, bob)).json().suspended_at, answer.json().suspended_at);
      assert.equal((await act(moderator, bob, 'restore')).json().suspended_at, null);
      assert.equal((await act(moderator, bob, 'restore')).statusCode, 200);
      assert.equal((await setting.signIn(bob.username)).statusCode, 201);
      const events = await setting.announced(bob.userId);
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['created', 'suspended', 'restored'],
      );
      assert.deepEqual(
        (await auditOf(bob)).map((entry: Record<string, string>) => [
          entry['action'],
          entry['actor_id'],
          entry['detail'],
        ]),
        [
          ['user_restored', moderator.userId, ''],
          ['user_suspended', moderator.userId, 'spam'],
        ],
      );
    });

    it('is not for users to give, nor among staff but from an administrator, nor for oneself', async () => {
      const [bob, other] = [await setting.signUp(), await signUpAs('moderator')];
      for (const [as, on, status] of [
        [alice, bob, 403],
        [moderator, administrator, 403],
        [moderator, other, 403],
        [moderator, moderator, 403],
        [administrator, administrator, 403],
        [administrator, other, 200],
      ] as const) {
        assert.equal((await suspend(as, on)).statusCode, status);
      }
      assert.equal((await act(moderator, other, 'restore')).statusCode, 403);
      const nobody = { ...bob, userId: '1234567890123456' };
      assert.equal((await suspend(moderator, nobody)).statusCode, 404);
      assert.equal((await act(moderator, bob, 'suspend', {})).statusCode, 422);
      const anonymous = await setting.call('POST', `/moderation/users/${bob.userId}/suspend`);
      assert.equal(anonymous.statusCode, 401);
    });
  });

  describe('a role', () => {
    it('is given and taken by administrators, and counts at once', async () => {
      const bob = await setting.signUp();
      const reports = () => setting.call('GET', '/moderation/reports', bob);
      assert.equal((await reports()).statusCode, 403);
      assert.equal((await act(administrator, bob, 'role', { role: 'moderator' })).json().role, 'moderator');
      assert.equal((await reports()).statusCode, 200);
      assert.equal((await act(administrator, bob, 'role', { role: 'user' })).statusCode, 200);
      assert.equal((await reports()).statusCode, 403);
      assert.equal((await act(moderator, bob, 'role', { role: 'moderator' })).statusCode, 403);
      assert.equal((await act(administrator, bob, 'role', { role: 'king' })).statusCode, 422);
      const self = await act(administrator, administrator, 'role', { role: 'user' });
      assert.equal(self.statusCode, 403);
      assert.deepEqual(
        (await auditOf(bob)).map(({ detail }: { detail: string }) => detail),
        ['moderator -> user', 'user -> moderator'],
      );
    });
  });

  describe('a user, as the staff sees one,', () => {
    const listed = async (query: string, as = moderator) => {
      const answer = await setting.call('GET', `/moderation/users?${query}`, as);
      assert.equal(answer.statusCode, 200, answer.body);
      return answer.json();
    };

    it('is found by name or id, also while suspended, and not once deleted', async () => {
      const bob = await setting.signUp();
      const carol = await setting.signUp();
      await suspend(moderator, bob);
      const { items } = await listed(`username=${bob.username.toUpperCase()}`);
      assert.deepEqual(
        items.map(({ user_id: userId, role, suspended_at: at }: Record<string, string>) => [
          userId,
          role,
          at !== null,
        ]),
        [[bob.userId, 'user', true]],
      );
      const idsOf = async (query: string) =>
        (await listed(query)).items.map(({ user_id: userId }: { user_id: string }) => userId);
      assert.deepEqual(await idsOf(`user_ids=${bob.userId},${carol.userId},1234567890123456`), [
        carol.userId,
        bob.userId,
      ]);
      await setting.call('DELETE', '/users/me', carol);
      assert.deepEqual(await idsOf(`username=${carol.username}`), []);
      assert.deepEqual(await idsOf(`user_ids=${carol.userId}`), []);
    });

    it('is in the list of all, the newest first, page by page', async () => {
      const [bob, carol] = [await setting.signUp(), await setting.signUp()];
      const first = await listed('limit=1');
      assert.equal(first.items[0].user_id, carol.userId);
      const second = await listed(`limit=1&page_token=${first.next_page_token}`);
      assert.equal(second.items[0].user_id, bob.userId);
    });

    it('is for the staff alone, asked for in one way and in a bounded number', async () => {
      const ids = (count: number) => Array.from({ length: count }, () => alice.userId).join(',');
      for (const [query, as, status] of [
        ['', alice, 403],
        ['', moderator, 200],
        [`user_ids=${ids(100)}`, moderator, 200],
        [`user_ids=${ids(101)}`, moderator, 422],
        ['user_ids=alice', moderator, 422],
        [`username=alice&user_ids=${alice.userId}`, moderator, 422],
      ] as const) {
        const answer = await setting.call('GET', `/moderation/users?${query}`, as);
        assert.equal(answer.statusCode, status, query);
      }
    });
  });

  describe('a report', () => {
    const report = (body: object, as = alice) => setting.call('POST', '/reports', { ...as, body });

    it('is made by any user about a user or a post', async () => {
      const bob = await setting.signUp();
      const answer = await report({ user_id: bob.userId, reason: ' spam ', comment: 'See\nthere' });
      assert.equal(answer.statusCode, 201, answer.body);
      const { report_id: reportId, created_at: createdAt, ...rest } = answer.json();
      assert.deepEqual(rest, {
        reporter_id: alice.userId,
        user_id: bob.userId,
        post_id: null,
        link_id: null,
        link: null,
        reason: 'spam',
        comment: 'See\nthere',
        status: 'open',
        resolved_at: null,
        resolved_by_id: null,
        note: null,
      });
      assert.match(reportId, /^\d{16}$/);
      assert.ok(Date.parse(createdAt) > 0);
      assert.equal((await report({ post_id: String(A_POST), reason: 'spam' })).statusCode, 201);
    });

    it('names what is wrong', async () => {
      const bob = await setting.signUp();
      for (const [body, status, field] of [
        [{ reason: 'spam' }, 422, 'user_id'],
        [{ user_id: bob.userId, post_id: String(A_POST), reason: 'spam' }, 422, 'user_id'],
        [{ user_id: alice.userId, reason: 'spam' }, 422, 'user_id'],
        [{ user_id: '1234567890123456', reason: 'spam' }, 404, undefined],
        [{ post_id: '1234567890123456', reason: 'spam' }, 404, undefined],
        [{ user_id: bob.userId }, 422, 'reason'],
        [{ user_id: bob.userId, reason: ' ' }, 422, 'reason'],
        [{ user_id: bob.userId, reason: 'x'.repeat(101) }, 422, 'reason'],
        [{ user_id: bob.userId, reason: 'spam', comment: 'x'.repeat(1_001) }, 422, 'comment'],
        [{ user_id: bob.userId, reason: 'spam', comment: 'a\0b' }, 422, 'comment'],
        [{ user_id: '9999999999999999', reason: 'spam' }, 422, 'user_id'],
      ] as const) {
        const answer = await report(body);
        assert.deepEqual([answer.statusCode, answer.json().errors[0]?.field], [status, field]);
      }
      const body = { user_id: bob.userId, reason: 'spam' };
      assert.equal((await setting.call('POST', '/reports', { body })).statusCode, 401);
    });

    it('is read and closed by moderators, once', async () => {
      const bob = await setting.signUp();
      const made: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        made.unshift((await report({ user_id: bob.userId, reason: `${count}` })).json().report_id);
      }
      const idsOf = async (query: string) => {
        const { items, next_page_token: next } = (
          await setting.call('GET', `/moderation/reports?${query}`, moderator)
        ).json();
        return { ids: items.map((item: { report_id: string }) => item.report_id), next };
      };
      const first = await idsOf('status=open&limit=2');
      assert.deepEqual(first.ids, made.slice(0, 2));
      const second = await idsOf(`status=open&limit=1&page_token=${first.next}`);
      assert.deepEqual(second.ids, made.slice(2));
      const resolve = (as: SignedUp, body?: object) =>
        setting.call('POST', `/moderation/reports/${made[1]}/resolve`, {
          token: as.token,
          ...(body === undefined ? {} : { body }),
        });
      assert.equal((await resolve(alice)).statusCode, 403);
      const answer = await resolve(moderator, { note: 'Talked to them' });
      assert.equal(answer.statusCode, 200, answer.body);
      const { status, note, resolved_by_id: resolvedBy } = answer.json();
      assert.deepEqual([status, note, resolvedBy], ['resolved', 'Talked to them', moderator.userId]);
      assert.equal((await resolve(administrator)).statusCode, 409);
      assert.deepEqual((await idsOf('status=open&limit=2')).ids, [made[0], made[2]]);
      assert.deepEqual((await idsOf('status=resolved')).ids, [made[1]]);
      assert.deepEqual((await idsOf('limit=3')).ids, made);
      assert.equal((await auditOf(bob))[0].report_id, made[1]);
      const none = await setting.call('POST', '/moderation/reports/1234567890123456/resolve', moderator);
      assert.equal(none.statusCode, 404);
    });

    const byAnyone = (body: object, headers = {}) =>
      setting.call('POST', '/reports', { body: { reason: 'phishing', ...body }, headers });
    const reportsOf = async (as: SignedUp) =>
      (await setting.call('GET', '/moderation/reports?limit=100', as)).json().items;
    const closeAll = async () => {
      for (const { report_id: reportId } of (
        await setting.call('GET', '/moderation/reports?limit=100&status=open', moderator)
      ).json().items) {
        await setting.call('POST', `/moderation/reports/${reportId}/resolve`, moderator);
      }
    };

    it('is made by anyone about a link, where only moderators see where it leads', async () => {
      const linkId = String(A_LINK.linkId);
      const link = {
        owner_id: String(A_LINK.ownerId),
        short_url: A_LINK.shortUrl,
        targets: [...A_LINK.targets],
      };
      const bySignedIn = (await report({ link_id: linkId, reason: 'phishing' })).json();
      const byNobody = (await byAnyone({ code: 'a-link' })).json();
      for (const [made, reporterId] of [
        [bySignedIn, alice.userId],
        [byNobody, null],
      ] as const) {
        assert.deepEqual([made.reporter_id, made.link_id, made.link], [reporterId, linkId, null]);
        assert.deepEqual([made.user_id, made.post_id], [null, null]);
        const seen = (await reportsOf(moderator)).find(
          (each: { report_id: string }) => each.report_id === made.report_id,
        );
        assert.deepEqual([seen.reporter_id, seen.link_id, seen.link], [reporterId, linkId, link]);
      }
      await setting.call('POST', `/moderation/reports/${byNobody.report_id}/resolve`, moderator);
      const { items } = (await setting.call('GET', '/moderation/audit?limit=1', administrator)).json();
      assert.deepEqual([items[0].action, items[0].user_id], ['report_resolved', link.owner_id]);
    });

    it('about a link says what is wrong, and about anything else wants to know who makes it', async () => {
      const linkId = String(A_LINK.linkId);
      for (const [body, status, field] of [
        [{}, 422, 'user_id'],
        [{ link_id: linkId, code: 'a-link' }, 422, 'user_id'],
        [{ link_id: linkId, post_id: String(A_POST) }, 422, 'user_id'],
        [{ code: 'no-link' }, 404, undefined],
        [{ link_id: '1234567890123456' }, 404, undefined],
        [{ link_id: 'x' }, 422, 'link_id'],
        [{ code: '' }, 422, 'code'],
        [{ code: 'x'.repeat(401) }, 422, 'code'],
        [{ user_id: alice.userId }, 401, undefined],
        [{ post_id: String(A_POST) }, 401, undefined],
      ] as const) {
        const answer = await byAnyone(body);
        assert.deepEqual([answer.statusCode, answer.json().errors[0]?.field], [status, field], answer.body);
      }
      const unknown = await setting.call('POST', '/reports', {
        token: 'x'.repeat(43),
        body: { code: 'a-link', reason: 'spam' },
      });
      assert.equal(unknown.statusCode, 401);
    });

    it(`about one link is taken ${OPEN_ANONYMOUS_REPORTS_MAX} times of people who are not signed in, while open`, async () => {
      await closeAll();
      for (let count = 0; count < OPEN_ANONYMOUS_REPORTS_MAX; count += 1) {
        assert.equal((await byAnyone({ code: 'a-link' })).statusCode, 201);
      }
      assert.equal((await byAnyone({ code: 'a-link' })).statusCode, 409);
      assert.equal((await report({ code: 'a-link', reason: 'spam' })).statusCode, 201);
      await closeAll();
      assert.equal((await byAnyone({ code: 'a-link' })).statusCode, 201);
    });

    it('is not for others to read, and the audit log only for administrators', async () => {
      for (const [url, as, status] of [
        ['/moderation/reports', alice, 403],
        ['/moderation/reports', administrator, 200],
        ['/moderation/reports?status=lost', moderator, 422],
        ['/moderation/audit', moderator, 403],
        ['/moderation/audit', alice, 403],
        ['/moderation/audit', administrator, 200],
      ] as const) {
        assert.equal((await setting.call('GET', url, as)).statusCode, status, url);
      }
    });
  });
});
