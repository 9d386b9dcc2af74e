/** People who post and read as fast as they are answered, each on one keep-alive connection, until they are stopped. */
import assert from 'node:assert/strict';
import { API, createApiClient, isSuccess, type Member, textAt } from '../../src/client/api-client.ts';
import {
  addressOf,
  createHttpClient,
  formatRequest,
  type HttpClient,
  type HttpRequest,
} from '../../src/client/http-client.ts';
import {
  createHttpConnection,
  type HttpConnection,
  HttpConnectionError,
} from '../../src/client/http-connection.ts';
import { type HttpResponse, headerOf } from '../../src/client/http-response-parser.ts';
import { systemClock } from '../../src/core/clock.ts';
import { concurrently } from '../../src/core/concurrently.ts';

export interface SteadyLoad {
  /** Posts by their id. */
  readonly acknowledged: ReadonlyMap<string, AcknowledgedPost>;
  /** How many answers had each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Answers of 500 and more, and what is wrong with those that should not be. */
  readonly complaints: readonly string[];
  /** Requests that were sent on an open connection and got no whole answer. */
  readonly cut: readonly HttpConnectionError[];
  /** Resolves when every client has ended: it was stopped, or refused a connection. */
  readonly ended: Promise<unknown>;
  /** Lets every client finish its request. */
  stop(): Promise<void>;
}

export interface AcknowledgedPost {
  readonly text: string;
  readonly token: string;
}

export interface SteadyLoadOptions {
  readonly url: string;
  readonly members: readonly Member[];
  readonly clients: number;
  /** Whether to go on when nothing listens: the server is to come back. */
  readonly persistent: boolean;
}

type Attempt =
  | { readonly kind: 'done'; readonly response: HttpResponse }
  | { readonly kind: 'turned-away' | 'refused' };

const PAUSE_MS = 20;
const TIMEOUT_MS = 60_000;
const ATTEMPTS_MAX = 100;
const RETRY_MS = 100;

/** Signs up people for a load, and for what reads afterwards. */
export async function signUpMembers(url: string, count: number): Promise<Member[]> {
  const http = createHttpClient({ url, connectionsMax: 4, timeoutMs: TIMEOUT_MS });
  try {
    return await concurrently(count, (n) => createApiClient(http, systemClock).signUp(`member_${n}`), 4);
  } finally {
    http.close();
  }
}

export function startSteadyLoad({ url, members, clients, persistent }: SteadyLoadOptions): SteadyLoad {
  const address = addressOf(url);
  const acknowledged = new Map<string, AcknowledgedPost>();
  const statuses = new Map<number, number>();
  const complaints: string[] = [];
  const cut: HttpConnectionError[] = [];
  let stopping = false;

  async function send(connection: HttpConnection, request: HttpRequest): Promise<Attempt> {
    try {
      const response = await connection.send(formatRequest(address, request));
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      const complaint = complaintAbout(response);
      if (complaint !== undefined) complaints.push(`${request.method} ${request.path}: ${complaint}`);
      return isSuccess(response) ? { kind: 'done', response } : { kind: 'turned-away' };
    } catch (error) {
      if (!(error instanceof HttpConnectionError)) throw error;
      if (error.sent) cut.push(error);
      return { kind: error.sent ? 'turned-away' : 'refused' };
    }
  }

  async function post(connection: HttpConnection, { token }: Member, text: string): Promise<Attempt> {
    const body = JSON.stringify({ text });
    const attempt = await send(connection, { method: 'POST', path: `${API}/posts`, token, body });
    if (attempt.kind === 'done') acknowledged.set(postIdIn(attempt.response), { text, token });
    return attempt;
  }

  function read(connection: HttpConnection, { token, userId }: Member): Promise<Attempt> {
    return send(connection, { method: 'GET', path: `${API}/users/${userId}/posts?limit=3`, token });
  }

  async function run(client: number): Promise<void> {
    const member = members[client % members.length] ?? assert.fail('a load needs members');
    const connection = createHttpConnection({ ...address, timeoutMs: TIMEOUT_MS });
    for (let n = 0; !stopping; n += 1) {
      const attempt =
        n % 2 === 0 ? await post(connection, member, `${client}.${n}`) : await read(connection, member);
      if (attempt.kind === 'refused' && !persistent) break;
      if (attempt.kind !== 'done') await systemClock.sleep(PAUSE_MS);
    }
    connection.close();
  }

  const ended = Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  return {
    acknowledged,
    statuses,
    complaints,
    cut,
    ended,
    async stop() {
      stopping = true;
      await ended;
    },
  };
}

/** Every acknowledged post is there, and says what it said; no text is there twice. */
export async function assertKept(url: string, load: SteadyLoad, members: readonly Member[]): Promise<void> {
  const http = createHttpClient({ url, connectionsMax: 8, timeoutMs: TIMEOUT_MS });
  const posts = [...load.acknowledged];
  try {
    await concurrently(posts.length, async (n) => {
      const [postId, { text, token }] = posts[n] ?? assert.fail();
      const post = await insist(http, { method: 'GET', path: `${API}/posts/${postId}`, token });
      assert.equal(textAt(post, 'text'), text);
    });
    for (const member of members) {
      const texts = await textsOf(http, member);
      assert.equal(new Set(texts).size, texts.length, 'a post is there twice');
    }
  } finally {
    http.close();
  }
}

interface Page {
  readonly items: readonly unknown[];
  readonly next_page_token: string | null;
}

async function textsOf(http: HttpClient, { userId, token }: Member): Promise<string[]> {
  const texts: string[] = [];
  for (let pageToken: string | null = ''; pageToken !== null; ) {
    const from: string = pageToken === '' ? '' : `&page_token=${pageToken}`;
    const path = `${API}/users/${userId}/posts?limit=100${from}`;
    const page: Page = await insist(http, { method: 'GET', path, token });
    texts.push(...page.items.map((item) => textAt(item, 'text')));
    pageToken = page.next_page_token;
  }
  return texts;
}

/** The parsed answer, however often the server, which may have just come back, turns the request away. */
async function insist(http: HttpClient, request: HttpRequest) {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const response = await http.send(request);
    if (isSuccess(response)) return JSON.parse(response.body.toString());
    assert.equal(response.status, 503, `${request.path}: ${response.body}`);
    await systemClock.sleep(RETRY_MS);
  }
  assert.fail(`${request.path} was not answered in ${ATTEMPTS_MAX} attempts`);
}

function postIdIn({ body }: HttpResponse): string {
  return textAt(JSON.parse(body.toString()), 'post_id');
}

/** A success is whole JSON; a refusal for now is 503 and says when to come back; there is no other failure. */
function complaintAbout(response: HttpResponse): string | undefined {
  const { status, head, body } = response;
  if (isSuccess(response)) {
    JSON.parse(body.toString());
    return undefined;
  }
  const retryAfter = headerOf(response, 'retry-after');
  if (status === 503 && retryAfter !== undefined && Number(retryAfter) >= 1) return undefined;
  return `${head}\n${body.toString()}`;
}
