/**
 * People who stay while the program under them grows and shrinks. In every round they do some of everything, and count what
 * must come of it; whatever they have ever done is then looked for.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { createPictureClient, noise } from '../support/picture-client.ts';
import { until } from '../support/until.ts';

export interface GrowingPeople {
  /** More of everything, beside what there is. */
  goOn(): Promise<void>;
  /** Everything that was ever done is there, once. Waits for what follows from events. */
  check(): Promise<void>;
  /** In words. */
  readonly done: () => string;
}

interface Link {
  readonly linkId: string;
  readonly code: string;
  clicks: number;
}

const POSTS = 5;
const CLICKS = 20;
const SETTLE_MS = 90_000;
const PAGE_ITEMS = 50;

export async function createGrowingPeople(test: TestContext, url: () => string): Promise<GrowingPeople> {
  const client = createJourneyClient(url);
  const pictures = createPictureClient(url);
  const alice = await client.signUp('alice');
  const bob = await client.signUp('bob');
  await bob.put(`/users/${alice.userId}/follow`);
  const followers: Person[] = [bob];
  const posts: string[] = [];
  const links: Link[] = [];
  const media: { readonly mediaId: string; readonly postId: string }[] = [];
  let rounds = 0;

  async function goOn(): Promise<void> {
    rounds += 1;
    const carol = await client.signUp('carol');
    await carol.put(`/users/${alice.userId}/follow`);
    followers.push(carol);
    for (let n = 0; n < POSTS; n += 1) await post({ text: `Round ${rounds}, ${n} #growing` });
    await addPhoto();
    const link = await alice.post('/links', { body: { url: `https://example.org/${rounds}` } });
    links.push({ linkId: link.link_id, code: link.code, clicks: 0 });
    for (const each of links) await click(each);
  }

  async function post(body: object): Promise<string> {
    const { post_id: postId } = await alice.post('/posts', { body });
    posts.push(postId);
    await bob.put(`/posts/${postId}/like`);
    return postId;
  }

  async function addPhoto(): Promise<void> {
    const uploaded = await pictures.upload(alice, await noise(320, 240));
    assert.equal(uploaded.status, 201, JSON.stringify(uploaded.body));
    const { media_id: mediaId } = uploaded.body;
    assert.equal((await pictures.processed(alice, mediaId)).state, 'ready');
    media.push({ mediaId, postId: await post({ text: `A photo of round ${rounds}`, media_ids: [mediaId] }) });
  }

  async function click(link: Link): Promise<void> {
    for (let n = 0; n < CLICKS; n += 1) {
      const answer = await fetch(`${url()}/l/${link.code}`, { redirect: 'manual' });
      assert.equal(answer.status, 302);
      link.clicks += 1;
    }
  }

  async function check(): Promise<void> {
    const newestFirst = posts.toReversed();
    for (const follower of followers) await settles(() => walk(follower, '/feed'), newestFirst, 'a timeline');
    assert.deepEqual(await walk(undefined, `/users/${alice.userId}/posts`), newestFirst);
    const profile = await bob.get(`/users/${alice.userId}`);
    assert.deepEqual([profile.post_count, profile.follower_count], [posts.length, followers.length]);
    for (const postId of posts) {
      const { like_count: likes, liked } = await bob.get(`/posts/${postId}`);
      assert.deepEqual([likes, liked], [1, true], 'a like');
    }
    await checkPhotos();
    for (const { linkId, clicks } of links) await settles(() => clicksOf(linkId), clicks, 'clicks');
    const notices = { like: posts.length, follow: followers.length };
    await settles(notified, notices, 'notifications');
    await settles(found, posts.length - media.length, 'posts of a tag');
  }

  /** What is done twice is seen here, or at the next stage. */
  async function settles<Value>(read: () => Promise<Value>, expected: Value, what: string): Promise<void> {
    let seen: Value | undefined;
    const isThere = async (): Promise<boolean> => {
      seen = await read();
      return JSON.stringify(seen) === JSON.stringify(expected);
    };
    await until(isThere, SETTLE_MS).catch(() => assert.deepEqual(seen, expected, what));
  }

  async function checkPhotos(): Promise<void> {
    for (const { mediaId, postId } of media) {
      const { variants } = await alice.get(`/media/${mediaId}`);
      for (const { url: where } of variants) {
        assert.equal((await fetch(new URL(where, url()))).status, 200, where);
      }
      const { media: shown } = await bob.get(`/posts/${postId}`);
      assert.deepEqual(
        shown.map((each: Json) => each.media_id),
        [mediaId],
      );
    }
  }

  async function clicksOf(linkId: string): Promise<number> {
    const { humans, bots, previews } = (await alice.get(`/links/${linkId}/stats`)).total;
    return humans + bots + previews;
  }

  /** How many have done what, in groups. */
  async function notified(): Promise<{ readonly like: number; readonly follow: number }> {
    const counts = { like: 0, follow: 0 };
    await eachPage(alice, '/notifications', ({ items }) => {
      for (const { kind, group_count: count } of items) counts[kind as 'like' | 'follow'] += count;
    });
    return counts;
  }

  async function found(): Promise<number> {
    return (await walk(bob, '/tags/growing/posts')).length;
  }

  async function walk(person: Person | undefined, path: string): Promise<string[]> {
    const ids: string[] = [];
    await eachPage(person, path, ({ items }) => ids.push(...items.map((each: Json) => each.post_id)));
    return ids;
  }

  async function eachPage(person: Person | undefined, path: string, take: (page: Json) => void) {
    for (let token: string | null = ''; token !== null; ) {
      const where: string = `${path}?limit=${PAGE_ITEMS}${token === '' ? '' : `&page_token=${token}`}`;
      const { status, body } = await (person ?? client).call('GET', where);
      assert.equal(status, 200, JSON.stringify(body));
      take(body);
      token = body.next_page_token;
    }
  }

  test.diagnostic(`${alice.username} and ${bob.username} begin`);
  return {
    ...{ goOn, check },
    done: () => {
      const clicks = links.reduce((sum, link) => sum + link.clicks, 0);
      return `${posts.length} posts, ${media.length} photos, ${clicks} clicks on ${links.length} links, ${followers.length} followers`;
    },
  };
}
