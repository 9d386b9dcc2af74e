/** What a batch of changes reads and writes: one statement for each sort of thing, however many. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';
import type { NotificationKind } from './notification.ts';
import type { RowState } from './notification-plan.ts';

export interface LastRow {
  /** Of the key it was asked for by, from 1. */
  readonly place: number;
  readonly group_id: Id;
  readonly notification_id: Id;
  readonly cause_id: Id;
  readonly state: RowState;
}

type Keys = [
  userIds: readonly Id[],
  kinds: readonly string[],
  subjectIds: readonly Id[],
  actorIds: readonly Id[],
];

/** Of each key the row in the last group; a note only where there is no other. */
export const getLastRows = readStatement<Keys, LastRow>(
  'notifications_get_last_rows',
  `SELECT place, last.*
   FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
     AS wanted (user_id, kind, subject_id, actor_id, place)
   CROSS JOIN LATERAL (
     SELECT row.group_id, row.notification_id, row.cause_id, row.state FROM notifications AS row
     WHERE row.user_id = wanted.user_id AND row.kind = wanted.kind AND row.subject_id = wanted.subject_id
       AND row.actor_id = wanted.actor_id
     ORDER BY row.group_id DESC LIMIT 1) AS last`,
);

export interface LastGroupRow {
  readonly place: number;
  readonly group_id: Id;
  readonly gone: boolean;
}

/** Of each kind about each subject the last group. */
export const getLastGroups = readStatement<
  [userIds: readonly Id[], kinds: readonly string[], subjectIds: readonly Id[]],
  LastGroupRow
>(
  'notifications_get_last_groups',
  `SELECT place, last.*
   FROM unnest($1::bigint[], $2::text[], $3::bigint[]) WITH ORDINALITY AS wanted (user_id, kind, subject_id, place)
   CROSS JOIN LATERAL (
     SELECT about.group_id, about.gone FROM notification_groups AS about
     WHERE about.subject_id = wanted.subject_id AND about.kind = wanted.kind AND about.user_id = wanted.user_id
     ORDER BY about.group_id DESC LIMIT 1) AS last`,
);

export const insertRows = writeStatement<
  [
    ...Keys,
    groupIds: readonly Id[],
    notificationIds: readonly Id[],
    causeIds: readonly Id[],
    states: readonly RowState[],
    createdAts: readonly string[],
    shards: readonly number[],
  ]
>(
  'notifications_insert',
  `INSERT INTO notifications
     (user_id, kind, subject_id, actor_id, group_id, notification_id, cause_id, state, created_at, shard)
   SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
     $8::text[], $9::timestamptz[], $10::smallint[])`,
);

export const updateRows = writeStatement<
  [...Keys, groupIds: readonly Id[], causeIds: readonly Id[], states: readonly RowState[]]
>(
  'notifications_update',
  `UPDATE notifications AS row SET cause_id = changed.cause_id, state = changed.state
   FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
     AS changed (user_id, kind, subject_id, actor_id, group_id, cause_id, state)
   WHERE row.user_id = changed.user_id AND row.kind = changed.kind AND row.subject_id = changed.subject_id
     AND row.actor_id = changed.actor_id AND row.group_id = changed.group_id`,
);

export interface GroupRow {
  readonly user_id: Id;
  readonly group_id: Id;
  readonly shown_count: number;
  readonly gone: boolean;
}

/** New groups, and what is added to others and taken from them. */
export const upsertGroups = writeStatement<
  [
    userIds: readonly Id[],
    groupIds: readonly Id[],
    shards: readonly number[],
    kinds: readonly string[],
    subjectIds: readonly Id[],
    latestIds: readonly Id[],
    shownDeltas: readonly number[],
  ],
  GroupRow
>(
  'notification_groups_upsert',
  `INSERT INTO notification_groups AS known (user_id, group_id, shard, kind, subject_id, latest_id, shown_count)
   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[])
   ON CONFLICT (user_id, group_id) DO UPDATE SET latest_id = greatest(known.latest_id, excluded.latest_id),
     shown_count = known.shown_count + excluded.shown_count
   RETURNING user_id, group_id, shown_count, gone`,
);

/** Who has notifications about any of the posts. */
export const getUsersOfPosts = readStatement<
  [postIds: readonly Id[], kinds: readonly string[]],
  { user_id: Id }
>(
  'notification_groups_get_users_of_posts',
  `SELECT DISTINCT user_id FROM notification_groups
   WHERE subject_id = ANY ($1::bigint[]) AND kind = ANY ($2::text[]) AND NOT gone`,
);

export interface GoneGroupRow {
  readonly user_id: Id;
  readonly group_id: Id;
  readonly kind: NotificationKind;
  readonly latest_id: Id;
  readonly shown_count: number;
}

/** Of locked inboxes. */
export const markGone = writeStatement<
  [postIds: readonly Id[], kinds: readonly string[], userIds: readonly Id[]],
  GoneGroupRow
>(
  'notification_groups_mark_gone',
  `UPDATE notification_groups SET gone = true
   WHERE subject_id = ANY ($1::bigint[]) AND kind = ANY ($2::text[]) AND user_id = ANY ($3::bigint[]) AND NOT gone
   RETURNING user_id, group_id, kind, latest_id, shown_count`,
);
