/** A home timeline as a client reads it, page by page. */
import assert from 'node:assert/strict';
import { API, isSuccess } from '../../src/client/api-client.ts';
import type { HttpClient, HttpRequest } from '../../src/client/http-client.ts';
import { HttpConnectionError } from '../../src/client/http-connection.ts';
import type { HttpResponse } from '../../src/client/http-response-parser.ts';
import { systemClock } from '../../src/core/clock.ts';

export interface WalkedEntry {
  readonly entryId: number;
  readonly postId: number;
  readonly authorId: string;
  /** Null for the post itself. */
  readonly reposterId: string | null;
}

export interface FeedWalk {
  readonly entries: readonly WalkedEntry[];
  /** Nothing is said of lower ids; 0: this is all. */
  readonly downTo: number;
}

export interface WalkOptions {
  readonly token: string;
  readonly limit: number;
  readonly pagesMax?: number;
}

/** As the product answers it; what is missing fails below. */
interface FeedPage {
  readonly items: readonly {
    readonly entry_id: string;
    readonly post_id: string;
    readonly author: { readonly user_id: string };
    readonly reposted_by: { readonly user_id: string } | null;
  }[];
  readonly next_page_token: string | null;
}

const ATTEMPTS_MAX = 600;
const PAUSE_MS = 50;

/** Every page is asked for until it is answered, by whoever serves then. */
export async function walkFeed(http: HttpClient, options: WalkOptions): Promise<FeedWalk> {
  const { token, limit, pagesMax = Number.POSITIVE_INFINITY } = options;
  const entries: WalkedEntry[] = [];
  let pageToken: string | null = '';
  for (let page = 0; page < pagesMax && pageToken !== null; page += 1) {
    const from: string = pageToken === '' ? '' : `&page_token=${pageToken}`;
    const path = `${API}/feed?limit=${limit}${from}`;
    const answer: FeedPage = JSON.parse((await insist(http, { method: 'GET', path, token })).body.toString());
    for (const item of answer.items) {
      entries.push({
        entryId: Number(item.entry_id),
        postId: Number(item.post_id),
        authorId: item.author.user_id,
        reposterId: item.reposted_by?.user_id ?? null,
      });
    }
    pageToken = answer.next_page_token;
  }
  return { entries, downTo: pageToken === null ? 0 : (entries.at(-1)?.entryId ?? Number.POSITIVE_INFINITY) };
}

/** The answer of a request that does no harm when it is sent again. */
export async function insist(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const response = await attemptOf(http, request);
    if (response !== undefined && (isSuccess(response) || response.status === 404)) return response;
    await systemClock.sleep(PAUSE_MS);
  }
  assert.fail(`${request.path} was not answered in ${ATTEMPTS_MAX} attempts`);
}

/** Undefined: nobody answered. */
export async function attemptOf(http: HttpClient, request: HttpRequest): Promise<HttpResponse | undefined> {
  try {
    return await http.send(request);
  } catch (error) {
    if (error instanceof HttpConnectionError) return undefined;
    throw error;
  }
}
