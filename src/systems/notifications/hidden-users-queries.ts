/** The table `notification_hidden_users`, and bringing the rows of an actor in line with it, a piece at a time. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';
import type { NotificationKind } from './notification.ts';
import type { RowState } from './notification-plan.ts';

export type HiddenState = 'suspended' | 'restored' | 'deleted';

/** Whoever is deleted stays so. */
export const recordStates = writeStatement<
  [userIds: readonly Id[], shards: readonly number[], states: readonly HiddenState[]]
>(
  'notification_hidden_users_record',
  `INSERT INTO notification_hidden_users AS known (user_id, shard, state)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[])
   ON CONFLICT (user_id) DO UPDATE SET state = excluded.state, changed_at = clock_timestamp(), settled = false
   WHERE known.state <> 'deleted' AND known.state <> excluded.state`,
);

export const getStates = readStatement<[userIds: readonly Id[]], { user_id: Id; state: HiddenState }>(
  'notification_hidden_users_get',
  `SELECT user_id, state FROM notification_hidden_users WHERE user_id = ANY ($1::bigint[])`,
);

export const getUnsettled = readStatement<[limit: number], { user_id: Id }>(
  'notification_hidden_users_get_unsettled',
  `SELECT user_id FROM notification_hidden_users WHERE NOT settled ORDER BY changed_at LIMIT $1`,
);

/** No row: it is settled, or another worker is at it. `old`: since longer than any batch may take. */
export const claimUnsettled = writeStatement<
  [userId: Id, batchMs: number],
  { state: HiddenState; old: boolean }
>(
  'notification_hidden_users_claim',
  `SELECT state, changed_at < clock_timestamp() - $2::double precision * interval '1 ms' AS old
   FROM notification_hidden_users WHERE user_id = $1 AND NOT settled FOR UPDATE SKIP LOCKED`,
);

export const settle = writeStatement<[userId: Id]>(
  'notification_hidden_users_settle',
  `UPDATE notification_hidden_users SET settled = true WHERE user_id = $1`,
);

export const forget = writeStatement<[userId: Id]>(
  'notification_hidden_users_forget',
  `DELETE FROM notification_hidden_users WHERE user_id = $1`,
);

export interface ActorRow {
  readonly user_id: Id;
  readonly kind: NotificationKind;
  readonly subject_id: Id;
  readonly group_id: Id;
}

/** What the actor did, of those in such a state. */
export const getRowsOfActor = readStatement<
  [actorId: Id, states: readonly RowState[], limit: number],
  ActorRow
>(
  'notifications_get_of_actor',
  `SELECT user_id, kind, subject_id, group_id FROM notifications
   WHERE actor_id = $1 AND state = ANY ($2::text[]) LIMIT $3`,
);

type ActorRows = [
  actorId: Id,
  userIds: readonly Id[],
  kinds: readonly string[],
  subjectIds: readonly Id[],
  groupIds: readonly Id[],
];

const NAMED_ROWS = `named AS (
     SELECT * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) AS key (user_id, kind, subject_id, group_id))`;
const IS_NAMED = `row.user_id = named.user_id AND row.kind = named.kind AND row.subject_id = named.subject_id
       AND row.actor_id = $1 AND row.group_id = named.group_id`;

/** Of locked inboxes: `to` where they are `from`, which is the other of `shown` and `hidden`. */
export const changeRowsOfActor = writeStatement<[...ActorRows, from: RowState, to: RowState]>(
  'notifications_change_of_actor',
  `WITH ${NAMED_ROWS},
   changed AS (
     UPDATE notifications AS row SET state = $7 FROM named WHERE ${IS_NAMED} AND row.state = $6
     RETURNING row.user_id, row.group_id),
   counted AS (SELECT user_id, group_id, count(*) AS rows FROM changed GROUP BY user_id, group_id)
   UPDATE notification_groups AS about
   SET shown_count = about.shown_count + CASE $7 WHEN 'shown' THEN rows ELSE -rows END
   FROM counted WHERE about.user_id = counted.user_id AND about.group_id = counted.group_id`,
);

/** Of locked inboxes. */
export const eraseRowsOfActor = writeStatement<ActorRows>(
  'notifications_erase_of_actor',
  `WITH ${NAMED_ROWS},
   erased AS (
     DELETE FROM notifications AS row USING named WHERE ${IS_NAMED} RETURNING row.user_id, row.group_id, row.state),
   counted AS (
     SELECT user_id, group_id, count(*) AS rows FROM erased WHERE state = 'shown' GROUP BY user_id, group_id)
   UPDATE notification_groups AS about SET shown_count = about.shown_count - rows
   FROM counted WHERE about.user_id = counted.user_id AND about.group_id = counted.group_id`,
);

/** The inbox goes with its last group and notification. The answer: how many of these went. */
export const eraseInbox = writeStatement<[userId: Id, limit: number], { erased: number }>(
  'notification_inboxes_erase',
  `WITH rows_gone AS (
     DELETE FROM notifications WHERE user_id = $1 AND (kind, subject_id, actor_id, group_id) IN (
       SELECT kind, subject_id, actor_id, group_id FROM notifications WHERE user_id = $1 LIMIT $2) RETURNING 1),
   groups_gone AS (
     DELETE FROM notification_groups WHERE user_id = $1 AND group_id IN (
       SELECT group_id FROM notification_groups WHERE user_id = $1 LIMIT $2) RETURNING 1),
   erased AS (SELECT (SELECT count(*) FROM rows_gone) + (SELECT count(*) FROM groups_gone) AS rows),
   inbox_gone AS (
     DELETE FROM notification_inboxes USING erased WHERE user_id = $1 AND erased.rows = 0)
   SELECT rows AS erased FROM erased`,
);
