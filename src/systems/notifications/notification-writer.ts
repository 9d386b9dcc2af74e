/**
 * Makes and withdraws notifications: a consumer of what happens to posts and between people. Everything is in the
 * consumer's transaction, and the key of a notification is what was done by whom, so an event that comes again, late or
 * out of order changes nothing. A fixed number of statements for a batch, however many events and recipients it has.
 */
import type { Clock } from '../../core/clock.ts';
import { assert } from '../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../core/ids.ts';
import { APPEND_EVENTS_MAX, type EventLog, type NewEvent } from '../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { addGroupCounts, openInboxes } from './inboxes-queries.ts';
import { type Change, KINDS_ABOUT_POSTS, type NotificationKind } from './notification.ts';
import { admit, type TiesOf } from './notification-admission.ts';
import { type Causes, keyOf } from './notification-causes.ts';
import {
  type Candidate,
  type OpenInbox,
  type Plan,
  planNotifications,
  type Stored,
  subjectKeyOf,
} from './notification-plan.ts';
import { settingsOf } from './notification-settings.ts';
import {
  type GoneGroupRow,
  type GroupRow,
  getLastGroups,
  getLastRows,
  getUsersOfPosts,
  insertRows,
  markGone,
  updateRows,
  upsertGroups,
} from './notification-writer-queries.ts';
import { announcements } from './plan-announcements.ts';

/** What metrics want to know. `delayMs`: from what was done to the commit of the notification. */
export interface NotificationObserver {
  made(kind: NotificationKind, delayMs: number): void;
}

export interface NotificationWriterDeps {
  readonly ids: IdGenerator;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly tiesOf: TiesOf;
  readonly observer?: NotificationObserver;
  /** Groups that a user keeps. */
  readonly groupsMax: number;
}

export interface NotificationWriter {
  write(transaction: SqlTransaction, causes: Causes): Promise<void>;
}

export function createNotificationWriter(deps: NotificationWriterDeps): NotificationWriter {
  const { ids, clock, eventLog, tiesOf, observer, groupsMax } = deps;

  return {
    async write(transaction, { changes, deletedPostIds }) {
      const candidates = await admit(transaction, changes, tiesOf);
      const bereaved = await findUsersOfPosts(transaction, deletedPostIds);
      if (candidates.length === 0 && bereaved.length === 0) return;
      const inboxes = await open(transaction, candidates, bereaved, ids.next());
      const plan = planNotifications(candidates, { inboxes, ...(await read(transaction, candidates)) });
      const groups = await store(transaction, plan, groupsMax);
      const gone = await endGroups(transaction, deletedPostIds, [...inboxes.keys()]);
      await append(transaction, eventLog, announcements(plan, groups, gone));
      transaction.afterCommit(() => {
        for (const { change } of plan.shown) {
          observer?.made(change.kind, clock.nowMs() - change.createdAt.getTime());
        }
      });
    },
  };
}

async function findUsersOfPosts(transaction: SqlTransaction, postIds: readonly Id[]): Promise<readonly Id[]> {
  if (postIds.length === 0) return [];
  const rows = await transaction.query(getUsersOfPosts, [postIds, KINDS_ABOUT_POSTS]);
  return rows.map((row) => row.user_id);
}

/** All at once and in one order, so that no two batches wait for each other. */
async function open(
  transaction: SqlTransaction,
  candidates: readonly Candidate[],
  others: readonly Id[],
  base: Id,
): Promise<ReadonlyMap<Id, OpenInbox>> {
  const counts = new Map(others.map((userId) => [userId, 0]));
  for (const { userId, stands } of candidates) {
    counts.set(userId, (counts.get(userId) ?? 0) + (stands ? 1 : 0));
  }
  const userIds = [...counts.keys()];
  const params = [userIds, userIds.map(shardOf), [...counts.values()], base] as const;
  const rows = await transaction.query(openInboxes, [...params]);
  return new Map(
    rows.map((row) => [
      row.user_id,
      {
        firstId: row.latest_id - (counts.get(row.user_id) ?? 0) + 1,
        settings: settingsOf(row.settings),
        droppedUntil: row.dropped_until,
      },
    ]),
  );
}

/** After the inboxes are locked, so that it is the last word. */
async function read(
  transaction: SqlTransaction,
  candidates: readonly Candidate[],
): Promise<Pick<Stored, 'rows' | 'groups'>> {
  const lastRows = await transaction.query(getLastRows, keysOf(candidates));
  const [userIds, kinds, subjectIds] = keysOf(candidates);
  const lastGroups = await transaction.query(getLastGroups, [userIds, kinds, subjectIds]);
  const at = (place: number): Candidate => {
    const candidate = candidates[place - 1];
    assert(candidate !== undefined, 'an answer is of something asked for');
    return candidate;
  };
  return {
    rows: new Map(
      lastRows.map((row) => [
        keyOf(at(row.place)),
        {
          groupId: row.group_id,
          notificationId: row.notification_id,
          causeId: row.cause_id,
          state: row.state,
        },
      ]),
    ),
    groups: new Map(
      lastGroups.map((row) => [subjectKeyOf(at(row.place)), { groupId: row.group_id, gone: row.gone }]),
    ),
  };
}

type Keys = [userIds: Id[], kinds: string[], subjectIds: Id[], actorIds: Id[]];

function keysOf(changes: readonly Change[]): Keys {
  return [
    changes.map(({ userId }) => userId),
    changes.map(({ kind }) => kind),
    changes.map(({ subjectId }) => subjectId),
    changes.map(({ actorId }) => actorId),
  ];
}

/** Answers the groups as they are now. */
async function store(
  transaction: SqlTransaction,
  { inserted, updated, groups }: Plan,
  groupsMax: number,
): Promise<readonly GroupRow[]> {
  if (inserted.length > 0) {
    await transaction.query(insertRows, [
      ...keysOf(inserted.map(({ change }) => change)),
      inserted.map(({ groupId }) => groupId),
      inserted.map(({ notificationId }) => notificationId),
      inserted.map(({ causeId }) => causeId),
      inserted.map(({ state }) => state),
      inserted.map(({ change }) => change.createdAt.toISOString()),
      inserted.map(({ change }) => shardOf(change.userId)),
    ]);
  }
  if (updated.length > 0) {
    await transaction.query(updateRows, [
      ...keysOf(updated.map(({ change }) => change)),
      updated.map(({ groupId }) => groupId),
      updated.map(({ causeId }) => causeId),
      updated.map(({ state }) => state),
    ]);
  }
  if (groups.length === 0) return [];
  const [userIds, kinds, subjectIds] = keysOf(groups.map(({ change }) => change));
  const rows = await transaction.query(upsertGroups, [
    userIds,
    groups.map(({ groupId }) => groupId),
    userIds.map(shardOf),
    kinds,
    subjectIds,
    groups.map(({ latestId }) => latestId),
    groups.map(({ shownDelta }) => shownDelta),
  ]);
  const begun = groups.filter(({ isNew }) => isNew).map(({ change }) => change.userId);
  if (begun.length > 0) await transaction.query(addGroupCounts, [begun, groupsMax]);
  return rows;
}

async function endGroups(
  transaction: SqlTransaction,
  postIds: readonly Id[],
  userIds: readonly Id[],
): Promise<readonly GoneGroupRow[]> {
  if (postIds.length === 0) return [];
  return transaction.query(markGone, [postIds, KINDS_ABOUT_POSTS, userIds]);
}

async function append(
  transaction: SqlTransaction,
  eventLog: Pick<EventLog, 'append'>,
  events: readonly NewEvent[],
): Promise<void> {
  for (let start = 0; start < events.length; start += APPEND_EVENTS_MAX) {
    await eventLog.append(transaction, events.slice(start, start + APPEND_EVENTS_MAX));
  }
}
