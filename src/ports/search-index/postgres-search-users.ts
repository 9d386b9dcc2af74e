/** Users in the search index on PostgreSQL: the statements. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../sql-store/sql-store.ts';

export interface SearchUserJson {
  readonly user_id: Id;
  readonly shard: number;
  readonly version: number;
  /** Null: as it is, or shown. */
  readonly state: 'shown' | 'hidden' | 'removed' | null;
  readonly username_key: string;
  readonly name_key: string;
  /** A tsvector. */
  readonly vector: string;
}

/** In the order of ids, so that two batches do not wait for each other in a circle. */
export const putSearchUsers = writeStatement<[users: string]>(
  'search_users_put',
  `WITH given AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS given (
       user_id bigint, shard smallint, version bigint, state text, username_key text, name_key text, vector text))
   INSERT INTO search_users AS kept (user_id, shard, version, state, username_key, name_key, words)
   SELECT user_id, shard, version, coalesce(state, 'shown'), username_key, name_key, vector::tsvector
   FROM given ORDER BY user_id
   ON CONFLICT (user_id) DO UPDATE SET version = excluded.version,
     state = coalesce((SELECT given.state FROM given WHERE given.user_id = kept.user_id), kept.state),
     username_key = excluded.username_key, name_key = excluded.name_key, words = excluded.words
   WHERE kept.version <= excluded.version`,
);

export const getMissingUsers = readStatement<[userIds: readonly Id[]], { user_id: Id }>(
  'search_users_get_missing',
  `SELECT asked.user_id FROM unnest($1::bigint[]) AS asked (user_id)
   WHERE (SELECT known.user_id FROM search_users AS known WHERE known.user_id = asked.user_id) IS NULL`,
);

/** Only what is off by more than a twentieth: each change of a rank is one in all indexes. */
export const rankSearchUsers = writeStatement<[userIds: readonly Id[], followers: readonly number[]]>(
  'search_users_rank',
  `WITH ranked AS MATERIALIZED (
     SELECT kept.user_id, given.followers
     FROM unnest($1::bigint[], $2::int[]) AS given (user_id, followers)
     CROSS JOIN LATERAL (
       SELECT user_id FROM search_users AS kept
       WHERE kept.user_id = given.user_id AND abs(kept.popularity - given.followers) * 20 > kept.popularity
       FOR NO KEY UPDATE) AS kept
     ORDER BY kept.user_id)
   UPDATE search_users AS kept SET popularity = ranked.followers FROM ranked WHERE kept.user_id = ranked.user_id`,
);

export interface UserHitRow {
  readonly user_id: Id;
  readonly popularity: number;
}

/** Where the page begins, what the names must have, and who is left out. */
export type SearchUsersParams = readonly [
  beginnings: string,
  popularity: number,
  userId: Id,
  limit: number,
  followeeIds: readonly Id[],
  hiddenIds: readonly Id[],
];

const FOUND = `found.words @@ $1::tsquery AND found.user_id NOT IN (SELECT unnest($6::bigint[]))`;
const ORDER = 'found.popularity DESC, found.user_id DESC';
const AFTER = '(found.popularity, found.user_id) < ($2::int, $3::bigint)';

export const getSearchUsersNamed = readStatement<[usernameKey: string, hiddenIds: readonly Id[]], UserHitRow>(
  'search_users_get_named',
  `SELECT user_id, popularity FROM search_users
   WHERE username_key = $1 AND state = 'shown' AND user_id NOT IN (SELECT unnest($2::bigint[]))
   ORDER BY user_id LIMIT 1`,
  { mayBeStale: true },
);

/** Of those whom the viewer follows. */
export const searchFollowees = readStatement<SearchUsersParams, UserHitRow>(
  'search_users_followees',
  `SELECT found.user_id, found.popularity FROM unnest($5::bigint[]) AS followee (user_id)
   CROSS JOIN LATERAL (
     SELECT user_id, popularity, words FROM search_users
     WHERE search_users.user_id = followee.user_id AND state = 'shown') AS found
   WHERE ${FOUND} AND ${AFTER} ORDER BY ${ORDER} LIMIT $4`,
  { mayBeStale: true },
);

/** Of the most followed of all others: what is in very many names is found among them. */
export const searchPopularUsers = readStatement<[...SearchUsersParams, walked: number], UserHitRow>(
  'search_users_popular',
  `SELECT found.user_id, found.popularity FROM (
     SELECT user_id, popularity, words FROM search_users
     WHERE state = 'shown' AND (popularity, user_id) < ($2::int, $3::bigint)
     ORDER BY popularity DESC, user_id DESC LIMIT $7) AS found
   WHERE ($1::text = '' OR found.words @@ nullif($1, '')::tsquery) AND found.user_id NOT IN (SELECT unnest($6::bigint[]))
     AND found.user_id NOT IN (SELECT unnest($5::bigint[]))
   ORDER BY ${ORDER} LIMIT $4`,
  { mayBeStale: true },
);

/** Of all others, by the index of words. Adding 0 keeps the planner from walking all users by their popularity. */
export const searchAllUsers = readStatement<SearchUsersParams, UserHitRow>(
  'search_users_all',
  `WITH found AS MATERIALIZED (
     SELECT user_id, popularity FROM search_users AS found
     WHERE ${FOUND} AND found.state || '' = 'shown' AND found.user_id NOT IN (SELECT unnest($5::bigint[]))
       AND (found.popularity + 0, found.user_id) < ($2::int, $3::bigint))
   SELECT user_id, popularity FROM found ORDER BY ${ORDER} LIMIT $4`,
  { mayBeStale: true },
);

/** Of the most followed: an index of trigrams would read the names of all, where many begin alike. */
export const searchSimilarUsers = readStatement<
  [text: string, limit: number, hiddenIds: readonly Id[], walked: number, likenessMin: number],
  UserHitRow
>(
  'search_users_similar',
  `SELECT found.user_id, found.popularity FROM (
     SELECT user_id, popularity, greatest(similarity(username_key, $1), similarity(name_key, $1)) AS likeness
     FROM search_users WHERE state = 'shown' ORDER BY popularity DESC, user_id DESC LIMIT $4) AS found
   WHERE found.likeness >= $5::float8 AND found.user_id NOT IN (SELECT unnest($3::bigint[]))
   ORDER BY found.likeness DESC, ${ORDER} LIMIT $2`,
  { mayBeStale: true },
);
