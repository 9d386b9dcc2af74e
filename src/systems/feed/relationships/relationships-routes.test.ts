import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createRelationshipsSetting,
  type RelationshipsSetting,
} from '../../../../test/support/relationships-setting.ts';
import { serverOptions } from '../../../../test/support/server-options.ts';
import { type Id, idTimestamp } from '../../../core/ids.ts';
import { createWrites } from '../../../http/idempotency.ts';
import { type App, createServer } from '../../../http/server.ts';
import { USER_SCHEMAS } from '../../../http/user-schema.ts';
import { RELATIONSHIP_SCHEMAS, relationshipRoutes } from './relationships-routes.ts';

describe('the routes of relationships', () => {
  let setting: RelationshipsSetting;
  let app: App;
  before(async () => {
    setting = await createRelationshipsSetting();
    app = await openApp(setting);
  });
  after(async () => {
    await app.close();
    await setting.close();
  });

  /** Sends a request as `viewer`, or as nobody. */
  const send = async (
    viewer: Id | undefined,
    call: `${'GET' | 'PUT' | 'POST' | 'DELETE'} /${string}`,
    headers: Record<string, string> = {},
  ) => {
    const [method = '', url = ''] = call.split(' ');
    const authorization = viewer === undefined ? {} : { authorization: `Bearer ${viewer}` };
    const response = await app.inject({
      method: method as 'GET' | 'PUT' | 'POST' | 'DELETE', // the type of `call` says so
      url,
      headers: { ...authorization, ...headers },
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  const none = {
    following: false,
    followed_by: false,
    requested: false,
    requested_by: false,
    muting: false,
    blocking: false,
    blocked_by: false,
  };

  it('follow, mute and block answer the relationship, and are idempotent', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const steps = [
      ['PUT', 'follow', { following: true }],
      ['PUT', 'mute', { following: true, muting: true }],
      ['DELETE', 'mute', { following: true }],
      ['DELETE', 'follow', {}],
      ['PUT', 'follow', { following: true }],
      ['PUT', 'block', { blocking: true }],
      ['DELETE', 'block', {}],
    ] as const;
    for (const [method, what, expected] of steps) {
      for (const time of ['once', 'again']) {
        const { status, body } = await send(alice, `${method} /users/${bob}/${what}`);
        assert.equal(status, 200, `${method} ${what} ${time}`);
        assert.deepEqual(body, { user_id: String(bob), ...none, ...expected });
      }
    }
    const kinds = (await setting.announced()).filter(({ key }) => key === bob).map(({ kind }) => kind);
    const follows = ['followed', 'muted', 'unmuted', 'unfollowed', 'followed', 'unfollowed'];
    assert.deepEqual(kinds, [...follows, 'blocked', 'unblocked']);
  });

  it('a repeated request with the same key is answered, not repeated, even if the user has gone', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const key = { 'idempotency-key': 'follow-bob' };
    const first = await send(alice, `PUT /users/${bob}/follow`, key);
    await send(alice, `DELETE /users/${bob}/follow`);
    setting.removeUser(bob);
    const second = await send(alice, `PUT /users/${bob}/follow`, key);
    assert.deepEqual([second.status, second.body], [200, first.body]);
    assert.equal(second.headers['idempotent-replayed'], 'true');
    assert.equal((await setting.relationshipsOf(alice, [bob])).get(bob)?.following, false);
  });

  it('following a locked account is asking, and its owner answers', async () => {
    const [alice, bob, carol] = [setting.addUser({ locked: true }), setting.addUser(), setting.addUser()];
    assert.equal((await send(bob, `PUT /users/${alice}/follow`)).body.requested, true);
    await send(carol, `PUT /users/${alice}/follow`);
    const { body: page } = await send(alice, 'GET /follow_requests?limit=1');
    const [request] = page.items;
    assert.equal(request.user.user_id, String(carol));
    assert.equal(request.user.relationship.requested_by, true);
    assert.ok(request.requested_at > idTimestamp(carol));
    const { body: rest } = await send(alice, `GET /follow_requests?page_token=${page.next_page_token}`);
    assert.deepEqual([rest.items[0].user.user_id, rest.next_page_token], [String(bob), null]);
    assert.equal((await send(alice, `POST /follow_requests/${bob}/accept`)).body.followed_by, true);
    assert.equal((await send(alice, `POST /follow_requests/${carol}/reject`)).body.requested_by, false);
    assert.equal((await send(alice, `POST /follow_requests/${carol}/accept`)).status, 404);
    assert.equal((await send(bob, `GET /users/${alice}/followers`)).status, 200);
    assert.equal((await send(carol, `GET /users/${alice}/followers`)).status, 403);
    assert.equal((await send(undefined, `GET /users/${alice}/following`)).status, 403);
    assert.equal((await send(alice, `DELETE /users/${bob}/follower`)).body.followed_by, false);
    assert.equal((await send(bob, `GET /users/${alice}/followers`)).status, 403);
  });

  it('lists are pages of users with their counts and the relationship to the caller', async () => {
    const [alice, bob, carol] = [setting.addUser(), setting.addUser(), setting.addUser()];
    await send(bob, `PUT /users/${alice}/follow`);
    await send(carol, `PUT /users/${alice}/follow`);
    await send(bob, `PUT /users/${carol}/mute`);
    const { status, body } = await send(bob, `GET /users/${alice}/followers?limit=1`);
    assert.equal(status, 200);
    const [newest] = body.items;
    assert.deepEqual([newest.user_id, newest.following_count], [String(carol), 1]);
    assert.equal(newest.relationship.muting, true);
    const next = await send(bob, `GET /users/${alice}/followers?limit=1&page_token=${body.next_page_token}`);
    assert.deepEqual([next.body.items[0].user_id, next.body.items[0].relationship], [String(bob), null]);
    assert.equal(next.body.next_page_token, null);
    const anonymous = await send(undefined, `GET /users/${carol}/following`);
    assert.deepEqual(anonymous.body.items[0].relationship, null);
    const mutes = await send(bob, 'GET /mutes');
    assert.deepEqual(mutes.body.items[0].user_id, String(carol));
    await send(bob, `PUT /users/${carol}/block`);
    const blocks = await send(bob, 'GET /blocks');
    assert.deepEqual(blocks.body.items[0].user_id, String(carol));
    assert.equal((await send(carol, `GET /users/${bob}/followers`)).status, 404);
  });

  it('refuse what is wrong and name what would be right', async () => {
    const [alice, bob] = [setting.addUser(), setting.addUser()];
    const self = await send(alice, `PUT /users/${alice}/follow`);
    assert.deepEqual([self.status, self.body.errors[0].field], [422, 'user_id']);
    assert.equal((await send(alice, `PUT /users/${setting.ids.next()}/mute`)).status, 404);
    assert.equal((await send(alice, 'PUT /users/12/block')).status, 422);
    assert.equal((await send(alice, 'PUT /users/9999999999999999/block')).status, 422);
    await send(bob, `PUT /users/${alice}/block`);
    const blocked = await send(alice, `PUT /users/${bob}/follow`);
    assert.equal(blocked.status, 403);
    assert.doesNotMatch(blocked.body.detail, /block/i);
    assert.equal((await send(alice, `GET /users/${bob}/followers?limit=100`)).status, 404);
    assert.equal((await send(alice, 'GET /mutes?limit=101')).status, 422);
    assert.equal((await send(alice, 'GET /blocks?page_token=nonsense')).status, 422);
  });

  it('ask for a signed-in caller where something is theirs', async () => {
    const alice = setting.addUser();
    const calls = [
      `PUT /users/${alice}/follow`,
      `DELETE /users/${alice}/follower`,
      `POST /follow_requests/${alice}/accept`,
      'GET /follow_requests',
      'GET /mutes',
      'GET /blocks',
    ] as const;
    for (const call of calls) assert.equal((await send(undefined, call)).status, 401, call);
  });
});

/** The tokens are the ids of the people. */
async function openApp(setting: RelationshipsSetting): Promise<App> {
  const app = await createServer(
    serverOptions({
      authenticate: (token) => ({ userId: Number(token), sessionId: 1, role: 'user', tier: 'standard' }),
    }),
  );
  for (const schema of [...USER_SCHEMAS, ...RELATIONSHIP_SCHEMAS]) app.addSchema(schema);
  relationshipRoutes(app, { ...setting, writes: createWrites(setting.sql) });
  await app.ready();
  return app;
}
