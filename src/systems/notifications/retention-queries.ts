/** What is dropped: of locked inboxes, a bounded piece at a time. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export interface GroupKeyRow {
  readonly user_id: Id;
  readonly group_id: Id;
}

/** Groups that began before an id was made. */
export const getAgedGroups = readStatement<[before: Id, limit: number], GroupKeyRow>(
  'notification_groups_get_aged',
  `SELECT user_id, group_id FROM notification_groups WHERE group_id < $1 ORDER BY group_id LIMIT $2`,
);

export const getOldestGroups = readStatement<[userId: Id, limit: number], GroupKeyRow>(
  'notification_groups_get_oldest',
  `SELECT user_id, group_id FROM notification_groups WHERE user_id = $1 ORDER BY group_id LIMIT $2`,
);

type GroupKeys = [userIds: readonly Id[], groupIds: readonly Id[]];

/** Up to `limit` notifications of the groups. */
export const dropRows = writeStatement<[...GroupKeys, limit: number]>(
  'notifications_drop',
  `DELETE FROM notifications WHERE (user_id, kind, subject_id, actor_id, group_id) IN (
     SELECT inside.user_id, inside.kind, inside.subject_id, inside.actor_id, inside.group_id
     FROM unnest($1::bigint[], $2::bigint[]) AS doomed (user_id, group_id) CROSS JOIN LATERAL (
       SELECT row.user_id, row.kind, row.subject_id, row.actor_id, row.group_id FROM notifications AS row
       WHERE row.user_id = doomed.user_id AND row.group_id = doomed.group_id LIMIT $3) AS inside
     LIMIT $3)`,
);

/** Those of the groups that are empty. In a statement after the one that empties them. */
export const dropEmptyGroups = writeStatement<GroupKeys, GroupKeyRow>(
  'notification_groups_drop_empty',
  `DELETE FROM notification_groups AS doomed
   USING unnest($1::bigint[], $2::bigint[]) AS named (user_id, group_id)
   WHERE doomed.user_id = named.user_id AND doomed.group_id = named.group_id
     AND (SELECT row.actor_id FROM notifications AS row
       WHERE row.user_id = named.user_id AND row.group_id = named.group_id LIMIT 1) IS NULL
   RETURNING doomed.user_id, doomed.group_id`,
);

/** What was noted of changes that nothing was known of. */
export const dropNotes = writeStatement<[ageMs: number, limit: number], { dropped: number }>(
  'notifications_drop_notes',
  `WITH dropped AS (
     DELETE FROM notifications WHERE (user_id, kind, subject_id, actor_id, group_id) IN (
       SELECT user_id, kind, subject_id, actor_id, group_id FROM notifications
       WHERE group_id = 0 AND created_at < now() - $1::double precision * interval '1 ms'
       ORDER BY created_at LIMIT $2) RETURNING 1)
   SELECT count(*) AS dropped FROM dropped`,
);
