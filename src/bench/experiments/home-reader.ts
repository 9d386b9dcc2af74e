/** One reader's home timeline, as it is answered over HTTP. */

import { API, requireSuccess, textAt } from '../../client/api-client.ts';
import type { HttpClient, HttpRequest } from '../../client/http-client.ts';
import { POST_TEXT } from '../scenarios.ts';

export interface HomePage {
  readonly entryIds: readonly string[];
  readonly nextPageToken: string | undefined;
}

export async function readHome(
  http: HttpClient,
  token: string,
  { limit = 20, pageToken }: { readonly limit?: number; readonly pageToken?: string | undefined } = {},
): Promise<HomePage> {
  const after = pageToken === undefined ? '' : `&page_token=${encodeURIComponent(pageToken)}`;
  const answer = await call(http, { method: 'GET', path: `${API}/feed?limit=${limit}${after}`, token });
  // The product's own answer, so it is taken as documented.
  const page = answer as { items: readonly { entry_id: string }[]; next_page_token: string | null };
  return {
    entryIds: page.items.map(({ entry_id: entryId }) => entryId),
    nextPageToken: page.next_page_token ?? undefined,
  };
}

/** All entries from the head on, until there are none below `oldest`. At most 100 pages. */
export async function readHomeDownTo(http: HttpClient, token: string, oldest: string): Promise<string[]> {
  const entryIds: string[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { entryIds: found, nextPageToken } = await readHome(http, token, { limit: 100, pageToken });
    entryIds.push(...found);
    if (nextPageToken === undefined || (found.at(-1) ?? '') < oldest) break;
    pageToken = nextPageToken;
  }
  return entryIds.filter((entryId) => entryId >= oldest);
}

const PAGES_MAX = 100;

/** Answers the id. */
export async function writePost(http: HttpClient, token: string, unique: string): Promise<string> {
  const body = JSON.stringify({ text: `${unique} ${POST_TEXT}` });
  return textAt(await call(http, { method: 'POST', path: `${API}/posts`, token, body }), 'post_id');
}

async function call(http: HttpClient, request: HttpRequest): Promise<unknown> {
  const response = await http.send(request);
  requireSuccess(request, response);
  return JSON.parse(response.body.toString());
}
