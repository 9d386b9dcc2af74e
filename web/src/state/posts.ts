/**
 * One record a post: every place that shows it reads the same signal. A reaction shows at once; of several taps the last
 * one wins, with one request under way for each post and verb, and when it fails that field alone goes back; while the
 * server is away it waits.
 */
import { effect, type Signal, signal } from '@preact/signals';
import { isReachable, put, remove } from '../api/http.ts';
import { toProblem } from '../api/problem.ts';
import type { Post } from '../api/types.ts';
import { showToast } from './toasts.ts';

export type Verb = 'like' | 'repost' | 'bookmark';

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
const gone = new Map<string, Signal<boolean>>();

/** The record of a post that the server has just sent. */
export function takePost(post: Post): Signal<Post> {
  const held = posts.get(post.post_id);
  if (held === undefined) {
    const shown = signal(post);
    posts.set(post.post_id, { shown, server: post, wanted: new Map(), sending: new Set() });
    return shown;
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
  void send(postId, held, verb);
}

async function send(postId: string, held: Held, verb: Verb): Promise<void> {
  if (held.sending.has(verb)) return;
  held.sending.add(verb);
  try {
    for (;;) {
      const wanted = held.wanted.get(verb);
      if (wanted === undefined || wanted === held.server[FIELDS[verb].done]) break;
      const path = `/posts/${postId}/${verb}`;
      const answer = await (wanted ? put<Partial<Post>>(path) : remove<Partial<Post>>(path));
      held.server = { ...held.server, ...pick(answer, FIELDS[verb]) };
    }
    held.wanted.delete(verb);
  } catch (error) {
    if (!isReachable.value) {
      waiting.set(`${postId} ${verb}`, () => void send(postId, held, verb));
      return;
    }
    const wanted = held.wanted.get(verb) ?? true;
    held.wanted.delete(verb);
    const action = { label: 'Try again', run: () => react(postId, verb, wanted) };
    showToast({ text: `${FAILED[verb]}: ${toProblem(error).message}`, tone: 'danger', action });
  } finally {
    held.sending.delete(verb);
    show(held);
  }
}

effect(() => {
  if (!isReachable.value) return;
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
