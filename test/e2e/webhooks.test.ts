/** Webhooks of a server that is killed amid deliveries, and what the default configuration refuses. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { WEBHOOK_EVENTS } from '../../src/systems/webhooks/webhook-events.ts';
import { atEnd } from '../support/at-end.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { createServerHome } from '../support/server-process.ts';
import { type ReceivedRequest, startTargetServer } from '../support/target-server.ts';
import { until } from '../support/until.ts';

const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_OUTBOUND_PRIVATE: 'allow' };
const PEOPLE = 5;
const POSTS_EACH = 40;
/** Deliveries that have arrived when the server is killed. */
const KILL_AFTER = 60;
/** A lease of 20 s that the killed server held has to end; the rest is a busy machine. */
const WAIT_MS_MAX = 90_000;
/** So that there is always something under way. */
const ANSWER_MS = 15;

interface Hook {
  readonly person: Person;
  readonly path: string;
  readonly secret: string;
}

describe('webhooks', () => {
  it('lose no event when the server is killed amid deliveries, and say by their ids what came twice', async (test) => {
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const target = await startTargetServer({
      answer: (_request, response) => void setTimeout(() => response.end(), ANSWER_MS),
    });
    atEnd(test, () => target.close());
    const first = await home.start(SETTINGS);
    const servers = { url: first.url };
    const client = createJourneyClient(() => servers.url);
    const hooks = await Promise.all(
      Array.from({ length: PEOPLE }, async (_, n): Promise<Hook> => {
        const person = await client.signUp(`owner${n}`);
        const path = `/hook/${n}`;
        const body = { url: target.url + path, events: ['post.created'] };
        const { secret } = await person.post('/webhooks', { body });
        return { person, path, secret };
      }),
    );

    const acknowledged = new Set<string>();
    const posting = hooks.map(async ({ person }) => {
      for (let n = 0; n < POSTS_EACH; n += 1) {
        const answer = await person
          .call('POST', '/posts', { body: { text: `post ${n}` } })
          .catch(() => undefined);
        if (answer?.status === 201) acknowledged.add(answer.body.post_id);
      }
    });
    await until(() => target.received.length >= KILL_AFTER);
    await first.kill();
    await Promise.all(posting);
    const receivedBefore = target.received.length;
    assert.ok(acknowledged.size > 0);

    const second = await home.start(SETTINGS);
    servers.url = second.url;
    const delivered = () => new Set(target.received.map(({ body }) => JSON.parse(body).data.post_id));
    const restartedMs = systemClock.monotonicMs();
    await until(() => [...acknowledged].every((postId) => delivered().has(postId)), WAIT_MS_MAX);
    const tookMs = systemClock.monotonicMs() - restartedMs;

    const bodies = new Map<string, Set<string>>();
    for (const { headers, body } of target.received) {
      const id = String(headers['webhook-id']);
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
    }
    const twice = target.received.length - bodies.size;
    test.diagnostic(
      `${acknowledged.size} posts acknowledged, ${receivedBefore} deliveries before the kill, ${twice} twice; all there ${Math.round(tookMs)} ms after the restart`,
    );
    assert.equal(bodies.size, delivered().size, 'an event has one id');
    assert.ok(twice <= PEOPLE, 'no more come twice than were under way');
    assert.ok(
      [...bodies.values()].every(({ size }) => size === 1),
      'what comes twice is the same',
    );
    for (const { path, secret } of hooks) {
      const requests = target.received.filter((request) => request.path === path);
      assert.ok(requests.every((request) => isSigned(request, secret)));
    }
    const metrics = async () => (await fetch(`${second.url}/metrics`)).text();
    await until(async () => /^webhook_deliveries_waiting 0$/m.test(await metrics()));
    assert.match(await metrics(), /webhook_deliveries_total\{outcome="delivered"\} \d+/);
    assert.equal(await second.stop(), 0, second.logs());
  });

  it('are told of what happens in the account, by whatever system, and of nothing else', async (test) => {
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const target = await startTargetServer();
    atEnd(test, () => target.close());
    const server = await home.start(SETTINGS);
    const client = createJourneyClient(() => server.url);
    const alice = await client.signUp('alice');
    const bob = await client.signUp('bob');
    await alice.post('/webhooks', { body: { url: `${target.url}/ok`, events: [...WEBHOOK_EVENTS] } });
    const events = () => target.received.map(({ body }) => JSON.parse(body));
    const types = () => new Set(events().map(({ type }) => type));

    const { post_id: postId } = await alice.post('/posts', { body: { text: 'Hello' } });
    await alice.call('PATCH', `/posts/${postId}`, { body: { text: 'Hello all' } });
    await bob.post('/posts', { body: { text: 'Nothing to do with alice' } });
    await bob.put(`/users/${alice.userId}/follow`);
    // A follow that is gone before anybody was told of it is no notification.
    await until(() => types().has('notification.created'));
    await bob.call('DELETE', `/users/${alice.userId}/follow`);
    await alice.call('DELETE', `/posts/${postId}`);
    const link = await alice.post('/links', { body: { url: 'https://example.org/' } });
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    };
    await fetch(`${server.url}/l/${link.code}`, { headers, redirect: 'manual' });
    await alice.call('PATCH', `/links/${link.link_id}`, { body: { title: 'Example' } });

    // Of what takes hours there is a test below.
    const soon = WEBHOOK_EVENTS.filter((type) => !type.startsWith('link.target_'));
    await until(() => types().size >= soon.length - 1);
    await alice.call('DELETE', `/links/${link.link_id}`);
    await until(() => soon.every((type) => types().has(type)));
    assert.equal(events().length, new Set(target.received.map(({ headers }) => headers['webhook-id'])).size);
    assert.ok(events().every(({ user_id: userId }) => userId === alice.userId));
    const dataOf = (type: string) => events().find((event) => event.type === type)?.data;
    assert.equal(dataOf('post.edited').text, 'Hello all');
    assert.equal(dataOf('follow.created').follower_id, bob.userId);
    assert.equal(dataOf('notification.created').actor_id, bob.userId);
    assert.equal(dataOf('link.clicked').links[0].link_id, link.link_id);
  });

  it('lead to nothing private unless the operator allows it', async (test) => {
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const server = await home.start();
    const alice = await createJourneyClient(() => server.url).signUp('alice');
    for (const url of [server.url, 'http://127.1/', 'http://[::1]/', 'http://metadata.google.internal/']) {
      const body = { url, events: ['post.created'] };
      const { status, body: problem } = await alice.call('POST', '/webhooks', { body });
      assert.equal(status, 422, url);
      assert.match(problem.errors[0].message, /public internet/);
    }
  });
});

function isSigned({ headers, body }: ReceivedRequest, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
