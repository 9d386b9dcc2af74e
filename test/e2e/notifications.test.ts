/** What people are told of each other, on a real server with its worker. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createJourneyClient, type Json, PASSWORD, type Person } from '../support/journey-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

describe('notifications', () => {
  let home: ServerHome;
  let server: ServerProcess;
  const { signUp } = createJourneyClient(() => server.url);
  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
  });
  after(() => home.close());

  const list = async (person: Person): Promise<Json[]> => (await person.get('/notifications')).items;
  const kinds = async (person: Person) => (await list(person)).map(({ kind }) => kind).sort();
  const untilKinds = async (person: Person, ...expected: readonly string[]) => {
    let found: string[] = [];
    await until(async () => {
      found = await kinds(person);
      return JSON.stringify(found) === JSON.stringify(expected);
    }).catch(() => assert.deepEqual(found, expected));
  };
  const remove = async (person: Person, path: string) => {
    assert.ok((await person.call('DELETE', path)).status < 300, path);
  };

  it('tell bob what alice does, and take it back when she does', async () => {
    const [alice, bob] = [await signUp('alice'), await signUp('bob')];
    const post = await bob.post('/posts', { body: { text: 'Hello' } });
    await alice.put(`/users/${bob.userId}/follow`);
    await alice.put(`/posts/${post.post_id}/like`);
    await alice.put(`/posts/${post.post_id}/repost`);
    const reply = await alice.post('/posts', {
      body: { text: `@${bob.username} hi`, reply_to_id: post.post_id },
    });
    const mention = await alice.post('/posts', { body: { text: `Ask @${bob.username}` } });
    await untilKinds(bob, 'follow', 'like', 'mention', 'reply', 'repost');
    assert.deepEqual(await list(alice), []);
    assert.deepEqual(await bob.get('/notifications/unread_count'), { unread_count: 5, more: false });

    const items = await list(bob);
    const like = items.find(({ kind }) => kind === 'like');
    assert.deepEqual(like.post, await bob.get(`/posts/${post.post_id}`));
    assert.deepEqual([like.group_count, like.actors[0].username, like.read], [1, alice.username, false]);
    assert.equal(items.find(({ kind }) => kind === 'reply').post.post_id, reply.post_id);
    await bob.post('/notifications/read', { body: {} });
    assert.equal((await bob.get('/notifications/unread_count')).unread_count, 0);

    await remove(alice, `/posts/${post.post_id}/like`);
    await remove(alice, `/posts/${post.post_id}/repost`);
    await remove(alice, `/users/${bob.userId}/follow`);
    await untilKinds(bob, 'mention', 'reply');
    await alice.call('PATCH', `/posts/${mention.post_id}`, { body: { text: 'Ask somebody' } });
    await remove(alice, `/posts/${reply.post_id}`);
    await untilKinds(bob);
  });

  it('leave out whom one mutes or blocks at once, and are not made of them', async () => {
    const [alice, bob, carol] = [await signUp('alice'), await signUp('bob'), await signUp('carol')];
    const post = await bob.post('/posts', { body: { text: 'Hello' } });
    await alice.put(`/posts/${post.post_id}/like`);
    await carol.put(`/posts/${post.post_id}/like`);
    await until(async () => (await list(bob))[0]?.group_count === 2);
    await bob.put(`/users/${alice.userId}/mute`);
    const [item] = await list(bob);
    assert.deepEqual(
      [item.group_count, item.actors.map(({ username }: Json) => username)],
      [1, [carol.username]],
    );
    await carol.put(`/users/${bob.userId}/block`);
    assert.deepEqual(await list(bob), []);
    assert.equal((await bob.get('/notifications/unread_count')).unread_count, 0);

    await alice.post('/posts', { body: { text: `@${bob.username}, are you there?` } });
    await signUp('dave').then((dave) => dave.put(`/users/${bob.userId}/follow`));
    await untilKinds(bob, 'follow');
    await bob.call('DELETE', `/users/${alice.userId}/mute`);
    await untilKinds(bob, 'follow', 'like');
  });

  it('ask a locked account, whatever becomes of the request', async () => {
    const [alice, bob, carol] = [await signUp('alice'), await signUp('bob'), await signUp('carol')];
    await bob.call('PATCH', '/users/me', { body: { locked: true } });
    await alice.put(`/users/${bob.userId}/follow`);
    await carol.put(`/users/${bob.userId}/follow`);
    await untilKinds(bob, 'follow_request', 'follow_request');
    await bob.post(`/follow_requests/${alice.userId}/accept`);
    await bob.post(`/follow_requests/${carol.userId}/reject`);
    await untilKinds(bob, 'follow');
  });

  it('go with the account, of who did it and of who was told', async () => {
    const [alice, bob] = [await signUp('alice'), await signUp('bob')];
    const post = await bob.post('/posts', { body: { text: 'Hello' } });
    await alice.put(`/posts/${post.post_id}/like`);
    await alice.put(`/users/${bob.userId}/follow`);
    await untilKinds(bob, 'follow', 'like');
    const answer = await alice.call('DELETE', '/users/me', { body: { password: PASSWORD } });
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
    assert.deepEqual(await list(bob), []);
  });
});
