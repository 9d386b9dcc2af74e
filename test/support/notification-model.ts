/** The rules of notifications of one user in the plainest form: no ids, no tables, everything looked at every time. */
import type { Id } from '../../src/core/ids.ts';
import { ACTORS_MAX } from '../../src/systems/notifications/inbox.ts';
import {
  GROUP_SPAN_MS,
  isAboutPost,
  type NotificationKind,
} from '../../src/systems/notifications/notification.ts';

export interface ShownItem {
  readonly kind: NotificationKind;
  readonly postId: Id | null;
  /** The newest first. */
  readonly actorIds: readonly Id[];
  readonly count: number;
}

export interface ModelKey {
  readonly kind: NotificationKind;
  readonly subjectId: Id;
  readonly actorId: Id;
}

interface Member {
  readonly actorId: Id;
  readonly place: number;
  stands: boolean;
}

interface Group {
  readonly kind: NotificationKind;
  readonly subjectId: Id;
  readonly begunMs: number;
  readonly members: Member[];
}

export function createNotificationModel({ nowMs }: { readonly nowMs: () => number }) {
  const groups: Group[] = [];
  let places = 0;

  const isOpen = (group: Group): boolean => nowMs() - group.begunMs < GROUP_SPAN_MS;
  const about = ({ kind, subjectId }: ModelKey): Group | undefined =>
    groups.findLast((group) => group.kind === kind && group.subjectId === subjectId);
  const lastWith = (key: ModelKey): Group | undefined =>
    groups.findLast(
      (group) =>
        group.kind === key.kind &&
        group.subjectId === key.subjectId &&
        group.members.some(({ actorId }) => actorId === key.actorId),
    );
  const memberOf = (group: Group | undefined, key: ModelKey): Member | undefined =>
    group?.members.find(({ actorId }) => actorId === key.actorId);

  return {
    happens(key: ModelKey): void {
      const earlier = lastWith(key);
      const member = memberOf(earlier, key);
      if (earlier !== undefined && member !== undefined && isOpen(earlier)) {
        member.stands = true;
        return;
      }
      places += 1;
      const joined = { actorId: key.actorId, place: places, stands: true };
      const last = about(key);
      if (last !== undefined && isOpen(last)) last.members.push(joined);
      else groups.push({ kind: key.kind, subjectId: key.subjectId, begunMs: nowMs(), members: [joined] });
    },

    ends(key: ModelKey): void {
      const member = memberOf(lastWith(key), key);
      if (member !== undefined) member.stands = false;
    },

    items(): ShownItem[] {
      const placeOf = ({ members }: Group): number => Math.max(...members.map(({ place }) => place));
      return groups
        .toSorted((one, other) => placeOf(other) - placeOf(one))
        .map(({ kind, subjectId, members }) => {
          const standing = members.filter(({ stands }) => stands).map(({ actorId }) => actorId);
          return {
            kind,
            postId: isAboutPost(kind) ? subjectId : null,
            actorIds: standing.toReversed().slice(0, ACTORS_MAX),
            count: standing.length,
          };
        })
        .filter(({ count }) => count > 0);
    },
  };
}
