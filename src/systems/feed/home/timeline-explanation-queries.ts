/** Facts about one post and one reader, from which an explanation is made. No rules: those are in `entry-rules.ts`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from '../posts/post.ts';

export interface SubjectRow {
  readonly post_id: Id;
  readonly author_id: Id;
  readonly visibility: Visibility;
  readonly deleted_at: Date | null;
  /** Null for a post under its own id. */
  readonly reposter_id: Id | null;
}

/** What the id of a post or repost stands for, deleted posts too. */
export const getSubject = readStatement<[entryId: Id], SubjectRow>(
  'explanation_get_subject',
  `SELECT post.post_id, post.author_id, post.visibility, post.deleted_at, repost.user_id AS reposter_id
   FROM (SELECT $1::bigint AS entry_id) AS asked
   LEFT JOIN LATERAL (
     SELECT user_id, post_id FROM reposts WHERE repost_id = asked.entry_id LIMIT 1) AS repost ON true
   JOIN LATERAL (
     SELECT post_id, author_id, visibility, deleted_at FROM posts
     WHERE posts.post_id = coalesce(repost.post_id, asked.entry_id) LIMIT 1) AS post ON true`,
);

/** How the reader stands to a user; the ids, which are times, are null where there is nothing. */
export interface StandingRow {
  readonly user_id: Id;
  readonly follow_id: Id | null;
  readonly request_id: Id | null;
  readonly mute_id: Id | null;
  readonly block_id: Id | null;
  readonly blocked_by_id: Id | null;
  readonly state: 'suspended' | 'deleted' | 'erased' | null;
}

/** One row for each user. */
export const getStandings = readStatement<[readerId: Id, userIds: readonly Id[]], StandingRow>(
  'explanation_get_standings',
  `SELECT asked.user_id,
     (SELECT follow_id FROM follows WHERE follower_id = $1 AND followee_id = asked.user_id) AS follow_id,
     (SELECT request_id FROM follow_requests WHERE requester_id = $1 AND target_id = asked.user_id) AS request_id,
     (SELECT mute_id FROM mutes WHERE mutes.user_id = $1 AND muted_id = asked.user_id) AS mute_id,
     (SELECT block_id FROM blocks WHERE blocks.user_id = $1 AND blocked_id = asked.user_id) AS block_id,
     (SELECT block_id FROM blocks WHERE blocks.user_id = asked.user_id AND blocked_id = $1) AS blocked_by_id,
     (SELECT state FROM hidden_users WHERE hidden_users.user_id = asked.user_id) AS state
   FROM unnest($2::bigint[]) AS asked (user_id)`,
);

export interface SourceRepostRow {
  readonly repost_id: Id;
  readonly user_id: Id;
}

/** The newest reposts of the post by the reader and by whom the reader follows. */
export const getSourceReposts = readStatement<[readerId: Id, postId: Id, limit: number], SourceRepostRow>(
  'explanation_get_source_reposts',
  `SELECT repost.repost_id, repost.user_id
   FROM (
     SELECT $1::bigint AS user_id
     UNION ALL
     SELECT followee_id FROM follows WHERE follower_id = $1) AS source
   CROSS JOIN LATERAL (
     SELECT reposts.repost_id, reposts.user_id FROM reposts
     WHERE reposts.user_id = source.user_id AND reposts.post_id = $2) AS repost
   ORDER BY repost.repost_id DESC LIMIT $3`,
);

export interface AuthorModeOfRow {
  readonly author_id: Id;
  readonly mode: 'pushed' | 'pulled';
  readonly changed_at: Date;
}

/** No row for who was never pulled. */
export const getAuthorModes = readStatement<[authorIds: readonly Id[]], AuthorModeOfRow>(
  'explanation_get_author_modes',
  'SELECT author_id, mode, changed_at FROM author_modes WHERE author_id = ANY ($1::bigint[])',
);
