/**
 * People who use a stack while it breaks, with every request and answer in a history: authors who post and look at what they
 * posted, readers who follow them, look at home and like, and somebody with links and pictures. Whoever is not answered tries
 * again with the same key, as an app would.
 */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { API, textAt } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from '../../src/client/http-client.ts';
import { headerOf } from '../../src/client/http-response-parser.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { HistoryRecorder, InvokedOperation } from '../../src/history/history-recorder.ts';
import { noise } from '../support/picture-client.ts';
import { createRecordedPosts, sendRecorded } from '../support/recorded-posts.ts';
import { type FaultPerson, readNewest, watchAuthors } from './fault-watchers.ts';

/** What there is to look at once all is quiet. */
export interface Made {
  readonly authors: readonly FaultPerson[];
  readonly readers: readonly FaultPerson[];
  readonly owner: FaultPerson;
  /** Ids of acknowledged posts with their authors. */
  readonly posts: Map<string, FaultPerson>;
  readonly likedPosts: string[];
  /** By code. */
  readonly links: Map<string, string>;
  readonly pictures: string[];
}

export interface FaultPeople {
  readonly made: Made;
  /** Lets everybody finish what they want, however often they must ask, for at most SETTLE_MS. */
  stop(): Promise<void>;
}

const AUTHORS = 3;
const READERS = 2;
const LIKED_POSTS = 5;
/** Whose posts are looked at by sessions that must agree on what they see. */
const WATCHED_AUTHORS = 2;
/** Without a position, whoever is signed in is answered from there. */
const FROM_PRIMARY = { mayBeStale: false, consistencyToken: '' } as const;
/** Nobody waits longer for an answer. */
export const PATIENCE_MS = 5_000;
const SETTLE_MS = 90_000;
const PAUSES_MS = { post: 60, read: 80, link: 80, picture: 1_500, retry: 150 } as const;
/** One in so many requests of the owner of links makes one; the rest open them. */
const OPENINGS_PER_LINK = 12;

export interface FaultPeopleOptions {
  readonly url: string;
  readonly recorder: HistoryRecorder;
  /** Part of their names, and of all texts. */
  readonly run: string;
  /** Where they come from: addresses are limited in how many may sign up. */
  readonly sourceAddress: string;
}

export async function startFaultPeople(options: FaultPeopleOptions): Promise<FaultPeople> {
  const { url, recorder, run } = options;
  const clients: HttpClient[] = [];
  const connect = (timeoutMs = PATIENCE_MS): HttpClient => {
    const http = createHttpClient({ url, connectionsMax: 1, timeoutMs });
    clients.push(http);
    return http;
  };
  // A name has at most 30 characters.
  const signUp = (name: string) => signUpFrom(options, `${name}_${run}`.slice(0, 30));
  const authors = await inTurn(AUTHORS, (n) => signUp(`author${n}`));
  const readers = await inTurn(READERS, (n) => signUp(`reader${n}`));
  const owner = await signUp('owner');
  const made: Made = {
    ...{ authors, readers, owner },
    ...{ posts: new Map(), likedPosts: [], links: new Map(), pictures: [] },
  };
  let stopping = false;
  let settledByMs = Number.POSITIVE_INFINITY;

  /** Until it is acknowledged: the answer; `undefined` if it never was. */
  async function insist<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (systemClock.monotonicMs() > settledByMs) return undefined;
      await systemClock.sleep(PAUSES_MS.retry);
    }
  }

  async function call(http: HttpClient, what: InvokedOperation, request: HttpRequest, expected?: number) {
    const pending = recorder.invoke(what);
    const response = await sendRecorded(http, request, pending, expected);
    return response && { response, pending };
  }

  async function loop(pauseMs: number, once: (n: number) => Promise<void>): Promise<void> {
    for (let n = 0; !stopping; n += 1) {
      await once(n);
      await systemClock.sleep(pauseMs);
    }
  }

  function post(author: FaultPerson, index: number): Promise<void> {
    const http = connect();
    const posts = createRecordedPosts(http, recorder);
    return loop(PAUSES_MS.post, async (n) => {
      const text = `${run} ${index} ${n} #${author.username}`;
      const intent = { authorId: author.userId, token: author.token, text, idem: `${run}-${index}-${n}` };
      const postId = await insist(() => posts.create(intent));
      if (postId === undefined) return;
      made.posts.set(postId, author);
      await posts.read(postId, author.token, false);
      await readNewest(http, recorder, { ...author, session: author.userId, ...FROM_PRIMARY }, author);
    });
  }

  function read(reader: FaultPerson): Promise<void> {
    const http = connect();
    return loop(PAUSES_MS.read, async (n) => {
      await readTimelinePage(http, recorder, reader);
      const postId = made.likedPosts[n % LIKED_POSTS];
      if (n % 4 === 3 && postId !== undefined) await like(http, reader, postId, n % 8 === 3);
    });
  }

  async function like(http: HttpClient, { userId, token }: FaultPerson, key: string, likes: boolean) {
    const what = { f: likes ? 'like-post' : 'unlike-post', key, session: userId };
    const method = likes ? 'PUT' : 'DELETE';
    await insist(async () => {
      const answer = await call(http, what, { method, path: `${API}/posts/${key}/like`, token });
      answer?.pending.ok();
      return answer;
    });
  }

  function useLinks(): Promise<void> {
    const http = connect();
    return loop(PAUSES_MS.link, async (n) => {
      if (n % OPENINGS_PER_LINK === 0) return makeLink(http, n);
      const codes = [...made.links.keys()];
      const code = codes[n % codes.length];
      if (code !== undefined) await openLink(http, recorder, code);
    });
  }

  async function makeLink(http: HttpClient, n: number): Promise<void> {
    const target = `https://example.org/${run}/${n}`;
    const idem = `${run}-link-${n}`;
    const { userId, token } = owner;
    const what = { f: 'create-link', key: userId, value: { url: target }, session: userId, idem };
    const body = JSON.stringify({ url: target });
    await insist(async () => {
      const request = { method: 'POST', path: `${API}/links`, token, idempotencyKey: idem, body } as const;
      const answer = await call(http, what, request);
      if (answer === undefined) return undefined;
      const link = JSON.parse(answer.response.body.toString());
      const [link_id, code] = [textAt(link, 'link_id'), textAt(link, 'code')];
      answer.pending.ok({ link_id, code });
      made.links.set(code, link_id);
      return code;
    });
  }

  function upload(): Promise<void> {
    return loop(PAUSES_MS.picture, async () => {
      const mediaId = await uploadPicture(url, recorder, owner);
      if (mediaId !== undefined) made.pictures.push(mediaId);
    });
  }

  function watch(reader: FaultPerson): Promise<void>[] {
    const watched = authors.slice(0, WATCHED_AUTHORS);
    return [true, false].map((mayBeStale) => {
      const session = `${reader.userId} ${mayBeStale ? 'with' : 'without'} its position`;
      return watchAuthors(connect(), recorder, { ...reader, session, mayBeStale }, watched, () => stopping);
    });
  }

  await prepare();
  const everybody = [
    ...authors.map(post),
    ...readers.map(read),
    ...readers.flatMap(watch),
    useLinks(),
    upload(),
  ];
  return {
    made,
    async stop() {
      stopping = true;
      settledByMs = systemClock.monotonicMs() + SETTLE_MS;
      await Promise.all(everybody);
      for (const http of clients) http.close();
    },
  };

  /** Before anything breaks: who follows whom, and what there is to like. */
  async function prepare(): Promise<void> {
    const http = connect();
    for (const { userId: session, token } of readers) {
      for (const { userId: key } of authors) {
        await insist(async () => {
          const request = { method: 'PUT', path: `${API}/users/${key}/follow`, token } as const;
          const answer = await call(http, { f: 'follow', key, session }, request);
          answer?.pending.ok();
          return answer;
        });
      }
    }
    const [author = assert.fail()] = authors;
    const posts = createRecordedPosts(http, recorder);
    for (let n = 0; n < LIKED_POSTS; n += 1) {
      const intent = {
        authorId: author.userId,
        token: author.token,
        text: `${run} liked ${n} #${author.username}`,
      };
      const postId = await insist(() => posts.create({ ...intent, idem: `${run}-liked-${n}` }));
      if (postId === undefined) continue;
      made.posts.set(postId, author);
      made.likedPosts.push(postId);
    }
  }
}

async function inTurn<Result>(count: number, make: (n: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let n = 0; n < count; n += 1) results.push(await make(n));
  return results;
}

/** From an address of its own, as a person elsewhere would. Not recorded: nothing is broken yet. */
function signUpFrom({ url, sourceAddress }: FaultPeopleOptions, username: string): Promise<FaultPerson> {
  const body = JSON.stringify({ username, password: 'correct horse battery staple 42' });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = httpRequest(
      `${url}${API}/users`,
      { method: 'POST', localAddress: sourceAddress, headers },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => {
          if (answer.statusCode !== 201) return reject(new Error(`sign-up: ${answer.statusCode} ${text}`));
          const made = JSON.parse(text);
          resolve({ username, userId: textAt(made, 'user', 'user_id'), token: textAt(made, 'access_token') });
        });
      },
    );
    request.on('error', reject).end(body);
  });
}

interface TimelinePage {
  readonly items: readonly { readonly post_id: string; readonly text: string }[];
  readonly next_page_token: string | null;
}

/** The first page of somebody's home timeline. */
export async function readTimelinePage(
  http: HttpClient,
  recorder: HistoryRecorder,
  { userId, token }: FaultPerson,
): Promise<void> {
  const pending = recorder.invoke({ f: 'read-timeline', session: userId });
  const request = { method: 'GET', path: `${API}/feed?limit=100`, token } as const;
  const response = await sendRecorded(http, request, pending);
  if (response === undefined) return;
  // The product's own page; a wrong one fails in the checker.
  const page: TimelinePage = JSON.parse(response.body.toString());
  pending.ok({ posts: page.items.map(({ post_id, text }) => ({ post_id, text })), complete: false });
}

/** All of it. Answers whether it was answered. */
export async function readWholeTimeline(
  http: HttpClient,
  recorder: HistoryRecorder,
  { userId, token }: FaultPerson,
): Promise<boolean> {
  const pending = recorder.invoke({ f: 'read-timeline', session: userId });
  const posts: { post_id: string; text: string }[] = [];
  for (let from: string | null = ''; from !== null; ) {
    const path: string = `${API}/feed?limit=100${from === '' ? '' : `&page_token=${encodeURIComponent(from)}`}`;
    const response = await sendRecorded(http, { method: 'GET', path, token }, pending);
    if (response === undefined) return false;
    const page: TimelinePage = JSON.parse(response.body.toString());
    posts.push(...page.items.map(({ post_id, text }) => ({ post_id, text })));
    from = page.next_page_token;
  }
  pending.ok({ posts, complete: true });
  return true;
}

async function openLink(http: HttpClient, recorder: HistoryRecorder, code: string): Promise<void> {
  const pending = recorder.invoke({ f: 'open-link', key: code });
  const response = await sendRecorded(http, { method: 'GET', path: `/l/${code}` }, pending, 404);
  if (response === undefined) return;
  pending.ok({ target: response.status === 404 ? null : (headerOf(response, 'location') ?? '') });
}

/** By the client of the platform, which can send forms. */
async function uploadPicture(
  url: string,
  recorder: HistoryRecorder,
  { userId, token }: FaultPerson,
): Promise<string | undefined> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(await noise(320, 240))]), 'picture.jpeg');
  const pending = recorder.invoke({ f: 'upload-picture', key: userId, session: userId });
  try {
    const answer = await fetch(`${url}${API}/media`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS * 2),
    });
    const text = await answer.text();
    if (answer.status === 201) {
      const media_id = textAt(JSON.parse(text), 'media_id');
      pending.ok({ media_id });
      return media_id;
    }
    if (answer.status >= 500) pending.info({ status: answer.status });
    else pending.fail({ status: answer.status, body: text.slice(0, 200) });
  } catch (error) {
    pending.info({ error: error instanceof Error ? error.name : String(error) });
  }
  return undefined;
}
