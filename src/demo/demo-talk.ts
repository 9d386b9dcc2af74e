/** What people write while the demo is looked at: first enough for trends and notifications, then a post now and then. */
import { type Clock, seededFraction } from '../core/clock.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import { type SeededUser, seededPost, seededTalk } from '../seed/seeded-content.ts';
import type { Answer, Person, RideCalls } from '../simulator/ride-calls.ts';
import { createTrends } from '../systems/discovery/trends.ts';

export interface DemoTalkDeps {
  readonly calls: RideCalls;
  readonly sql: SqlStore;
  readonly clock: Clock;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

export interface Speaker extends Person {
  readonly user: SeededUser;
}

const SEED = 7;
/** Tags, of which some are too rare to be trends. */
const TOPICS = 5;
const TRENDS_MIN = 3;
const LIKES_EACH = 3;
/** One in so many answers somebody, and one in so many passes a post on. */
const [REPLIES_EVERY, REPOSTS_EVERY] = [4, 6] as const;
const NEWS_EVERY_MS = 25_000;
/** A demo that is left running is not to fill the disk. */
const NEWS_MAX = 1_000;
const TRENDS_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;

const REPLIES = ['The same here!', 'Tell me more.', 'I was wondering about that, too.', 'Where was this?'];

/** Everybody has written; some like, answer and pass on what others wrote, and follow and greet the visitor. */
export async function talk(
  { calls }: DemoTalkDeps,
  speakers: readonly Speaker[],
  visitor: { readonly userId: string; readonly username: string },
): Promise<void> {
  const draw = seededFraction(SEED);
  const postIds: string[] = [];
  for (const speaker of speakers) postIds.push(await write(calls, speaker, seededTalk(speaker.user, TOPICS)));
  const any = (): string => postIds[Math.floor(draw() * postIds.length)] ?? '';
  for (const [number, speaker] of speakers.entries()) {
    for (let like = 0; like < LIKES_EACH; like += 1)
      await calls.call(speaker, { method: 'PUT', path: `/posts/${any()}/like` });
    if (number % REPLIES_EVERY === 1)
      await write(calls, speaker, REPLIES[number % REPLIES.length] ?? '', any());
    if (number % REPOSTS_EVERY === 2)
      await calls.call(speaker, { method: 'PUT', path: `/posts/${any()}/repost` });
    if (number % REPLIES_EVERY === 0)
      await calls.call(speaker, { method: 'PUT', path: `/users/${visitor.userId}/follow` });
  }
  const [host] = speakers;
  if (host !== undefined) await write(calls, host, `Welcome, @${visitor.username}! What brings you here?`);
}

/** Until there are some, or none in time: they are counted by a worker, and put in order by the minute. */
export async function awaitTrends({ sql, clock, signal }: DemoTalkDeps): Promise<void> {
  const trends = createTrends({ sql, clock });
  const untilMs = clock.monotonicMs() + TRENDS_WITHIN_MS;
  while (!signal.aborted && clock.monotonicMs() < untilMs) {
    await trends.compute(0);
    if ((await trends.tags('day', TOPICS)).length >= TRENDS_MIN) return;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** A post now and then, so that whoever has a page open sees that it lives. */
export async function goOnTalking(
  { calls, clock, signal }: DemoTalkDeps,
  speakers: readonly Speaker[],
): Promise<void> {
  for (let number = 0; number < NEWS_MAX; number += 1) {
    await clock.sleep(NEWS_EVERY_MS, signal);
    const speaker = speakers[number % speakers.length];
    if (signal.aborted || speaker === undefined) return;
    // Beyond those that were loaded.
    await write(calls, speaker, seededPost(speaker.user, NEWS_MAX + clock.nowMs()).text);
  }
}

async function write(calls: RideCalls, speaker: Person, text: string, replyToId?: string): Promise<string> {
  const body = { text, ...(replyToId === undefined ? {} : { reply_to_id: replyToId }) };
  return String(bodyOf(await calls.call(speaker, { method: 'POST', path: '/posts', body }))['post_id']);
}

function bodyOf(answer: Answer | undefined): Answer['body'] {
  return answer?.body ?? {};
}
