/**
 * Decides whose entries are pushed and whose are pulled: the part of the worker. An author is pulled above
 * `pullFollowers` followers, or above `pullDeliveries` followers times entries a day, by the last seven days. One who is pulled
 * is pushed again below four fifths of the first and half of the second: a mode that flaps would cost more than either.
 */
import type { Clock } from '../../../core/clock.ts';
import { composeId, type Id, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { authorModeEvent } from './author-modes.ts';
import {
  type AuthorActivityRow,
  type AuthorModeRow,
  endPulls,
  pageModesToReview,
  pullAuthors,
  pushAuthors,
  readAuthorActivity,
} from './author-modes-queries.ts';

export interface PullLimits {
  readonly pullFollowers: number;
  /** Followers times entries a day. */
  readonly pullDeliveries: number;
}

export interface AuthorModeReview {
  /** An author with fewer followers than this is not worth looking at. */
  readonly followersMin: number;
  /** These have just written. Each is looked at within a second, and then not again for a minute. */
  noteActive(authorIds: readonly Id[]): void;
  /** Gives each of the authors the mode that is right for them now. At most EVALUATED_MAX. */
  evaluate(authorIds: readonly Id[]): Promise<void>;
  /** Evaluates the next of those who are pulled; 'done' with the last of them. */
  review(): Promise<'more' | 'done'>;
  readonly jobs: readonly Job[];
}

/** In one statement, which counts some thousand entries of each at most. */
export const EVALUATED_MAX = 100;
const DAYS = 7;
const DAY_MS = 24 * 3_600_000;
const FOLLOWERS_SHARE = 10;
const KEPT_FOLLOWERS = 0.8;
const KEPT_DELIVERIES = 0.5;
/** Of one author: reached only by those with few followers, who are not looked at. */
const ENTRIES_MAX = 10_000;
const EVALUATE_EVERY_MS = 1_000;
const EVALUATE_AUTHOR_EVERY_MS = 60_000;
const REVIEW_EVERY_MS = 60_000;

export function createAuthorModeReview(deps: {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly timelineStore: Pick<TimelineStore, 'generation'>;
  readonly clock: Clock;
  readonly limits: PullLimits;
}): AuthorModeReview {
  const { sql, eventLog, timelineStore, clock, limits } = deps;
  /** When each was noted last, the longest ago first. */
  const notedAtMs = new Map<Id, number>();
  const due = new Set<Id>();
  let reviewedTo: Id = 0;

  async function evaluate(authorIds: readonly Id[]): Promise<void> {
    if (authorIds.length === 0) return;
    const since = composeId(clock.nowMs() - DAYS * DAY_MS, 0, 0);
    const followerEntriesMax = Math.ceil(limits.pullDeliveries * DAYS);
    const params = [authorIds, since, followerEntriesMax, ENTRIES_MAX] as const;
    const rows = await sql.query(readAuthorActivity, [...params]);
    const changed = rows.filter((row) => row.pulled !== shouldPull(row, limits));
    const idsOf = (pulled: boolean) =>
      changed.filter((row) => row.pulled === pulled).map((row) => row.author_id);
    await pull(idsOf(false));
    await push(idsOf(true));
  }

  async function pull(authorIds: readonly Id[]): Promise<void> {
    if (authorIds.length === 0) return;
    await sql.transaction(async (transaction) => {
      const rows = await transaction.query(pullAuthors, [authorIds, authorIds.map(shardOf)]);
      await eventLog.append(transaction, rows.map(authorModeEvent));
    });
  }

  /** From the first commit on the fan-out pushes; until the second, which is announced, all readers go on to merge. */
  async function push(authorIds: readonly Id[]): Promise<void> {
    if (authorIds.length === 0) return;
    await end(await sql.query(pushAuthors, [authorIds]));
  }

  /**
   * For authors that are pushed by now. A timeline that is younger than this generation was begun after that: its
   * builder has read what was written before, and what is written later is pushed into it.
   */
  async function end(pushed: readonly AuthorModeRow[]): Promise<void> {
    if (pushed.length === 0) return;
    const generation = await timelineStore.generation();
    const authorIds = pushed.map((row) => row.author_id);
    const revisions = pushed.map((row) => row.revision);
    await sql.transaction(async (transaction) => {
      const rows = await transaction.query(endPulls, [authorIds, revisions, generation]);
      await eventLog.append(transaction, rows.map(authorModeEvent));
    });
  }

  async function evaluateDue(): Promise<'more' | 'done'> {
    const authorIds = [...due].slice(0, EVALUATED_MAX);
    for (const authorId of authorIds) due.delete(authorId);
    const oldMs = clock.monotonicMs() - EVALUATE_AUTHOR_EVERY_MS;
    for (const [authorId, atMs] of notedAtMs) {
      if (atMs > oldMs) break;
      notedAtMs.delete(authorId);
    }
    await evaluate(authorIds);
    return due.size > 0 ? 'more' : 'done';
  }

  async function review(): Promise<'more' | 'done'> {
    const rows = await sql.query(pageModesToReview, [reviewedTo, EVALUATED_MAX]);
    const last = rows.length < EVALUATED_MAX ? undefined : rows.at(-1);
    reviewedTo = last?.author_id ?? 0;
    // Left behind by a process that stopped between the two steps of a push.
    await end(rows.filter(({ mode }) => mode === 'pushed'));
    await evaluate(rows.filter(({ mode }) => mode === 'pulled').map((row) => row.author_id));
    return last === undefined ? 'done' : 'more';
  }

  return {
    followersMin: Math.ceil(limits.pullFollowers / FOLLOWERS_SHARE),
    noteActive(authorIds) {
      for (const authorId of authorIds) {
        if (notedAtMs.has(authorId)) continue;
        notedAtMs.set(authorId, clock.monotonicMs());
        due.add(authorId);
      }
    },
    evaluate,
    review,
    jobs: [
      { name: 'evaluate-author-modes', everyMs: EVALUATE_EVERY_MS, run: evaluateDue },
      { name: 'review-pulled-authors', everyMs: REVIEW_EVERY_MS, run: review },
    ],
  };
}

/** Whether an author is to be pulled, who is or is not yet. */
export function shouldPull(
  { pulled, follower_count: followers, entry_count: entries }: Omit<AuthorActivityRow, 'author_id'>,
  { pullFollowers, pullDeliveries }: PullLimits,
): boolean {
  const deliveries = (followers * entries) / DAYS;
  if (!pulled) return followers > pullFollowers || deliveries > pullDeliveries;
  return followers >= pullFollowers * KEPT_FOLLOWERS || deliveries >= pullDeliveries * KEPT_DELIVERIES;
}
