/** What live updates ask of the feed. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';
import { type IdListColumn, idList } from './home/id-list-queries.ts';

export interface ReaderRelationsRow {
  readonly followee_ids: IdListColumn;
  readonly muted_ids: IdListColumn;
  readonly blocked_ids: IdListColumn;
  readonly blocked_by_ids: IdListColumn;
}

/** Of the kind write, though it writes nothing: what it answers is kept by the events heard since, so no replica may answer. */
export const getReaderRelations = writeStatement<[readerId: Id], ReaderRelationsRow>(
  'live_reads_get_relations',
  `SELECT
     (SELECT ${idList('followee_id')} FROM follows WHERE follower_id = $1) AS followee_ids,
     (SELECT ${idList('muted_id')} FROM mutes WHERE user_id = $1) AS muted_ids,
     (SELECT ${idList('blocked_id')} FROM blocks WHERE user_id = $1) AS blocked_ids,
     (SELECT ${idList('user_id')} FROM blocks WHERE blocked_id = $1) AS blocked_by_ids`,
);

export interface ReactedRow {
  readonly user_id: Id;
  readonly post_id: Id;
  readonly liked: boolean;
  readonly reposted: boolean;
  readonly bookmarked: boolean;
}

/** Those of the pairs of a user and a post in which the user has reacted. Each is three look-ups in primary keys. */
export const getReacted = readStatement<[userIds: readonly Id[], postIds: readonly Id[]], ReactedRow>(
  'live_reads_get_reacted',
  `SELECT user_id, post_id, liked, reposted, bookmarked FROM (
     SELECT pair.user_id, pair.post_id,
       (SELECT user_id FROM likes WHERE likes.user_id = pair.user_id AND likes.post_id = pair.post_id)
         IS NOT NULL AS liked,
       (SELECT user_id FROM reposts WHERE reposts.user_id = pair.user_id AND reposts.post_id = pair.post_id)
         IS NOT NULL AS reposted,
       (SELECT user_id FROM bookmarks
        WHERE bookmarks.user_id = pair.user_id AND bookmarks.post_id = pair.post_id) IS NOT NULL AS bookmarked
     FROM unnest($1::bigint[], $2::bigint[]) AS pair (user_id, post_id)) AS reacted
   WHERE liked OR reposted OR bookmarked`,
);
