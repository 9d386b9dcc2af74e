/**
 * What happens, as it happens: one WebSocket for the whole app. It resumes after the last event that was heard, so that a
 * lost connection loses nothing; where the server cannot tell what was missed it says so, and lists look again.
 */
import { effect, signal } from '@preact/signals';
import { isReachable } from '../api/http.ts';
import type { Author, Charge, Post, Ride } from '../api/types.ts';
import { isGone, takePost, updatePost } from './posts.ts';
import { isSignedIn } from './session.ts';

type Counts = Pick<Post, 'post_id' | 'like_count' | 'repost_count' | 'reply_count'>;

/** The events by name, with what each carries. */
export interface LiveEvents {
  /** What was missed has been told, if it could be: what is not `resumed` begins here. */
  readonly ready: { readonly resumed: boolean };
  readonly post: { readonly entry_id: string; readonly reposted_by: Author | null; readonly post: Post };
  readonly post_edited: { readonly post: Post };
  readonly post_deleted: { readonly post_id: string };
  readonly unreposted: { readonly entry_id: string; readonly post_id: string; readonly user_id: string };
  readonly counts: Counts;
  /** How those stand that the app has said it shows. */
  readonly watching: { readonly posts: readonly Counts[] };
  readonly notification: {
    readonly notification_id: string;
    readonly kind: string;
    readonly actor: Author | null;
  };
  readonly notification_withdrawn: { readonly notification_id: string };
  readonly unread: { readonly read_up_to: string };
  readonly ride: { readonly ride: Ride };
  readonly ride_position: {
    readonly ride_id: string;
    readonly lat: number;
    readonly lng: number;
    readonly at: string;
    readonly eta_s: number | null;
  };
  readonly charge: {
    readonly charge_id: string;
    readonly ride_id: string;
    readonly state: Charge['state'];
  };
  readonly gap: { readonly reason: string };
}

type EventName = keyof LiveEvents;
type Listener<Name extends EventName> = (data: LiveEvents[Name]) => void;

interface Message {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

const PROTOCOL = 'groundswell.v1';
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
const WATCHED_MAX = 100;
const WATCH_EVERY_MS = 1_000;

/** Whether events arrive now. */
export const isLive = signal(false);

const listeners = new Map<string, Set<(data: unknown) => void>>();
let socket: WebSocket | undefined;
let lastId: string | undefined;
let retryMs = RETRY_MS_MIN;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let watched: readonly string[] = [];
let watchTimer: ReturnType<typeof setTimeout> | undefined;

/** Answers what ends it. */
export function onLive<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
  const found = listeners.get(name) ?? new Set();
  listeners.set(name, found);
  // What the server sends under a name is of its type: docs/live.md.
  found.add(listener as (data: unknown) => void);
  return () => void found.delete(listener as (data: unknown) => void);
}

/** The posts whose counts are on the screen, the first of them; they are told as they change. */
export function watchPosts(postIds: readonly string[]): void {
  watched = postIds.slice(0, WATCHED_MAX);
  if (watchTimer !== undefined) return;
  watchTimer = setTimeout(() => {
    watchTimer = undefined;
    sendWatched();
  }, WATCH_EVERY_MS);
}

onLive('post', ({ post }) => takePost(post));
onLive('post_edited', ({ post }) => takePost(post));
onLive('post_deleted', ({ post_id: id }) => {
  isGone(id).value = true;
});
onLive('counts', takeCounts);
onLive('watching', ({ posts }) => posts.forEach(takeCounts));

function takeCounts({ post_id: id, like_count, repost_count, reply_count }: Counts): void {
  updatePost(id, { like_count, repost_count, reply_count });
}

effect(() => {
  if (isSignedIn.value) connect();
  else disconnect();
});
effect(() => {
  if (isReachable.value) connect();
});
addEventListener('online', () => connect());

function connect(): void {
  clearTimeout(retryTimer);
  if (!isSignedIn.peek() || socket !== undefined) return;
  const query = lastId === undefined ? '' : `?since=${encodeURIComponent(lastId)}`;
  const opened = new WebSocket(`/api/v1/live${query}`, PROTOCOL);
  socket = opened;
  opened.addEventListener('message', ({ data }) => hear(JSON.parse(String(data)) as Message));
  opened.addEventListener('close', () => {
    if (socket !== opened) return;
    socket = undefined;
    isLive.value = false;
    retryIn(retryMs * (0.5 + Math.random()));
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  });
}

function disconnect(): void {
  clearTimeout(retryTimer);
  lastId = undefined;
  const closing = socket;
  socket = undefined;
  isLive.value = false;
  closing?.close();
}

function retryIn(ms: number): void {
  clearTimeout(retryTimer);
  if (isSignedIn.peek()) retryTimer = setTimeout(connect, ms);
}

function hear({ event, id, data }: Message): void {
  if (id !== undefined) lastId = id;
  if (event === 'ready') {
    isLive.value = true;
    retryMs = RETRY_MS_MIN;
    sendWatched();
  } else if (event === 'reconnect') {
    // The server stops, and asks its clients to come back one after the other.
    retryMs = (data as { readonly after_ms: number }).after_ms;
  }
  for (const listen of listeners.get(event) ?? []) listen(data);
}

function sendWatched(): void {
  if (!isLive.value || socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ type: 'watch', post_ids: watched }));
}
