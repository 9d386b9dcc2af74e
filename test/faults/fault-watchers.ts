/**
 * Sessions that look again and again at what is newest of two authors, whichever process and server answers: some carry their
 * position along and are answered by replicas, some do not and are answered by the primary. By the tags of the authors: what
 * they posted themselves is in the memory of each process, which may be a second old.
 */
import { API } from '../../src/client/api-client.ts';
import type { HttpClient } from '../../src/client/http-client.ts';
import { headerOf } from '../../src/client/http-response-parser.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { HistoryRecorder } from '../../src/history/history-recorder.ts';
import { sendRecorded } from '../support/recorded-posts.ts';

export interface FaultPerson {
  readonly userId: string;
  /** Also the tag of all that they write. */
  readonly username: string;
  readonly token: string;
}

export interface Watcher extends FaultPerson {
  readonly session: string;
  readonly mayBeStale: boolean;
}

const PAGE = 20;
const PAUSE_MS = 100;
const HEADER = 'consistency-token';

interface NewestPage {
  readonly items: readonly { readonly post_id: string }[];
  readonly next_page_token: string | null;
}

/** Until it is to stop, and the last answer is there. */
export async function watchAuthors(
  http: HttpClient,
  recorder: HistoryRecorder,
  watcher: Watcher,
  authors: readonly FaultPerson[],
  isStopping: () => boolean,
): Promise<void> {
  let consistencyToken = '';
  for (let turn = 0; !isStopping(); turn += 1) {
    const author = authors[turn % authors.length];
    if (author === undefined) return;
    const given = await readNewest(http, recorder, { ...watcher, consistencyToken }, author);
    // Of two the greater is the later one.
    if (watcher.mayBeStale && given > consistencyToken) consistencyToken = given;
    await systemClock.sleep(PAUSE_MS);
  }
}

/** Answers the position that came with it; empty where there was no answer. */
export async function readNewest(
  http: HttpClient,
  recorder: HistoryRecorder,
  { token, session, mayBeStale, consistencyToken }: Watcher & { readonly consistencyToken: string },
  author: FaultPerson,
): Promise<string> {
  const pending = recorder.invoke({ f: 'read-newest', key: author.userId, session, value: { mayBeStale } });
  const path = `${API}/tags/${author.username}/posts?limit=${PAGE}`;
  const position = consistencyToken === '' ? {} : { consistencyToken };
  const response = await sendRecorded(http, { method: 'GET', path, token, ...position }, pending);
  if (response === undefined) return '';
  // The product's own page; a wrong one fails in the checker.
  const page: NewestPage = JSON.parse(response.body.toString());
  pending.ok({
    post_ids: page.items.map(({ post_id: postId }) => postId),
    complete: page.next_page_token === null,
  });
  return headerOf(response, HEADER) ?? '';
}
