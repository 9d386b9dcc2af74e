/**
 * The operations of a history that concern posts, with their values typed.
 *
 * | f             | key                      | invoked with                  | ok with                              |
 * |---------------|--------------------------|-------------------------------|--------------------------------------|
 * | `create-post` | the author's id          | `{ text }`                    | `{ post_id, reply }`                 |
 * | `read-posts`  | the post's or author's   | `{ view, final }`             | `{ posts: [{ post_id, text }], complete }` |
 *
 * Texts are the clients' own marks: each is used for one post only, or for the retries of one.
 */

import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../core/errors.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { type HistoryOperation, pairOperations } from './history-operations.ts';

const CreatePost = Type.Object({ text: Type.String() });
const PostCreated = Type.Object({
  post_id: Type.String(),
  /** The body of the answer or a digest of it: every retry must have the same. */
  reply: Type.String(),
});
/** `status` is absent if there was no answer at all. */
const PostNotCreated = Type.Object({ status: Type.Optional(Type.Integer()) });

/** `post`: one by its id. `author`: all of an author's. `store`: everything there is. */
const View = Type.Union([Type.Literal('post'), Type.Literal('author'), Type.Literal('store')]);
const ReadPosts = Type.Object({
  view: View,
  /** After everything was healed and has become quiet. */
  final: Type.Boolean(),
});
const PostsRead = Type.Object({
  posts: Type.Array(Type.Object({ post_id: Type.String(), text: Type.String() })),
  /** Whether the whole view was read: only then does absence mean something. */
  complete: Type.Boolean(),
});

export type PostView = Static<typeof View>;

/** One request to create a post. */
export interface CreateAttempt {
  readonly operation: HistoryOperation;
  readonly authorId: string;
  readonly text: string;
  readonly created: Static<typeof PostCreated> | undefined;
  /** Of an answer that refused it. */
  readonly status: number | undefined;
}

/** A request and its retries: what should have made one post, or none if no attempt was acknowledged. */
export interface IntendedPost {
  readonly idem: string | null;
  readonly attempts: readonly CreateAttempt[];
}

export interface PostRead {
  readonly invoke: HistoryEvent;
  readonly completion: HistoryEvent;
  readonly view: PostView;
  /** The post's or author's id; null of the store. */
  readonly key: string | null;
  readonly final: boolean;
  readonly posts: readonly Readonly<Static<typeof PostsRead>['posts'][number]>[];
  readonly textById: ReadonlyMap<string, string>;
  readonly complete: boolean;
}

export interface PostHistory {
  readonly intended: readonly IntendedPost[];
  /** By the clients' mark. */
  readonly intendedByText: ReadonlyMap<string, IntendedPost>;
  /** Only those that were answered. */
  readonly reads: readonly PostRead[];
}

/** Fails with `invalid` if the recording contradicts itself or the rules above. */
export function parsePostHistory(events: readonly HistoryEvent[]): PostHistory {
  const operations = pairOperations(events);
  const attempts = operations.filter(({ invoke }) => invoke.f === 'create-post').map(parseAttempt);
  const reads = operations.filter(({ invoke, outcome }) => invoke.f === 'read-posts' && outcome === 'ok');
  const intended = groupByIdem(attempts);
  return { intended, intendedByText: indexByText(intended), reads: reads.map(parseRead) };
}

function groupByIdem(attempts: readonly CreateAttempt[]): IntendedPost[] {
  const groups = new Map<string | number, CreateAttempt[]>();
  for (const attempt of attempts) {
    const { idem, i } = attempt.operation.invoke;
    const group = groups.get(idem ?? i);
    if (group === undefined) groups.set(idem ?? i, [attempt]);
    else group.push(attempt);
  }
  return [...groups].map(([key, group]) => ({ idem: typeof key === 'string' ? key : null, attempts: group }));
}

function indexByText(intended: readonly IntendedPost[]): Map<string, IntendedPost> {
  const byText = new Map<string, IntendedPost>();
  for (const post of intended) {
    for (const { text, operation } of post.attempts) {
      const other = byText.get(text);
      if (other !== undefined && other !== post) {
        throw new AppError('invalid', `Event ${operation.invoke.i} uses the text of another post again.`);
      }
      byText.set(text, post);
    }
  }
  return byText;
}

function parseAttempt(operation: HistoryOperation): CreateAttempt {
  const { invoke, outcome, completion } = operation;
  const { text } = parseValue(CREATE_POST, invoke);
  const created = outcome === 'ok' && completion ? parseValue(POST_CREATED, completion) : undefined;
  const refused = outcome !== 'ok' && completion?.value ? parseValue(POST_NOT_CREATED, completion) : {};
  return { operation, authorId: invoke.key ?? '', text, created, status: refused.status };
}

function parseRead({ invoke, completion }: HistoryOperation): PostRead {
  if (completion === undefined) throw new AppError('invalid', `Event ${invoke.i} has no answer.`);
  const { view, final } = parseValue(READ_POSTS, invoke);
  const { posts, complete } = parseValue(POSTS_READ, completion);
  const textById = new Map(posts.map(({ post_id, text }) => [post_id, text]));
  return { invoke, completion, view, key: invoke.key, final, posts, textById, complete };
}

/** What an excerpt shows of an attempt. */
export function attemptEvents({ operation }: CreateAttempt): (HistoryEvent | undefined)[] {
  return [operation.invoke, operation.completion];
}

/** What an excerpt shows of a read: of the answer only the posts that matter, and how many there were. */
export function readEvents(read: PostRead, postIds: readonly string[]): HistoryEvent[] {
  const posts = read.posts.filter(({ post_id }) => postIds.includes(post_id));
  return [read.invoke, { ...read.completion, value: { posts, of: read.posts.length } }];
}

const CREATE_POST = Compile(CreatePost);
const POST_CREATED = Compile(PostCreated);
const POST_NOT_CREATED = Compile(PostNotCreated);
const READ_POSTS = Compile(ReadPosts);
const POSTS_READ = Compile(PostsRead);
