/**
 * Entries of authors with more followers than one page, delivered a page at a time. Authors take turns, one page each,
 * so that one with a million followers holds up nobody; the entries that an author has waiting go together.
 *
 * A page is delivered before the transaction that moves on from it commits: after a crash it is delivered again.
 * Followers are paged by follow. Who follows meanwhile builds a new timeline, which has the entry.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { deliverInTurns } from './delivery-turns.ts';
import { type FanOutObserver, observeCompleted } from './fan-out-observer.ts';
import {
  type ContinuationPageRow,
  claimContinuation,
  endContinuation,
  endRound,
  moveContinuation,
} from './fan-out-queries.ts';
import { readIdList } from './id-list-queries.ts';

/** Some 5 ms of work, so that authors who have more take turns with the others. */
export const FOLLOWERS_PAGE = 5_000;
/** Of one author that go together: a page of followers then takes some 40 ms, in turns of 2 ms. */
export const ROUND_ENTRIES_MAX = 16;
/** While one waits for the database, the other delivers. */
const LANES = 2;
/** To find what a process has left behind that died; all else wakes the lanes. */
const LOOK_EVERY_MS = 5_000;

export interface FanOutLanes {
  /** There is something to deliver: to be called after the commit that says so. */
  wake(): void;
  /** Delivers one page, if there is one. Any number may run at the same time, in any processes. */
  serve(): Promise<'more' | 'done'>;
  readonly jobs: readonly Job[];
}

export interface FanOutLanesDeps {
  readonly sql: SqlStore;
  readonly timelineStore: Pick<TimelineStore, 'generation' | 'deliver'>;
  readonly clock: Clock;
  readonly observer?: FanOutObserver;
  /** Default FOLLOWERS_PAGE. */
  readonly followersPage?: number;
}

export function createFanOutLanes(deps: FanOutLanesDeps): FanOutLanes {
  const { sql, timelineStore, clock, observer, followersPage = FOLLOWERS_PAGE } = deps;
  const wakes: (() => void)[] = [];

  async function servePage(transaction: SqlTransaction): Promise<ContinuationPageRow | undefined> {
    // Noted for each page, before its followers are read: those who have unfollowed since the last one are not on it.
    const generation = await timelineStore.generation();
    const [page] = await transaction.query(claimContinuation, [ROUND_ENTRIES_MAX, followersPage]);
    if (page === undefined) return undefined;
    const readerIds = readIdList(page.follower_ids);
    const deliveries = page.entry_ids.map((entryId) => ({ entryId, readerIds }));
    const added = await deliverInTurns(timelineStore, deliveries, generation);
    observer?.delivered('continuation', added);
    await moveOn(page, transaction);
    return page;
  }

  async function moveOn(page: ContinuationPageRow, transaction: SqlTransaction): Promise<void> {
    const { author_id: authorId, last_follow_id: lastFollowId } = page;
    const roundSize = page.entry_ids.length;
    if (!isLast(page) && lastFollowId !== null)
      await transaction.query(moveContinuation, [authorId, roundSize, lastFollowId]);
    else if (page.pending > roundSize) await transaction.query(endRound, [authorId, roundSize]);
    else await transaction.query(endContinuation, [authorId]);
  }

  /** A page that is full may be the last one too; then an empty one follows. */
  function isLast(page: ContinuationPageRow): boolean {
    return page.follower_count < followersPage;
  }

  async function serve(): Promise<'more' | 'done'> {
    const page = await sql.transaction(servePage);
    if (page === undefined) return 'done';
    if (isLast(page)) observeCompleted(observer, 'continuation', page.entry_ids, clock.nowMs());
    return 'more';
  }

  return {
    wake() {
      for (const wake of wakes) wake();
    },
    serve,
    jobs: Array.from({ length: LANES }, (_, index) => ({
      name: `fan-out-lane-${index + 1}`,
      everyMs: LOOK_EVERY_MS,
      run: serve,
      onStart: (wake: () => void) => void wakes.push(wake),
    })),
  };
}
