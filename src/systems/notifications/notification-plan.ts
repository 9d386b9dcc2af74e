/**
 * From what was done and what is stored to what is to be written: the rules of what becomes of a change. Pure, for one
 * batch; what is stored must be as it is under the locks of the inboxes.
 */
import { assert } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import { type Change, isOpen } from './notification.ts';
import { keyOf, supersedes } from './notification-causes.ts';
import type { Audience, NotificationSettings } from './notification-settings.ts';

/** A change that its recipient may hear of, as far as relationships go. */
export interface Candidate extends Change {
  /** The recipient follows the actor. */
  readonly following: boolean;
  /** The actor is suspended. */
  readonly hidden: boolean;
}

export type RowState = 'shown' | 'hidden' | 'withdrawn';

export interface StoredRow {
  readonly groupId: Id;
  readonly notificationId: Id;
  readonly causeId: Id;
  readonly state: RowState;
}

export interface StoredGroup {
  readonly groupId: Id;
  /** Its post was deleted. */
  readonly gone: boolean;
}

export interface OpenInbox {
  /** Free ids for notifications of the user, rising. */
  readonly firstId: Id;
  readonly settings: NotificationSettings;
  /** What was done up to then may have been dropped since. */
  readonly droppedUntil: Date | null;
}

export interface Stored {
  readonly inboxes: ReadonlyMap<Id, OpenInbox>;
  /** By `keyOf`: the row of the last group in which the actor was. */
  readonly rows: ReadonlyMap<string, StoredRow>;
  /** By `subjectKeyOf`: the last group. */
  readonly groups: ReadonlyMap<string, StoredGroup>;
}

export interface RowWrite extends StoredRow {
  readonly change: Change;
}

export interface GroupWrite {
  readonly change: Change;
  readonly groupId: Id;
  readonly isNew: boolean;
  /** 0: none was added. */
  readonly latestId: Id;
  readonly shownDelta: number;
}

export interface Plan {
  readonly inserted: readonly RowWrite[];
  readonly updated: readonly RowWrite[];
  readonly groups: readonly GroupWrite[];
  /** To be announced, in order: rows that are shown from now on, or no more. */
  readonly shown: readonly RowWrite[];
  readonly withdrawn: readonly RowWrite[];
}

export function subjectKeyOf({
  userId,
  kind,
  subjectId,
}: Pick<Change, 'userId' | 'kind' | 'subjectId'>): string {
  return `${userId} ${kind} ${subjectId}`;
}

export function planNotifications(candidates: readonly Candidate[], stored: Stored): Plan {
  const inserted: RowWrite[] = [];
  const updated: RowWrite[] = [];
  const shown: RowWrite[] = [];
  const withdrawn: RowWrite[] = [];
  const lastGroups = new Map(stored.groups);
  const groupWrites = new Map<string, GroupWrite>();
  const idsUsed = new Map<Id, number>();

  function write(group: GroupWrite): void {
    const key = `${group.change.userId} ${group.groupId}`;
    const known = groupWrites.get(key);
    if (known === undefined) groupWrites.set(key, group);
    else
      groupWrites.set(key, {
        ...known,
        latestId: Math.max(known.latestId, group.latestId),
        shownDelta: known.shownDelta + group.shownDelta,
      });
  }

  function takeId(userId: Id, { firstId }: OpenInbox): Id {
    const used = idsUsed.get(userId) ?? 0;
    idsUsed.set(userId, used + 1);
    return firstId + used;
  }

  function show(candidate: Candidate, row: StoredRow | undefined): void {
    const inbox = stored.inboxes.get(candidate.userId);
    assert(inbox !== undefined, 'whoever is notified has an open inbox');
    if (!isWanted(candidate, inbox.settings[candidate.kind])) return;
    const { causeId } = candidate;
    const state = candidate.hidden ? 'hidden' : 'shown';
    if (row !== undefined && row.groupId > 0 && isOpen(row.groupId, inbox.firstId)) {
      // Done again: in its old place, so that nobody is notified as often as somebody changes their mind.
      const again = row.state === 'withdrawn' ? state : row.state;
      const rewritten = { ...row, causeId, state: again, change: candidate };
      updated.push(rewritten);
      if (row.state === 'withdrawn' && again === 'shown') reveal(rewritten);
      return;
    }
    if (row === undefined && wasDropped(candidate, inbox)) return;
    add(candidate, state, inbox);
  }

  function reveal(row: RowWrite): void {
    shown.push(row);
    write({ change: row.change, groupId: row.groupId, isNew: false, latestId: 0, shownDelta: 1 });
  }

  function add(candidate: Candidate, state: RowState, inbox: OpenInbox): void {
    const last = lastGroups.get(subjectKeyOf(candidate));
    if (last?.gone === true) return;
    const notificationId = takeId(candidate.userId, inbox);
    const joins = last !== undefined && isOpen(last.groupId, notificationId);
    const groupId = joins ? last.groupId : notificationId;
    lastGroups.set(subjectKeyOf(candidate), { groupId, gone: false });
    const row = { change: candidate, groupId, notificationId, causeId: candidate.causeId, state };
    inserted.push(row);
    if (state === 'shown') shown.push(row);
    const shownDelta = state === 'shown' ? 1 : 0;
    write({ change: candidate, groupId, isNew: !joins, latestId: notificationId, shownDelta });
  }

  function withdraw(change: Change, row: StoredRow | undefined): void {
    const { causeId } = change;
    if (row === undefined) {
      inserted.push({ change, groupId: 0, notificationId: 0, causeId, state: 'withdrawn' });
      return;
    }
    const rewritten: RowWrite = { ...row, causeId, state: 'withdrawn', change };
    updated.push(rewritten);
    if (row.state !== 'shown') return;
    withdrawn.push(rewritten);
    write({ change, groupId: row.groupId, isNew: false, latestId: 0, shownDelta: -1 });
  }

  for (const candidate of candidates) {
    const row = stored.rows.get(keyOf(candidate));
    if (row !== undefined && !supersedes(candidate, causeOf(row))) continue;
    if (candidate.stands) show(candidate, row);
    else withdraw(candidate, row);
  }
  return { inserted, updated, groups: [...groupWrites.values()], shown, withdrawn };
}

function causeOf({ causeId, state }: StoredRow): Pick<Change, 'causeId' | 'stands'> {
  return { causeId, stands: state !== 'withdrawn' };
}

function isWanted({ following }: Candidate, audience: Audience): boolean {
  return audience === 'everyone' || (audience === 'following' && following);
}

/** It is heard of again, and may be among what was dropped. */
function wasDropped({ createdAt }: Candidate, { droppedUntil }: OpenInbox): boolean {
  return droppedUntil !== null && createdAt <= droppedUntil;
}
