/** The table `notification_inboxes`: the lock of what is made for a user, their settings, and what they have read. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export interface OpenInboxRow {
  readonly user_id: Id;
  /** The last of the ids that were taken. */
  readonly latest_id: Id;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly dropped_until: Date | null;
}

/**
 * Locks the inboxes until the end of the transaction, in the order of their users, and takes `counts` ids for each: those
 * up to `latest_id`. Ids rise by the lock, not by the clocks of the processes; `base` says what time it is.
 */
export const openInboxes = writeStatement<
  [userIds: readonly Id[], shards: readonly number[], counts: readonly number[], base: Id],
  OpenInboxRow
>(
  'notification_inboxes_open',
  `INSERT INTO notification_inboxes AS inbox (user_id, shard, latest_id)
   SELECT user_id, shard, CASE WHEN ids > 0 THEN $4::bigint + ids ELSE 0 END
   FROM unnest($1::bigint[], $2::smallint[], $3::integer[]) AS wanted (user_id, shard, ids) ORDER BY user_id
   ON CONFLICT (user_id) DO UPDATE SET latest_id = CASE
     WHEN excluded.latest_id = 0 THEN inbox.latest_id
     ELSE greatest(excluded.latest_id, inbox.latest_id + excluded.latest_id - $4::bigint) END
   RETURNING user_id, latest_id, settings, dropped_until`,
);

/** The same lock for who makes nothing new. */
export const lockInboxes = writeStatement<[userIds: readonly Id[]], { user_id: Id }>(
  'notification_inboxes_lock',
  `SELECT user_id FROM notification_inboxes WHERE user_id = ANY ($1::bigint[]) ORDER BY user_id FOR NO KEY UPDATE`,
);

/** Of locked inboxes; users as often as they have groups more. */
export const addGroupCounts = writeStatement<[userIds: readonly Id[], groupsMax: number]>(
  'notification_inboxes_add_group_counts',
  `UPDATE notification_inboxes AS inbox
   SET group_count = inbox.group_count + added.groups, overfull = inbox.group_count + added.groups > $2::bigint
   FROM (SELECT user_id, count(*) AS groups FROM unnest($1::bigint[]) AS user_id GROUP BY user_id) AS added
   WHERE inbox.user_id = added.user_id`,
);

export const subtractGroupCounts = writeStatement<
  [userIds: readonly Id[], groupsMax: number, droppedUntil: Date | null]
>(
  'notification_inboxes_subtract_group_counts',
  `UPDATE notification_inboxes AS inbox
   SET group_count = inbox.group_count - dropped.groups, overfull = inbox.group_count - dropped.groups > $2::bigint,
     dropped_until = greatest(inbox.dropped_until, $3::timestamptz)
   FROM (SELECT user_id, count(*) AS groups FROM unnest($1::bigint[]) AS user_id GROUP BY user_id) AS dropped
   WHERE inbox.user_id = dropped.user_id`,
);

/** A user with more groups than are kept, whom no other worker is at. */
export const claimOverfullInbox = writeStatement<[], { user_id: Id; group_count: number }>(
  'notification_inboxes_claim_overfull',
  `SELECT user_id, group_count FROM notification_inboxes WHERE overfull
   ORDER BY user_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
);

export const getSettings = readStatement<[userId: Id], { settings: Readonly<Record<string, unknown>> }>(
  'notification_inboxes_get_settings',
  `SELECT settings FROM notification_inboxes WHERE user_id = $1`,
);

export const changeSettings = writeStatement<
  [userId: Id, shard: number, changes: string],
  { settings: Readonly<Record<string, unknown>> }
>(
  'notification_inboxes_change_settings',
  `INSERT INTO notification_inboxes AS inbox (user_id, shard, settings) VALUES ($1, $2, $3::json)
   ON CONFLICT (user_id) DO UPDATE SET settings = (inbox.settings::jsonb || excluded.settings::jsonb)::json
   RETURNING settings`,
);

export interface ReadMarkRow {
  readonly latest_id: Id;
  readonly read_up_to_id: Id;
}

export const getReadMark = readStatement<[userId: Id], ReadMarkRow>(
  'notification_inboxes_get_read_mark',
  `SELECT latest_id, read_up_to_id FROM notification_inboxes WHERE user_id = $1`,
);

export const lockReadMark = writeStatement<[userId: Id], ReadMarkRow>(
  'notification_inboxes_lock_read_mark',
  `SELECT latest_id, read_up_to_id FROM notification_inboxes WHERE user_id = $1 FOR NO KEY UPDATE`,
);

export const moveReadMark = writeStatement<[userId: Id, readUpToId: Id]>(
  'notification_inboxes_move_read_mark',
  `UPDATE notification_inboxes SET read_up_to_id = $2 WHERE user_id = $1`,
);
