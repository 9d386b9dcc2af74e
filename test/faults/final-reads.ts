/** What everybody sees once a stack is mended and quiet, read to the end, for the checkers. */

import { API, textAt } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { concurrently } from '../../src/core/concurrently.ts';
import type { HistoryRecorder } from '../../src/history/history-recorder.ts';
import { createRecordedPosts, sendRecorded } from '../support/recorded-posts.ts';
import { until } from '../support/until.ts';
import { type Made, readWholeTimeline } from './fault-people.ts';
import type { FaultStack } from './fault-stack.ts';
import type { FaultPerson } from './fault-watchers.ts';

const QUIET_MS = 90_000;
/** A picture whose worker was lost is taken by another after a minute. */
const TRIES_MAX = 200;
const RETRY_MS = 500;
const AT_ONCE = 4;

/** Everything runs, no event waits, and none was given up. */
export async function awaitQuiet(stack: FaultStack): Promise<void> {
  await until(async () => stack.isWhole() && (await waitingEvents(stack).catch(() => 1)) === 0, QUIET_MS);
}

async function waitingEvents(stack: FaultStack): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${stack.portOf('api-1')}/metrics`);
  const text = await answer.text();
  const found = [
    ...text.matchAll(/^(?:consumer_lag_events\{[^}]*state="\w+"\}|outbox_age_seconds) (\S+)$/gm),
  ];
  // Without the database there are none.
  if (found.length < 2) return 1;
  return found.reduce((sum, [, value]) => sum + Number(value), 0);
}

export async function readEverything(url: string, recorder: HistoryRecorder, made: Made): Promise<void> {
  const http = createHttpClient({ url, connectionsMax: AT_ONCE, timeoutMs: 10_000 });
  const posts = createRecordedPosts(http, recorder);
  await eachOf([...made.posts], ([postId, { token }]) => insist(() => posts.read(postId, token, true)));
  await eachOf(made.authors, ({ userId, token }) => insist(() => posts.list(userId, token, true)));
  await eachOf(made.readers, (reader) =>
    insist(async () => ((await readWholeTimeline(http, recorder, reader)) ? true : undefined)),
  );
  const likes = made.likedPosts.flatMap((postId) => made.readers.map((reader) => ({ postId, reader })));
  await eachOf(likes, ({ postId, reader }) => insist(() => readLikes(http, recorder, reader, postId)));
  await eachOf([...made.links], ([code, linkId]) =>
    insist(() => countClicks(http, recorder, made.owner, { code, linkId })),
  );
  await eachOf(made.pictures, (mediaId) =>
    insist(() => readPicture(url, http, recorder, made.owner, mediaId)),
  );
  http.close();
}

function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<unknown> {
  // Their places are all there.
  return concurrently(items.length, (n) => work(items[n] as Item), AT_ONCE);
}

async function insist<Answer>(ask: () => Promise<Answer | undefined>): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX && (await ask()) === undefined; tries += 1) {
    await systemClock.sleep(RETRY_MS);
  }
}

async function readLikes(
  http: HttpClient,
  recorder: HistoryRecorder,
  { userId, token }: FaultPerson,
  postId: string,
): Promise<true | undefined> {
  const pending = recorder.invoke({ f: 'read-likes', key: postId, session: userId });
  const response = await sendRecorded(
    http,
    { method: 'GET', path: `${API}/posts/${postId}`, token },
    pending,
  );
  if (response === undefined) return undefined;
  const { liked, like_count: likes } = JSON.parse(response.body.toString());
  pending.ok({ liked, likes });
  return true;
}

async function countClicks(
  http: HttpClient,
  recorder: HistoryRecorder,
  { token }: FaultPerson,
  { code, linkId }: { readonly code: string; readonly linkId: string },
): Promise<true | undefined> {
  const pending = recorder.invoke({ f: 'count-clicks', key: code });
  const path = `${API}/links/${linkId}/stats`;
  const response = await sendRecorded(http, { method: 'GET', path, token }, pending);
  if (response === undefined) return undefined;
  const { humans, bots, previews } = JSON.parse(response.body.toString()).total;
  pending.ok({ clicks: humans + bots + previews });
  return true;
}

/** `undefined` as long as it is being cut. */
async function readPicture(
  url: string,
  http: HttpClient,
  recorder: HistoryRecorder,
  { token }: FaultPerson,
  mediaId: string,
): Promise<true | undefined> {
  const response = await http.send({ method: 'GET', path: `${API}/media/${mediaId}`, token });
  if (response.status !== 200) return undefined;
  const media = JSON.parse(response.body.toString());
  const status = textAt(media, 'state');
  if (status === 'processing') return undefined;
  const pending = recorder.invoke({ f: 'read-picture', key: mediaId });
  const [variant] = media.variants;
  const file =
    variant === undefined ? undefined : await fetch(new URL(variant.url, url)).catch(() => undefined);
  if (variant !== undefined && (file === undefined || file.status >= 500)) {
    pending.info();
    return undefined;
  }
  pending.ok({ status, bytes: file?.status === 200 ? (await file.arrayBuffer()).byteLength : 0 });
  return true;
}
