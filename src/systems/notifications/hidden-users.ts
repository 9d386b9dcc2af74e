/**
 * Suspended and deleted users, told by the topic `users`. What a suspended user did is hidden until they are restored, what
 * a deleted one did or was notified of is erased: in bounded pieces, because it may be a million rows. Readers see
 * nothing of either from the first moment, because nobody can be shown whom the accounts do not show.
 */
import { type Id, shardOf } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { HANDLE_TIMEOUT_MS, type LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  changeRowsOfActor,
  claimUnsettled,
  eraseInbox,
  eraseRowsOfActor,
  forget,
  getRowsOfActor,
  getUnsettled,
  type HiddenState,
  recordStates,
  settle,
} from './hidden-users-queries.ts';
import { lockInboxes } from './inboxes-queries.ts';

export const USERS_TOPIC = 'users';
/** Rows in one transaction: some 20 ms in which the inboxes of those concerned are locked. */
export const SETTLE_LIMIT = 500;
const SETTLE_EVERY_MS = 5_000;
/** Users looked at in one run. */
const USERS_MAX = 20;
/** A batch that began before the change was known has ended by then, so nothing is added that knows nothing of it. */
const BATCH_MS_MAX = HANDLE_TIMEOUT_MS + 5_000;

export interface HiddenUsers {
  /** Of the topic `users`. */
  handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void>;
  readonly job: Job;
}

export function createHiddenUsers(deps: {
  readonly sql: SqlStore;
  /** Default SETTLE_LIMIT. */
  readonly settleLimit?: number;
  /** Default BATCH_MS_MAX. */
  readonly batchMs?: number;
}): HiddenUsers {
  const { sql, settleLimit = SETTLE_LIMIT, batchMs = BATCH_MS_MAX } = deps;

  /** Whether something was done, so that there may be more to do at once. */
  async function settlePiece(transaction: SqlTransaction, userId: Id): Promise<boolean> {
    const [claimed] = await transaction.query(claimUnsettled, [userId, batchMs]);
    if (claimed === undefined) return false;
    const { state, old } = claimed;
    if (await bringInLine(transaction, userId, state, settleLimit)) return true;
    if (old) await transaction.query(state === 'restored' ? forget : settle, [userId]);
    return old;
  }

  return {
    async handle(events, transaction) {
      const latest = [...latestStates(events)];
      if (latest.length === 0) return;
      const userIds = latest.map(([userId]) => userId);
      const states = latest.map(([, state]) => state);
      await transaction.query(recordStates, [userIds, userIds.map(shardOf), states]);
    },

    job: {
      name: 'hide-notifications',
      everyMs: SETTLE_EVERY_MS,
      async run() {
        let more = false;
        for (const { user_id: userId } of await sql.query(getUnsettled, [USERS_MAX])) {
          more = (await sql.transaction((transaction) => settlePiece(transaction, userId))) || more;
        }
        return more ? 'more' : 'done';
      },
    },
  };
}

/** Up to `limit` rows; whether there was anything to do. */
async function bringInLine(
  transaction: SqlTransaction,
  userId: Id,
  state: HiddenState,
  limit: number,
): Promise<boolean> {
  const asActor = await changeActions(transaction, userId, state, limit);
  if (state !== 'deleted') return asActor;
  await transaction.query(lockInboxes, [[userId]]);
  const [row] = await transaction.query(eraseInbox, [userId, limit]);
  return asActor || (row !== undefined && row.erased > 0);
}

async function changeActions(
  transaction: SqlTransaction,
  actorId: Id,
  state: HiddenState,
  limit: number,
): Promise<boolean> {
  const rows = await transaction.query(getRowsOfActor, [actorId, STATES_TO_CHANGE[state], limit]);
  if (rows.length === 0) return false;
  const userIds = rows.map((row) => row.user_id);
  await transaction.query(lockInboxes, [userIds]);
  const named = [
    actorId,
    userIds,
    rows.map((row) => row.kind),
    rows.map((row) => row.subject_id),
    rows.map((row) => row.group_id),
  ] as const;
  if (state === 'deleted') await transaction.query(eraseRowsOfActor, [...named]);
  else if (state === 'suspended') await transaction.query(changeRowsOfActor, [...named, 'shown', 'hidden']);
  else await transaction.query(changeRowsOfActor, [...named, 'hidden', 'shown']);
  return true;
}

const STATES_TO_CHANGE = {
  suspended: ['shown'],
  restored: ['hidden'],
  deleted: ['shown', 'hidden', 'withdrawn'],
} as const;

/** What is so after all the events; other kinds say nothing here. */
function latestStates(events: readonly LoggedEvent[]): Map<Id, HiddenState> {
  const latest = new Map<Id, HiddenState>();
  for (const { key, kind } of events) {
    if (latest.get(key) === 'deleted') continue;
    if (kind === 'suspended' || kind === 'restored' || kind === 'deleted') latest.set(key, kind);
  }
  return latest;
}
