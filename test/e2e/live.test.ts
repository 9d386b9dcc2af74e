/** Live updates as clients meet them: two servers on one database, WebSockets and event streams. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import {
  createJourneyClient,
  type JourneyClient,
  type Json,
  type Person,
} from '../support/journey-client.ts';
import {
  type LiveClient,
  LiveRefusal,
  openEventStream,
  openWebSocket,
  type ToldEvent,
  TRANSPORTS,
} from '../support/live-client.ts';
import { describeOnPostgres, type EngineDatabase } from '../support/postgres-engines.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const UNLIMITED = { GROUNDSWELL_RATE_LIMITS: 'off' };

describeOnPostgres('live updates', (engine) => {
  let database: EngineDatabase;
  let homes: ServerHome[];
  let servers: ServerProcess[];
  let client: JourneyClient;

  const start = (number: number): Promise<ServerProcess> => {
    const home = homes[number];
    assert(home !== undefined);
    return home.start({ ...UNLIMITED, GROUNDSWELL_DATABASE_URL: database.url });
  };
  const urlOf = (number: number): string => servers[number]?.url ?? '';

  before(async () => {
    database = await engine.createDatabase();
    homes = [await createServerHome(), await createServerHome()];
    servers = [await start(0), await start(1)];
    client = createJourneyClient(() => urlOf(0));
  });
  after(async () => {
    for (const server of servers ?? []) await server.stop();
    for (const home of homes ?? []) await home.close();
    await database?.drop();
  });

  const texts = (told: LiveClient): string[] =>
    told.events.filter(({ event }) => event === 'post').map(({ data }) => data.post.text);
  const post = async (author: Person, text: string, fields: object = {}): Promise<Json> =>
    author.post('/posts', { body: { text, ...fields } });

  async function friends(count = 2): Promise<Person[]> {
    const [first, ...others] = await Promise.all(
      ['alice', 'bob', 'carol'].slice(0, count).map((name) => client.signUp(name)),
    );
    assert(first !== undefined);
    for (const other of others) await other.put(`/users/${first.userId}/follow`);
    return [first, ...others];
  }

  for (const [transport, open] of TRANSPORTS) {
    it(`${transport} tells at one server what is done at the other, as the API would answer it`, async () => {
      const [alice, bob] = (await friends()) as [Person, Person];
      const told = await open({ url: urlOf(1), token: bob.token });
      const own = await open({ url: urlOf(1), token: alice.token });
      await Promise.all([told.next('ready'), own.next('ready')]);
      const written = await post(alice, 'Hello, #world');
      const { data } = await told.next('post');
      assert.deepEqual(data.post, await bob.get(`/posts/${written.post_id}`));
      assert.deepEqual([data.entry_id, data.reposted_by], [written.post_id, null]);
      assert.equal((await own.next('post')).data.entry_id, written.post_id, 'other devices of the author');

      await bob.put(`/posts/${written.post_id}/like`);
      await alice.call('PATCH', `/posts/${written.post_id}`, { body: { text: 'Hello, all' } });
      const edited = (await told.next('post_edited')).data.post;
      assert.deepEqual(edited, await bob.get(`/posts/${written.post_id}`), 'with the flags of the reader');
      assert.equal(edited.liked, true);
      assert.equal((await own.next('post_edited')).data.post.liked, false);

      await bob.put(`/posts/${written.post_id}/repost`);
      const repost = (await told.next('post')).data;
      assert.equal(repost.reposted_by.user_id, bob.userId);
      assert.equal(repost.post.post_id, written.post_id);
      await bob.call('DELETE', `/posts/${written.post_id}/repost`);
      assert.equal((await told.next('unreposted')).data.entry_id, repost.entry_id);
      await alice.call('DELETE', `/posts/${written.post_id}`);
      assert.deepEqual((await told.next('post_deleted')).data, { post_id: written.post_id });
      told.cut();
      own.cut();
    });

    it(`${transport} resumes at another server, and doubles and lacks nothing`, async () => {
      const [alice, bob] = (await friends()) as [Person, Person];
      const first = await open({ url: urlOf(1), token: bob.token });
      await first.next('ready');
      await post(alice, 'one');
      await first.next('post');
      first.cut();
      await post(alice, 'two');
      const gone = await post(alice, 'gone');
      await alice.call('DELETE', `/posts/${gone.post_id}`);
      await bob.put(`/users/${alice.userId}/mute`);
      await bob.call('DELETE', `/users/${alice.userId}/mute`);
      await post(alice, 'three');
      const second = await open({ url: urlOf(0), token: bob.token, since: first.lastId() });
      assert.deepEqual((await second.next('ready')).data, { user_id: bob.userId, resumed: true });
      await post(alice, 'four');
      await until(() => texts(second).includes('four'));
      assert.deepEqual(texts(second), ['two', 'three', 'four']);
      assert.equal(second.count('post_deleted'), 1);
      assert.equal(second.count('gap'), 0);
      second.cut();
    });

    it(`${transport} ends with its session, wherever that is signed out`, async () => {
      const [, bob] = (await friends()) as [Person, Person];
      const told = await open({ url: urlOf(1), token: bob.token });
      await told.next('ready');
      await bob.call('DELETE', '/sessions/current');
      await until(() => told.isClosed());
      assert.deepEqual(told.events.at(-1), {
        event: 'end',
        id: undefined,
        data: { reason: 'session_ended' },
      });
    });

    it(`${transport} tells nothing of whom a block parts from the reader, from then on`, async () => {
      const [alice, bob, carol] = (await friends(3)) as [Person, Person, Person];
      const told = await open({ url: urlOf(1), token: bob.token });
      const other = await open({ url: urlOf(1), token: carol.token });
      await Promise.all([told.next('ready'), other.next('ready')]);
      await post(alice, 'before');
      await told.next('post');
      await alice.put(`/users/${bob.userId}/block`);
      await post(alice, 'after');
      await until(() => texts(other).includes('after'));
      assert.deepEqual(texts(told), ['before']);
      // The server may have heard of the follow, too, only after the reader came.
      await until(() =>
        told.events.some(({ event, data }) => event === 'relationship' && data.change === 'unfollowed'),
      );
      told.cut();
      other.cut();
    });

    it(`${transport} tells of direct posts and those for followers whom they are for, and nobody else`, async () => {
      const [alice, bob] = (await friends()) as [Person, Person];
      const stranger = await client.signUp('mallory');
      const tolds = await Promise.all(
        [bob, stranger].map((person) => open({ url: urlOf(1), token: person.token })),
      );
      await Promise.all(tolds.map((told) => told.next('ready')));
      const [follower, mentioned] = tolds as [LiveClient, LiveClient];
      await post(alice, 'for followers', { visibility: 'followers' });
      const direct = await post(alice, `for you @${stranger.username}`, { visibility: 'direct' });
      await post(alice, 'for all');
      await until(() => follower.count('post') === 2 && mentioned.count('post') === 1);
      assert.deepEqual(texts(follower), ['for followers', 'for all']);
      assert.deepEqual(texts(mentioned), [`for you @${stranger.username}`]);
      await alice.call('DELETE', `/posts/${direct.post_id}`);
      assert.equal((await mentioned.next('post_deleted')).data.post_id, direct.post_id);
      assert.equal(follower.count('post_deleted'), 0);
      for (const told of tolds) told.cut();
    });

    it(`${transport} says how watched posts stand, and no more than once a second`, async () => {
      const [alice, bob] = (await friends()) as [Person, Person];
      const { post_id: postId } = await post(alice, 'like me');
      const hidden = await post(alice, 'not for you', { visibility: 'direct' });
      const told = await open({ url: urlOf(1), token: bob.token, watch: [postId, hidden.post_id] });
      const { data } = await told.next('watching');
      assert.deepEqual(data.missing_post_ids, [hidden.post_id]);
      assert.equal(data.posts[0].like_count, 0);
      for (const person of await Promise.all(['dave', 'erin', 'frank'].map((name) => client.signUp(name)))) {
        await person.put(`/posts/${postId}/like`);
      }
      await until(() =>
        told.events.some(({ event, data: counts }) => event === 'counts' && counts.like_count === 3),
      );
      assert(told.count('counts') <= 2, `${told.count('counts')} times`);
      told.cut();
    });
  }

  it('an API key that may hear of things does, until it is revoked', async () => {
    const [alice, bob] = (await friends()) as [Person, Person];
    const make = (scopes: readonly string[]) => bob.post('/api_keys', { body: { name: 'listener', scopes } });
    const key = await make(['live:read']);
    const told = await openEventStream({ url: urlOf(1), token: key.key });
    await told.next('ready');
    await post(alice, 'for a program');
    await told.next('post');
    await bob.call('DELETE', `/api_keys/${key.api_key_id}`);
    await until(() => told.isClosed());
    const other = await make(['posts:read']);
    await assert.rejects(
      openEventStream({ url: urlOf(1), token: other.key }),
      (error) => error instanceof LiveRefusal && error.status === 403,
    );
  });

  it('notifications are told, with who is behind them, and what was read elsewhere', async () => {
    const [alice, bob] = (await friends()) as [Person, Person];
    const { post_id: postId } = await post(alice, 'like me');
    const told = await openWebSocket({ url: urlOf(1), token: alice.token });
    await told.next('ready');
    await bob.put(`/posts/${postId}/like`);
    const isLike = ({ event, data }: ToldEvent): boolean => event === 'notification' && data.kind === 'like';
    await until(() => told.events.some(isLike));
    const { data } = told.events.find(isLike) as ToldEvent;
    assert.deepEqual([data.kind, data.post_id, data.actor.user_id], ['like', postId, bob.userId]);
    const { items } = await alice.get('/notifications');
    // That of the follow may come after it.
    const liked = items.find(({ kind }: Json) => kind === 'like');
    assert.equal(liked.notification_id, data.notification_id);
    await alice.post('/notifications/read', { body: { up_to_id: data.notification_id } });
    assert.equal((await told.next('unread')).data.read_up_to, data.notification_id);
    told.cut();
  });

  it('a suspended user is told so and cut off', async () => {
    const [, bob] = (await friends()) as [Person, Person];
    const told = await openWebSocket({ url: urlOf(1), token: bob.token });
    await told.next('ready');
    await bob.call('DELETE', '/users/me', { body: { password: bob.password } });
    await until(() => told.isClosed());
    assert(['account_closed', 'session_ended'].includes(told.events.at(-1)?.data.reason));
  });

  it('tokens are taken from the header, the subprotocol and the cookie, and that only from pages of ours', async () => {
    const [, bob] = (await friends()) as [Person, Person];
    const url = urlOf(0);
    const cookie = `groundswell_session=${bob.token}`;
    for (const options of [
      { headers: { authorization: `Bearer ${bob.token}` } },
      { token: bob.token },
      { headers: { cookie, origin: url } },
    ]) {
      const told = await openWebSocket({ url, ...options });
      await told.next('ready');
      told.cut();
    }
    const withCookie = await openEventStream({ url, headers: { cookie } });
    await withCookie.next('ready');
    withCookie.cut();
    const refused = async (headers: Record<string, string>, status: number) => {
      const error = await openWebSocket({ url, headers }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert(error instanceof LiveRefusal);
      assert.equal(error.status, status);
      assert.equal(error.problem.status, status);
    };
    await refused({ cookie, origin: 'https://evil.example' }, 403);
    await refused({ cookie }, 403);
    await refused({}, 401);
    await refused({ authorization: 'Bearer nonsense' }, 401);
    await assert.rejects(
      openEventStream({ url }),
      (error) => error instanceof LiveRefusal && error.status === 401,
    );
    await assert.rejects(
      openEventStream({ url, token: bob.token, headers: { accept: 'application/json' } }),
      (error) => error instanceof LiveRefusal && error.status === 422,
    );
  });

  it('what is no cursor, or of a place that the log has not reached, is answered with a gap', async () => {
    const [alice, bob] = (await friends()) as [Person, Person];
    for (const since of ['nonsense', 'AQ', `AQ${'f'.repeat(200)}`]) {
      const told = await openWebSocket({ url: urlOf(0), token: bob.token, since });
      assert.deepEqual((await told.next('gap')).data, { reason: 'unknown_id' });
      assert.equal((await told.next('ready')).data.resumed, false);
      await post(alice, since.slice(0, 10));
      await told.next('post');
      told.cut();
    }
  });

  it('hostile clients are told what is wrong, then closed, and cost nobody else anything', async () => {
    const [alice, bob, carol] = (await friends(3)) as [Person, Person, Person];
    const watching = await openWebSocket({ url: urlOf(0), token: carol.token });
    const open = async (): Promise<LiveClient> => {
      const told = await openWebSocket({ url: urlOf(0), token: bob.token });
      await told.next('ready');
      return told;
    };
    const rude = await open();
    for (const message of ['{', '[]', '{"type":"watch"}', '{"type":"watch","post_ids":["1"]}', 'null']) {
      rude.send(message);
      assert.equal((await rude.next('error')).data.code, 'invalid');
    }
    await until(() => rude.isClosed());
    assert.equal(rude.closeCode(), 4400);
    const huge = await open();
    huge.send('x'.repeat(5_000));
    await until(() => huge.isClosed());
    assert.equal(huge.closeCode(), 1009);
    const busy = await open();
    for (let sent = 0; sent < 30; sent += 1) busy.send({ type: 'watch', post_ids: [] });
    await until(() => busy.isClosed());
    assert.equal(busy.closeCode(), 4400);
    assert(busy.events.some(({ data }) => data.code === 'rate_limited'));
    await sendRaw(urlOf(0), bob.token, Buffer.from([0x83, 0x80, 0, 0, 0, 0, 0xff, 0xff, 0xff]));
    await post(alice, 'still here');
    await watching.next('post');
    watching.cut();
  });

  it('with one connection too many of a user, the oldest ends', async () => {
    const [, bob] = (await friends()) as [Person, Person];
    const tolds: LiveClient[] = [];
    for (let count = 0; count < 11; count += 1) {
      tolds.push(await openWebSocket({ url: urlOf(0), token: bob.token }));
      await tolds[count]?.next('ready');
    }
    const [oldest, ...others] = tolds as [LiveClient, ...LiveClient[]];
    await until(() => oldest.isClosed());
    assert.equal(oldest.closeCode(), 4009);
    assert(others.every((told) => !told.isClosed()));
    for (const told of others) told.cut();
  });

  it('who waits to be let in cannot fill the memory with messages meanwhile', async () => {
    const [alice] = (await friends(1)) as [Person];
    // The id of an event that no server has heard of: they wait for it some seconds.
    const ahead = Buffer.alloc(25, 0x7f);
    ahead[0] = 1;
    const { hostname, port } = new URL(urlOf(0));
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `GET ${API}/live?since=${ahead.toString('base64url')} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${alice.token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    await once(socket, 'data');
    const message = Buffer.concat([Buffer.from([0x81, 0xfe, 0x0f, 0xf0]), Buffer.alloc(4 + 4_080, 65)]);
    socket.write(Buffer.concat(Array.from({ length: 16_000 }, () => message)));
    await systemClock.sleep(2_500);
    assert.ok(socket.writableLength > 0);
    socket.destroy();
  });

  it('requests that only offer another protocol are answered as if they did not', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(urlOf(0));
      const socket = connect(Number(port), hostname);
      let received = '';
      const body = '{"username":"nobody","password":"none"}';
      socket.on('data', (part) => {
        received += String(part);
        if (received.includes('"code"')) socket.destroy();
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
      socket.write(
        `POST ${API}/sessions HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
      );
      setTimeout(() => socket.write(body.slice(10)), 50);
    });
    assert.match(text, /^HTTP\/1\.1 401 /);
  });

  it('a server that stops asks its clients to come back, and does not wait for them; nothing is lost', async () => {
    const [alice, bob, carol] = (await friends(3)) as [Person, Person, Person];
    const tolds = await Promise.all([
      openWebSocket({ url: urlOf(1), token: bob.token }),
      openEventStream({ url: urlOf(1), token: carol.token }),
    ]);
    for (const told of tolds) await told.next('ready');
    await post(alice, 'before');
    for (const told of tolds) await told.next('post');
    const stopping = servers[1]?.stop();
    for (const told of tolds) {
      const { data } = await told.next('reconnect');
      assert(data.after_ms >= 0 && data.after_ms <= 10_000);
      await until(() => told.isClosed());
    }
    assert.equal(tolds[0]?.closeCode(), 1012);
    await post(alice, 'meanwhile');
    const again = await openWebSocket({ url: urlOf(0), token: bob.token, since: tolds[0]?.lastId() });
    await again.next('post');
    assert.deepEqual(texts(again), ['meanwhile']);
    assert.equal(await stopping, 0);
    again.cut();
    // The one that starts again knows nothing but the log.
    servers[1] = await start(1);
    const later = await openEventStream({ url: urlOf(1), token: carol.token, since: tolds[1]?.lastId() });
    await later.next('post');
    assert.deepEqual(texts(later), ['meanwhile']);
    later.cut();
  });

  it('clients of a server that is killed resume at the other', async () => {
    const [alice, bob] = (await friends()) as [Person, Person];
    const told = await openWebSocket({ url: urlOf(1), token: bob.token });
    await told.next('ready');
    await post(alice, 'one');
    await told.next('post');
    await servers[1]?.kill();
    await until(() => told.isClosed());
    await post(alice, 'two');
    const again = await openWebSocket({ url: urlOf(0), token: bob.token, since: told.lastId() });
    await again.next('post');
    assert.deepEqual(texts(again), ['two']);
    again.cut();
    servers[1] = await start(1);
  });

  it('a client that reads nothing is cut off, and the others wait for nothing', async () => {
    const [alice, bob, carol] = (await friends(3)) as [Person, Person, Person];
    const slow = await openWebSocket({ url: urlOf(0), token: bob.token });
    const fast = await openWebSocket({ url: urlOf(0), token: carol.token });
    await Promise.all([slow.next('ready'), fast.next('ready')]);
    slow.stall();
    const text = 'é'.repeat(280);
    let written = 0;
    const endedSlow = async (): Promise<boolean> => {
      const metrics = await (await fetch(`${urlOf(0)}/metrics`)).text();
      return metrics.includes('live_ended_total{reason="slow"} 1');
    };
    // What the system takes between the two is some megabytes.
    while (!(await endedSlow())) {
      await Promise.all(Array.from({ length: 200 }, () => post(alice, text)));
      written += 200;
      assert(written < 40_000, 'it is never cut off');
    }
    await until(() => fast.count('post') === written);
    fast.cut();
    slow.cut();
  });
});

/** Upgrades, and sends the bytes; resolves when the server has ended the connection. */
function sendRaw(url: string, token: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('data', () => undefined);
    socket.on('close', () => resolve());
    socket.on('error', reject);
    socket.write(
      `GET ${API}/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    setTimeout(() => socket.write(bytes), 100);
  });
}
