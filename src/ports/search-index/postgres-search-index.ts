/** The search index in PostgreSQL: words in a tsvector of each post and user, found by a GIN index. */
import type { Clock } from '../../core/clock.ts';
import { assert } from '../../core/errors.ts';
import { type Id, shardOf } from '../../core/ids.ts';
import type { SqlStore, SqlTransaction } from '../sql-store/sql-store.ts';
import { createPostgresPostSearch } from './postgres-post-search.ts';
import { windowLexemes } from './postgres-post-windows.ts';
import {
  getMissingPosts,
  insertSearchPosts,
  type LockedPostRow,
  lockSearchPosts,
  purgeSearchPosts,
  type SearchPostJson,
  updateSearchPosts,
} from './postgres-search-posts.ts';
import { addTagUses, purgeSearchTags, searchTagsByPrefix } from './postgres-search-tags.ts';
import {
  getMissingUsers,
  putSearchUsers,
  rankSearchUsers,
  type SearchUserJson,
} from './postgres-search-users.ts';
import { stemmerOf } from './postgres-stemmers.ts';
import { authorLexeme, tagLexeme, vectorText } from './postgres-text-query.ts';
import { createPostgresUserSearch } from './postgres-user-search.ts';
import {
  INDEX_BATCH_MAX,
  type IndexedPost,
  type IndexedUser,
  REMOVED_VERSION,
  type RemovedPost,
  SEARCH_LIMIT_MAX,
  type SearchIndex,
} from './search-index.ts';
import { foldText, indexedWords } from './search-words.ts';

/** Removed posts are remembered so long. */
export const REMOVED_DAYS = 30;
const PURGE_LIMIT = 1_000;
/** No tag goes on after it with a higher character. */
const LAST_CHARACTER = '\u{10ffff}';

export interface PostgresSearchIndexDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
}

export function createPostgresSearchIndex({ sql, clock }: PostgresSearchIndexDeps): SearchIndex {
  const posts = createPostgresPostSearch({ sql, clock });
  const users = createPostgresUserSearch(sql);

  async function putPosts(rows: readonly SearchPostJson[]): Promise<void> {
    assert(rows.length <= INDEX_BATCH_MAX, `${rows.length} posts are too many for one batch`);
    if (rows.length > 0) await sql.transaction((transaction) => writePosts(transaction, latestOf(rows)));
  }

  async function putUsers(rows: readonly SearchUserJson[]): Promise<void> {
    assert(rows.length <= INDEX_BATCH_MAX, `${rows.length} users are too many for one batch`);
    const latest = latestBy(rows, ({ user_id }) => user_id, mergeUsers);
    if (latest.length > 0) await sql.query(putSearchUsers, [JSON.stringify(latest)]);
  }

  return {
    searchableAfterMs: 0,

    indexPosts: (given) => putPosts(given.map(postJson)),
    removePosts: (given) => putPosts(given.map(removedJson)),

    async missingPosts(postIds) {
      if (postIds.length === 0) return [];
      return (await sql.query(getMissingPosts, [postIds])).map(({ post_id }) => post_id);
    },

    indexUsers: (given) => putUsers(given.map(userJson)),
    removeUsers: (userIds) => putUsers(userIds.map(removedUserJson)),

    async missingUsers(userIds) {
      if (userIds.length === 0) return [];
      return (await sql.query(getMissingUsers, [userIds])).map(({ user_id }) => user_id);
    },

    async rankUsers(followers) {
      const entries = [...followers].filter(([, count]) => Number.isSafeInteger(count));
      if (entries.length === 0) return;
      await sql.query(rankSearchUsers, [
        entries.map(([userId]) => userId),
        entries.map(([, count]) => count),
      ]);
    },

    ...posts,
    ...users,

    async searchTags(prefix, { after, limit }) {
      assert(limit <= SEARCH_LIMIT_MAX, `${limit} hits are too many for one page`);
      const from = foldText(prefix);
      const below = `${from}${LAST_CHARACTER}`;
      const place = [after?.useCount ?? null, after?.tag ?? ''] as const;
      const rows = await sql.query(searchTagsByPrefix, [from, below, ...place, limit + 1]);
      const tags = rows.slice(0, limit).map(({ tag, use_count: useCount }) => ({ tag, useCount }));
      return { tags, next: rows.length > limit ? tags.at(-1) : undefined };
    },

    async purge() {
      const [posts] = await sql.query(purgeSearchPosts, [REMOVED_DAYS, PURGE_LIMIT]);
      const [tags] = await sql.query(purgeSearchTags, [PURGE_LIMIT]);
      return posts?.purged === PURGE_LIMIT || tags?.purged === PURGE_LIMIT;
    },
  };
}

/** Most are new, and then it is one statement, and one more for the tags. */
async function writePosts(transaction: SqlTransaction, rows: readonly SearchPostJson[]): Promise<void> {
  const inserted = await transaction.query(insertSearchPosts, [JSON.stringify(rows)]);
  const newIds = new Set(inserted.map(({ post_id }) => post_id));
  const changes = new Map<string, number>();
  for (const row of rows) if (newIds.has(row.post_id)) countTags(changes, row, 1);
  const others = rows.filter(({ post_id }) => !newIds.has(post_id));
  if (others.length > 0) await changePosts(transaction, others, changes);
  const tags = [...changes.keys()].filter((tag) => changes.get(tag) !== 0);
  if (tags.length === 0) return;
  await transaction.query(addTagUses, [tags, tags.map(foldText), tags.map((tag) => changes.get(tag) ?? 0)]);
}

async function changePosts(
  transaction: SqlTransaction,
  rows: readonly SearchPostJson[],
  changes: Map<string, number>,
): Promise<void> {
  const locked = await transaction.query(lockSearchPosts, [rows.map(({ post_id }) => post_id)]);
  const known = new Map(locked.map((row) => [row.post_id, row]));
  const later = rows.filter(({ post_id, version }) => version >= (known.get(post_id)?.version ?? 0));
  if (later.length === 0) return;
  for (const row of later) {
    const old = known.get(row.post_id);
    if (old !== undefined) countTags(changes, old, -1);
    countTags(changes, row, 1);
  }
  await transaction.query(updateSearchPosts, [JSON.stringify(later)]);
}

function countTags(
  changes: Map<string, number>,
  { visibility, tags }: Pick<LockedPostRow, 'visibility' | 'tags'>,
  step: 1 | -1,
): void {
  if (visibility !== 'public') return;
  for (const tag of tags) changes.set(tag, (changes.get(tag) ?? 0) + step);
}

function latestOf(rows: readonly SearchPostJson[]): SearchPostJson[] {
  return latestBy(rows, ({ post_id }) => post_id);
}

/** One row for each id: a statement cannot write the same one twice. */
function latestBy<Row extends { readonly version: number }>(
  rows: readonly Row[],
  idOf: (row: Row) => Id,
  merge: (earlier: Row, later: Row) => Row = (_earlier, later) => later,
): Row[] {
  const latest = new Map<Id, Row>();
  for (const row of rows) {
    const known = latest.get(idOf(row));
    if (known === undefined) latest.set(idOf(row), row);
    else latest.set(idOf(row), known.version > row.version ? merge(row, known) : merge(known, row));
  }
  return [...latest.values()];
}

function mergeUsers(earlier: SearchUserJson, later: SearchUserJson): SearchUserJson {
  return { ...later, state: later.state ?? earlier.state };
}

function postJson(post: IndexedPost): SearchPostJson {
  const { postId, authorId, text, language, visibility, audienceIds, tags, version } = post;
  assert(version >= 0 && version < REMOVED_VERSION, `the version ${version} is out of range`);
  const words = indexedWords(text);
  const stemmer = stemmerOf(language);
  return {
    post_id: postId,
    shard: shardOf(authorId),
    author_id: authorId,
    version,
    visibility,
    audience_ids: audienceIds,
    tags: [...new Set(tags)],
    vector: vectorText(words, [authorLexeme(authorId), ...tags.map(tagLexeme), ...windowLexemes(postId)]),
    removed: false,
    dictionary: stemmer?.dictionary ?? null,
    stem_code: stemmer?.code ?? null,
    stemmed_words: stemmer === undefined ? [] : [...new Set(words.map((word) => word.text))],
  };
}

function removedJson({ postId, authorId }: RemovedPost): SearchPostJson {
  return {
    ...{ post_id: postId, shard: shardOf(authorId), author_id: authorId, version: REMOVED_VERSION },
    ...{ visibility: 'direct', audience_ids: [], tags: [], vector: '', removed: true },
    ...{ dictionary: null, stem_code: null, stemmed_words: [] },
  };
}

function userJson({ userId, username, displayName, hidden, version }: IndexedUser): SearchUserJson {
  assert(version >= 0 && version < REMOVED_VERSION, `the version ${version} is out of range`);
  return {
    user_id: userId,
    shard: shardOf(userId),
    version,
    state: hidden === undefined ? null : hidden ? 'hidden' : 'shown',
    username_key: foldText(username),
    name_key: foldText(displayName),
    vector: vectorText(indexedWords(`${username}\n${displayName}`)),
  };
}

function removedUserJson(userId: Id): SearchUserJson {
  return {
    ...{ user_id: userId, shard: shardOf(userId), version: REMOVED_VERSION, state: 'removed' },
    ...{ username_key: '', name_key: '', vector: '' },
  };
}
