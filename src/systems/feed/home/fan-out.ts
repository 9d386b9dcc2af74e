/**
 * Delivers entries into the cached home timelines of those who follow their source, and of the source. A consumer of
 * the topic `posts`: whatever it has delivered when it fails is delivered again, which changes nothing.
 *
 * What readers do not want, or may no longer see, is delivered too: that is decided when they read (decision 10).
 */
import type { Clock } from '../../../core/clock.ts';
import { assert } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Delivery, TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import { homeEntryAddedBy } from './added-entry.ts';
import type { AuthorModeReview } from './author-mode-review.ts';
import { PULL_GRACE_MS } from './author-modes.ts';
import { deliverInTurns } from './delivery-turns.ts';
import { type FanOutLanes, FOLLOWERS_PAGE } from './fan-out-lanes.ts';
import { type FanOutObserver, observeCompleted } from './fan-out-observer.ts';
import { addContinuations, readSourceFollowers, type SourceFollowersRow } from './fan-out-queries.ts';
import { readIdList } from './id-list-queries.ts';

export const FAN_OUT_GROUP = 'fan-out';
/** Events of a batch: it has 10 s, and with a page of followers for each would take 1 s. */
const BATCH_MAX = 500;
/** Each batch costs a transaction, whatever is in it; and a tenth of a second is missed by nobody. */
const GATHER_MS = 100;
/** In one statement: its answer has 16 MB, should they all have a page of followers. */
const SOURCES_MAX = 200;

export interface FanOutDeps {
  readonly timelineStore: Pick<TimelineStore, 'generation' | 'deliver'>;
  readonly lanes: Pick<FanOutLanes, 'wake'>;
  readonly authorModeReview: Pick<AuthorModeReview, 'followersMin' | 'noteActive'>;
  readonly clock: Clock;
  readonly observer?: FanOutObserver;
  /** Default FOLLOWERS_PAGE. */
  readonly followersPage?: number;
  /** Default PULL_GRACE_MS. */
  readonly pullGraceMs?: number;
}

export function createFanOut(deps: FanOutDeps): { readonly subscription: Subscription } {
  const { timelineStore, lanes, authorModeReview, clock, observer } = deps;
  const { followersPage = FOLLOWERS_PAGE, pullGraceMs = PULL_GRACE_MS } = deps;
  const followersNoted = Math.min(authorModeReview.followersMin, followersPage);

  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const entries = entriesBySource(events);
    if (entries.size === 0) return;
    // Before the followers are read: a younger timeline has read these entries itself.
    const generation = await timelineStore.generation();
    const sourceIds = [...entries.keys()];
    const continued: Id[] = [];
    for (let start = 0; start < sourceIds.length; start += SOURCES_MAX) {
      const asked = sourceIds.slice(start, start + SOURCES_MAX);
      const rows = await transaction.query(readSourceFollowers, [asked, followersPage, pullGraceMs]);
      await deliver(rows, entries, generation);
      for (const row of rows) if (row.follower_count > followersPage) continued.push(row.source_id);
    }
    if (continued.length > 0) await addToLanes(continued, entries, transaction);
  }

  async function deliver(
    rows: readonly SourceFollowersRow[],
    entries: ReadonlyMap<Id, readonly Id[]>,
    generation: number,
  ): Promise<void> {
    const deliveries: Delivery[] = [];
    const completed: Id[] = [];
    const active: Id[] = [];
    for (const { source_id: sourceId, follower_count: followerCount, reader_ids: column } of rows) {
      const readerIds = readIdList(column);
      const entryIds = entries.get(sourceId) ?? [];
      for (const entryId of entryIds) deliveries.push({ entryId, readerIds });
      if (followerCount <= followersPage) completed.push(...entryIds);
      if (followerCount >= followersNoted) active.push(sourceId);
    }
    const added = await deliverInTurns(timelineStore, deliveries, generation);
    observer?.delivered('page', added);
    observeCompleted(observer, 'page', completed, clock.nowMs());
    if (active.length > 0) authorModeReview.noteActive(active);
  }

  async function addToLanes(
    sourceIds: readonly Id[],
    entries: ReadonlyMap<Id, readonly Id[]>,
    transaction: SqlTransaction,
  ): Promise<void> {
    const pairs = sourceIds.flatMap((sourceId) =>
      (entries.get(sourceId) ?? []).map((entryId) => ({ sourceId, entryId })),
    );
    const sources = pairs.map(({ sourceId }) => sourceId);
    const entryIds = pairs.map(({ entryId }) => entryId);
    await transaction.query(addContinuations, [sources, sources.map(shardOf), entryIds]);
    transaction.afterCommit(lanes.wake);
  }

  return {
    subscription: {
      group: FAN_OUT_GROUP,
      topics: [POSTS_TOPIC],
      // What is kept, for timelines that were cached before the group was.
      from: 'beginning',
      batchMax: BATCH_MAX,
      gatherMs: GATHER_MS,
      handle,
    },
  };
}

/** New entries of home timelines: who wrote or reposted, and the entries of each in order. */
function entriesBySource(events: readonly LoggedEvent[]): Map<Id, Id[]> {
  const entries = new Map<Id, Id[]>();
  for (const event of events) {
    const added = homeEntryAddedBy(event);
    if (added !== undefined) add(entries, added.authorId, added.entryId);
  }
  return entries;
}

function add(entries: Map<Id, Id[]>, sourceId: Id, entryId: Id): void {
  assert(sourceId > 0 && entryId > 0, `an event names no entry: ${entryId} of ${sourceId}`);
  const known = entries.get(sourceId);
  if (known === undefined) entries.set(sourceId, [entryId]);
  else known.push(entryId);
}
