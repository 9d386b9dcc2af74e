/**
 * One record a post: every place that shows it reads the same signal. A reaction shows at once; of several taps the last
 * one wins, with one request under way for each post and verb, and when it fails that field alone goes back; while the
 * server is away it waits, also for a page that is opened later.
 */
import { effect, type Signal, signal } from '@preact/signals';
import { put, remove } from '../api/http.ts';
import { toProblem } from '../api/problem.ts';
import type { Post } from '../api/types.ts';
import { dropReaction, keepReaction, type Reaction, type Verb } from './kept-reactions.ts';
import { isThere } from './server.ts';
import { showToast } from './toasts.ts';

export type { Verb };

interface Fields {
  readonly done: 'liked' | 'reposted' | 'bookmarked';
  readonly count?: 'like_count' | 'repost_count';
}

const FIELDS: Readonly<Record<Verb, Fields>> = {
  like: { done: 'liked', count: 'like_count' },
  repost: { done: 'reposted', count: 'repost_count' },
  bookmark: { done: 'bookmarked' },
};
const FAILED: Readonly<Record<Verb, string>> = {
  like: 'The like could not be saved',
  repost: 'The repost could not be saved',
  bookmark: 'The bookmark could not be saved',
};

/** What the server has said last, and what the reader wants instead. */
interface Held {
  readonly shown: Signal<Post>;
  server: Post;
  readonly wanted: Map<Verb, boolean>;
  readonly sending: Set<Verb>;
}

const posts = new Map<string, Held>();
/** Reactions that are sent once the server is back, by post and verb. */
const waiting = new Map<string, () => void>();
/** Those of an earlier page: shown as done wherever their posts are, and yet to be sent. */
const presumed = new Map<string, Reaction>();
const gone = new Map<string, Signal<boolean>>();

/** The record of a post that the server has just sent. */
export function takePost(post: Post): Signal<Post> {
  const held = posts.get(post.post_id);
  if (held === undefined) {
    const taken: Held = { shown: signal(post), server: post, wanted: wantedOf(post), sending: new Set() };
    posts.set(post.post_id, taken);
    show(taken);
    return taken.shown;
  }
  held.server = post;
  show(held);
  return held.shown;
}

export function findPost(postId: string): Signal<Post> | undefined {
  return posts.get(postId)?.shown;
}

/** Changes what is known of a post that is shown somewhere, such as its counts. */
export function updatePost(postId: string, change: Partial<Post>): void {
  const held = posts.get(postId);
  if (held === undefined) return;
  held.server = { ...held.server, ...change };
  show(held);
}

/** Whether the post was deleted while it was shown. */
export function isGone(postId: string): Signal<boolean> {
  const found = gone.get(postId) ?? signal(false);
  gone.set(postId, found);
  return found;
}

export function react(postId: string, verb: Verb, wanted: boolean): void {
  const held = posts.get(postId);
  if (held === undefined) return;
  held.wanted.set(verb, wanted);
  show(held);
  void keepReaction({ postId, verb, wanted });
  void send(postId, held, verb);
}

/** Shows a reaction of an earlier page, which `sendPresumed` sends. */
export function presume(reaction: Reaction): void {
  const { postId, verb, wanted } = reaction;
  presumed.set(`${postId} ${verb}`, reaction);
  const held = posts.get(postId);
  if (held === undefined) return;
  held.wanted.set(verb, wanted);
  show(held);
}

/** What is refused is given up: nobody sees the page any more on which it was asked for. */
export async function sendPresumed(): Promise<void> {
  for (const [key, reaction] of presumed) {
    const { postId, verb } = reaction;
    presumed.delete(key);
    const held = posts.get(postId);
    if (held !== undefined) {
      void send(postId, held, verb);
      continue;
    }
    try {
      updatePost(postId, pick(await request(reaction), FIELDS[verb]));
    } catch (error) {
      if (toProblem(error).isUncertain) return void presumed.set(key, reaction);
    }
    await dropReaction(postId, verb);
  }
}

function wantedOf({ post_id: id }: Post): Map<Verb, boolean> {
  const own = [...presumed.values()].filter(({ postId }) => postId === id);
  return new Map(own.map(({ verb, wanted }) => [verb, wanted]));
}

function request({ postId, verb, wanted }: Reaction): Promise<Partial<Post>> {
  const path = `/posts/${postId}/${verb}`;
  return wanted ? put<Partial<Post>>(path) : remove<Partial<Post>>(path);
}

async function send(postId: string, held: Held, verb: Verb): Promise<void> {
  if (held.sending.has(verb)) return;
  held.sending.add(verb);
  try {
    for (;;) {
      const wanted = held.wanted.get(verb);
      if (wanted === undefined || wanted === held.server[FIELDS[verb].done]) break;
      const answer = await request({ postId, verb, wanted });
      held.server = { ...held.server, ...pick(answer, FIELDS[verb]) };
    }
    held.wanted.delete(verb);
    void dropReaction(postId, verb);
  } catch (error) {
    if (!isThere.value) {
      waiting.set(`${postId} ${verb}`, () => void send(postId, held, verb));
      return;
    }
    const wanted = held.wanted.get(verb) ?? true;
    held.wanted.delete(verb);
    void dropReaction(postId, verb);
    const action = { label: 'Try again', run: () => react(postId, verb, wanted) };
    showToast({ text: `${FAILED[verb]}: ${toProblem(error).message}`, tone: 'danger', action });
  } finally {
    held.sending.delete(verb);
    show(held);
  }
}

effect(() => {
  if (!isThere.value) return;
  const sendings = [...waiting.values()];
  waiting.clear();
  for (const send of sendings) send();
});

/** The count of the server and the reader's own change that it does not have yet: never one more than was seen. */
function show(held: Held): void {
  let post = held.server;
  for (const [verb, wanted] of held.wanted) {
    const { done, count } = FIELDS[verb];
    if (post[done] === wanted) continue;
    const change = wanted ? 1 : -1;
    post = { ...post, [done]: wanted, ...(count && { [count]: Math.max(post[count] + change, 0) }) };
  }
  held.shown.value = post;
}

function pick(answer: Partial<Post>, { done, count }: Fields): Partial<Post> {
  return { [done]: answer[done], ...(count && { [count]: answer[count] }) };
}
