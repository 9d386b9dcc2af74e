/** What is told of a batch once it is written. */
import type { NewEvent } from '../../ports/event-log/event-log.ts';
import { notified, withdrawn } from './notification-events.ts';
import type { Plan, RowWrite } from './notification-plan.ts';
import type { GoneGroupRow, GroupRow } from './notification-writer-queries.ts';

/** `groups` are those of the plan as they are now, `gone` those whose post was deleted. */
export function announcements(
  plan: Plan,
  groups: readonly GroupRow[],
  gone: readonly GoneGroupRow[],
): readonly NewEvent[] {
  const groupOf = new Map(groups.map((row) => [`${row.user_id} ${row.group_id}`, row]));
  const wholeOf = ({ change, groupId, notificationId }: RowWrite) => {
    const group = groupOf.get(`${change.userId} ${groupId}`);
    return { ...change, groupId, notificationId, groupCount: group?.shown_count ?? 0 };
  };
  return [
    ...plan.withdrawn.map((row) => withdrawn(wholeOf(row))),
    ...plan.shown.map((row) => notified(wholeOf(row))),
    ...gone
      .filter((row) => row.shown_count > 0)
      .map((row) =>
        withdrawn({
          userId: row.user_id,
          kind: row.kind,
          notificationId: row.latest_id,
          groupId: row.group_id,
          groupCount: 0,
        }),
      ),
  ];
}
