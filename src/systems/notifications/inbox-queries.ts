/** A user's notifications as a list of groups. */
import type { Id } from '../../core/ids.ts';
import { readStatement } from '../../ports/sql-store/sql-store.ts';
import type { NotificationKind } from './notification.ts';

export interface GroupPageRow {
  readonly group_id: Id;
  readonly kind: NotificationKind;
  readonly subject_id: Id;
  readonly shown_count: number;
  /** In the list, as it was at the beginning of the walk. */
  readonly place: Id;
}

export interface GroupPageParams {
  readonly userId: Id;
  readonly kinds: readonly NotificationKind[];
  /** The beginning of the walk: what was added later is not looked at. */
  readonly from: Id;
  readonly before: Id;
  /** Only groups to which something was added after this notification. */
  readonly after: Id;
  readonly limit: number;
}

/**
 * Groups below `before`, newest first: of each kind so many as are asked for from the index, then the newest of them.
 * A group that has grown since the walk began stands where it stood then: at the last of its notifications up to
 * `from`, the withdrawn ones among them, so that the place of a group never changes within a walk.
 */
export const pageGroups = readStatement<
  [userId: Id, kinds: readonly string[], from: Id, before: Id, after: Id, limit: number],
  GroupPageRow
>(
  'notification_groups_page',
  `SELECT group_id, kind, subject_id, shown_count, place FROM (
     SELECT still.* FROM unnest($2::text[]) AS wanted (kind) CROSS JOIN LATERAL (
       SELECT about.group_id, about.kind, about.subject_id, about.shown_count, about.latest_id AS place
       FROM notification_groups AS about
       WHERE about.user_id = $1 AND about.kind = wanted.kind AND about.shown_count > 0 AND NOT about.gone
         AND about.latest_id <= $3 AND about.latest_id < $4 AND about.latest_id > $5
       ORDER BY about.latest_id DESC LIMIT $6) AS still
     UNION ALL
     SELECT moved.* FROM unnest($2::text[]) AS wanted (kind) CROSS JOIN LATERAL (
       SELECT about.group_id, about.kind, about.subject_id, about.shown_count, stood.place
       FROM notification_groups AS about CROSS JOIN LATERAL (
         SELECT max(last.place) AS place FROM unnest(ARRAY['shown', 'hidden', 'withdrawn']) AS any_state (state)
         CROSS JOIN LATERAL (
           SELECT row.notification_id AS place FROM notifications AS row
           WHERE row.user_id = $1 AND row.group_id = about.group_id AND row.state = any_state.state
             AND row.notification_id <= $3
           ORDER BY row.notification_id DESC LIMIT 1) AS last) AS stood
       WHERE about.user_id = $1 AND about.kind = wanted.kind AND about.shown_count > 0 AND NOT about.gone
         AND about.latest_id > $3 AND about.group_id <= $3 AND stood.place < $4 AND stood.place > $5
       ORDER BY stood.place DESC LIMIT $6) AS moved) AS found
   ORDER BY place DESC LIMIT $6`,
);

export interface MemberRow {
  readonly group_id: Id;
  readonly notification_id: Id;
  readonly actor_id: Id;
  readonly created_at: Date;
}

/** The newest shown notifications of each of the groups up to `from`, newest first. */
export const getMembers = readStatement<
  [userId: Id, groupIds: readonly Id[], from: Id, limit: number],
  MemberRow
>(
  'notifications_get_members',
  `SELECT wanted.group_id, member.notification_id, member.actor_id, member.created_at
   FROM unnest($2::bigint[]) AS wanted (group_id) CROSS JOIN LATERAL (
     SELECT row.notification_id, row.actor_id, row.created_at FROM notifications AS row
     WHERE row.user_id = $1 AND row.group_id = wanted.group_id AND row.state = 'shown' AND row.notification_id <= $3
     ORDER BY row.notification_id DESC LIMIT $4) AS member
   ORDER BY wanted.group_id, member.notification_id DESC`,
);
