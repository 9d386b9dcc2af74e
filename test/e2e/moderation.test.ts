/** A reported post on the whole product: for followers, seen and deleted by the staff through its report alone. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { runCommand } from '../support/command.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

describe('a post for followers that one of them reports', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let people: ReturnType<typeof createJourneyClient>;
  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    people = createJourneyClient(() => server.url);
  });
  after(() => home.close());

  async function promoted(person: Person, role: string): Promise<Person> {
    const { code, stderr } = await runCommand([
      'admin',
      'promote',
      person.username,
      role,
      '--data',
      home.dataFolder,
    ]);
    assert.equal(code, 0, stderr);
    await until(async () => (await person.call('GET', '/moderation/reports')).status === 200);
    return person;
  }

  it('is read and deleted by the staff, and by nobody else, and the log has it', async () => {
    const [author, follower, stranger] = [
      await people.signUp('author'),
      await people.signUp('follower'),
      await people.signUp('stranger'),
    ];
    const moderator = await promoted(await people.signUp('moderator'), 'moderator');
    const administrator = await promoted(await people.signUp('administrator'), 'administrator');
    await follower.put(`/users/${author.userId}/follow`);
    const { post_id: postId } = await author.post('/posts', {
      body: { text: 'Only for those who follow me', visibility: 'followers' },
    });
    // Not theirs to see, before and after.
    assert.equal((await moderator.call('GET', `/posts/${postId}`)).status, 404);
    assert.equal(
      (await stranger.call('POST', '/reports', { body: { post_id: postId, reason: 'threat' } })).status,
      404,
    );
    const { report_id: reportId } = await follower.post('/reports', {
      body: { post_id: postId, reason: 'threat' },
    });
    const path = `/moderation/reports/${reportId}`;
    for (const person of [author, follower, stranger]) {
      assert.equal((await person.call('POST', `${path}/read-post`)).status, 403);
      assert.equal((await person.call('POST', `${path}/delete-post`, { body: { reason: '' } })).status, 403);
    }
    const seen = await moderator.post(`${path}/read-post`);
    assert.deepEqual(
      [seen.post_id, seen.text, seen.visibility, seen.author.user_id],
      [postId, 'Only for those who follow me', 'followers', author.userId],
    );
    assert.equal((await moderator.call('GET', `/posts/${postId}`)).status, 404);

    const deleted = await moderator.call('POST', `${path}/delete-post`, { body: { reason: 'A threat' } });
    assert.equal(deleted.status, 204);
    for (const person of [author, follower]) {
      assert.equal((await person.call('GET', `/posts/${postId}`)).status, 404);
      const { items } = await person.get('/feed');
      assert.deepEqual(items, []);
    }
    assert.equal((await moderator.call('POST', `${path}/read-post`)).status, 404);
    const { items } = await administrator.get('/moderation/audit?limit=2');
    assert.deepEqual(
      items.map((entry: Record<string, string>) => [entry['action'], entry['actor_id'], entry['user_id']]),
      [
        ['post_deleted', moderator.userId, author.userId],
        ['post_read', moderator.userId, author.userId],
      ],
    );
  });
});
