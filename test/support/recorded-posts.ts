/** Posts written and read over HTTP, with every request and answer in a history for the checker. */
import { API, isSuccess, textAt } from '../../src/client/api-client.ts';
import type { HttpClient, HttpRequest } from '../../src/client/http-client.ts';
import { HttpConnectionError } from '../../src/client/http-connection.ts';
import type { HttpResponse } from '../../src/client/http-response-parser.ts';
import type { HistoryRecorder, PendingOperation } from '../../src/history/history-recorder.ts';

export interface PostIntent {
  readonly authorId: string;
  readonly token: string;
  readonly text: string;
  readonly idem: string;
}

export interface RecordedPosts {
  /** One attempt. Answers the id, or undefined if it was not acknowledged. */
  create(intent: PostIntent): Promise<string | undefined>;
  /** Reads one post by its id. Answers whether it is there, or undefined if the read was not answered. */
  read(postId: string, token: string, final: boolean): Promise<boolean | undefined>;
  /** Reads all pages of an author's posts. Answers how many there are, or undefined if a page was not answered. */
  list(authorId: string, token: string, final: boolean): Promise<number | undefined>;
}

interface Page {
  readonly items: readonly unknown[];
  readonly next_page_token: string | null;
}

export function createRecordedPosts(http: HttpClient, recorder: HistoryRecorder): RecordedPosts {
  return {
    async create({ authorId, token, text, idem }) {
      const what = { f: 'create-post', key: authorId, value: { text }, session: token, idem };
      const request = { method: 'POST', path: `${API}/posts`, token, idempotencyKey: idem } as const;
      const pending = recorder.invoke(what);
      const response = await sendRecorded(http, { ...request, body: JSON.stringify({ text }) }, pending);
      if (response === undefined) return undefined;
      const body = response.body.toString();
      const postId = textAt(JSON.parse(body), 'post_id');
      pending.ok({ post_id: postId, reply: body });
      return postId;
    },

    async read(postId, token, final) {
      const value = { view: 'post', final };
      const pending = recorder.invoke({ f: 'read-posts', key: postId, value, session: token });
      const request = { method: 'GET', path: `${API}/posts/${postId}`, token } as const;
      const response = await sendRecorded(http, request, pending, 404);
      if (response === undefined) return undefined;
      const posts = response.status === 404 ? [] : [postOf(JSON.parse(response.body.toString()))];
      pending.ok({ posts, complete: true });
      return posts.length > 0;
    },

    async list(authorId, token, final) {
      const value = { view: 'author', final };
      const pending = recorder.invoke({ f: 'read-posts', key: authorId, value, session: token });
      const posts: ReturnType<typeof postOf>[] = [];
      for (let pageToken: string | null = ''; pageToken !== null; ) {
        const from: string = pageToken === '' ? '' : `&page_token=${encodeURIComponent(pageToken)}`;
        const path = `${API}/users/${authorId}/posts?limit=100${from}`;
        const response = await sendRecorded(http, { method: 'GET', path, token }, pending);
        if (response === undefined) return undefined;
        // The product's own page; a wrong one fails below or in the checker.
        const page: Page = JSON.parse(response.body.toString());
        posts.push(...page.items.map(postOf));
        pageToken = page.next_page_token;
      }
      pending.ok({ posts, complete: true });
      return posts.length;
    },
  };
}

/** The answer if it is a success or `expected`. Anything else ends the operation as what it proves. */
export async function sendRecorded(
  http: HttpClient,
  request: HttpRequest,
  pending: PendingOperation,
  expected?: number,
): Promise<HttpResponse | undefined> {
  try {
    const response = await http.send(request);
    const { status } = response;
    if (isSuccess(response) || status === expected) return response;
    const refusal = { status, body: response.body.toString().slice(0, 300) };
    if (status >= 500) pending.info(refusal);
    else pending.fail(refusal);
  } catch (error) {
    if (!(error instanceof HttpConnectionError)) throw error;
    if (error.sent) pending.info({ error: error.code });
    else pending.fail({ error: error.code });
  }
  return undefined;
}

function postOf(item: unknown): { post_id: string; text: string } {
  return { post_id: textAt(item, 'post_id'), text: textAt(item, 'text') };
}
