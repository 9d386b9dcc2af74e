/**
 * What people do on a server before it is kept as a release's backup: the same every time, some of everything that
 * the API offers. Whatever a release adds is added here, so that the backup of that release has it.
 */
import { textAt } from '../../src/client/api-client.ts';
import { assert } from '../../src/core/errors.ts';

export interface Person {
  readonly username: string;
  readonly password: string;
  readonly userId: string;
  readonly token: string;
}

/** A question that the API answers; `as` is a username, absent for somebody who is not signed in. */
export interface Question {
  readonly as?: string;
  readonly path: string;
}

/** One call of the API that succeeds; answers the body. */
export type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options?: { readonly token?: string; readonly body?: object; readonly idempotencyKey?: string },
) => Promise<unknown>;

export interface Outcome {
  readonly people: readonly Person[];
  readonly questions: readonly Question[];
}

/** dave keeps to himself, so that what he leaves behind changes no answer about the others. */
const USERNAMES = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;
type Username = (typeof USERNAMES)[number];

/** Answers what can be asked about it. */
export async function actOut(call: Call): Promise<Outcome> {
  const people = await signUpAll(call);
  await befriend(call, people);
  const posts = await writePosts(call, people);
  await react(call, people, posts);
  return { people: Object.values(people), questions: questionsAbout(people, posts) };
}

/** For the workers of the next release: events that nobody has handled when the backup is taken. */
export async function leaveWork(call: Call, people: readonly Person[]): Promise<Question> {
  const dave = people.find(({ username }) => username === 'dave');
  assert(dave, 'dave takes part');
  const post = textAt(
    await call('POST', '/posts', { token: dave.token, body: { text: 'Goodbye' } }),
    'post_id',
  );
  await call('DELETE', '/users/me', { token: dave.token, body: { password: dave.password } });
  return { as: 'alice', path: `/posts/${post}` };
}

async function signUpAll(call: Call): Promise<Record<Username, Person>> {
  const people: Person[] = [];
  for (const username of USERNAMES) {
    const password = `${username} has a long password`;
    const body = { username, password, display_name: `${username} 🌊`, email: `${username}@example.org` };
    const answer = await call('POST', '/users', { body });
    const [userId, token] = [textAt(answer, 'user', 'user_id'), textAt(answer, 'access_token')];
    people.push({ username, password, userId, token });
  }
  const [alice, bob, carol, dave, erin] = people;
  assert(alice && bob && carol && dave && erin, 'each has signed up');
  await call('PATCH', '/users/me', {
    token: alice.token,
    body: { bio: 'Writes\ttabs and\nlines, \\N and 漢字.' },
  });
  await call('PATCH', '/users/me', { token: carol.token, body: { locked: true } });
  return { alice, bob, carol, dave, erin };
}

async function befriend(call: Call, { alice, bob, carol, erin }: Record<Username, Person>): Promise<void> {
  const follow = (who: Person, whom: Person) => call('PUT', `/users/${whom.userId}/follow`, who);
  await follow(bob, alice);
  await follow(alice, bob);
  await follow(carol, alice);
  await follow(erin, alice);
  await follow(alice, carol);
  await call('POST', `/follow_requests/${alice.userId}/accept`, carol);
  await follow(bob, carol);
  await call('PUT', `/users/${erin.userId}/mute`, bob);
  await call('PUT', `/users/${erin.userId}/block`, carol);
}

type Posts = Readonly<Record<'edited' | 'answered' | 'answer' | 'narrow' | 'direct' | 'deleted', string>>;

async function writePosts(call: Call, { alice, bob, carol }: Record<Username, Person>): Promise<Posts> {
  const post = async (who: Person, body: object, idempotencyKey?: string): Promise<string> => {
    const options = { token: who.token, body, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
    return textAt(await call('POST', '/posts', options), 'post_id');
  };
  const edited = await post(alice, { text: 'First words', language: 'en' });
  await call('PATCH', `/posts/${edited}`, { token: alice.token, body: { text: 'Better words #upgrade' } });
  const answered = await post(
    bob,
    { text: 'Who is there? @alice #Upgrade', content_warning: 'a question' },
    'key-1',
  );
  const answer = await post(alice, { text: 'I am.', reply_to_id: answered });
  const narrow = await post(carol, { text: 'Only for those who follow me', visibility: 'followers' });
  const direct = await post(bob, { text: 'A secret for @alice', visibility: 'direct' });
  const deleted = await post(bob, { text: 'Never said' });
  await call('PUT', `/posts/${deleted}/like`, alice);
  await call('DELETE', `/posts/${deleted}`, bob);
  return { edited, answered, answer, narrow, direct, deleted };
}

async function react(
  call: Call,
  { alice, bob, carol, erin }: Record<Username, Person>,
  posts: Posts,
): Promise<void> {
  for (const who of [bob, carol, erin]) await call('PUT', `/posts/${posts.edited}/like`, who);
  await call('DELETE', `/posts/${posts.edited}/like`, carol);
  await call('PUT', `/posts/${posts.answered}/repost`, alice);
  await call('PUT', `/posts/${posts.answered}/bookmark`, alice);
  const body = { user_id: erin.userId, reason: 'spam', comment: 'The same words again and again.' };
  await call('POST', '/reports', { token: bob.token, body });
}

function questionsAbout({ alice, bob, carol }: Record<Username, Person>, posts: Posts): Question[] {
  const everyone = Object.values(posts).flatMap((post) => [
    { path: `/posts/${post}` },
    { as: 'alice', path: `/posts/${post}` },
    { as: 'bob', path: `/posts/${post}` },
  ]);
  const profiles = [alice, bob, carol].flatMap(({ userId }) => [
    { as: 'alice', path: `/users/${userId}` },
    { as: 'alice', path: `/users/${userId}/posts` },
    { path: `/users/${userId}/posts` },
  ]);
  const own = ['/users/me', '/feed', '/bookmarks', '/mutes', '/blocks', '/follow_requests'].flatMap((path) =>
    ['alice', 'bob', 'carol'].map((as) => ({ as, path })),
  );
  return [
    ...everyone,
    ...profiles,
    ...own,
    { as: 'alice', path: `/posts/${posts.edited}/edits` },
    { as: 'bob', path: `/posts/${posts.answered}/thread` },
    { as: 'alice', path: `/posts/${posts.answered}/reposts` },
    { as: 'bob', path: `/users/${bob.userId}/followers` },
    { path: '/tags/upgrade/posts' },
    { as: 'alice', path: '/moderation/reports' },
    { as: 'alice', path: '/moderation/audit' },
  ];
}
