/**
 * Keeps the search index by what the feed and the accounts announce. The index may lie in another engine than the events, so
 * what is done is idempotent, and does not depend on the order: each state of a post or user carries its version.
 */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent, Subscription } from '../../ports/event-log/event-log.ts';
import type { SearchIndex } from '../../ports/search-index/search-index.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  announcedPost,
  announcedUser,
  BULK_LOADS_TOPIC,
  deletedPost,
  POSTS_TOPIC,
  RELATIONSHIPS_TOPIC,
  USERS_TOPIC,
} from './announced.ts';
import type { Backfill } from './backfill.ts';
import type { CountFollowers } from './count-followers.ts';

/** Under load, events are worth being gathered for so long: a batch costs little more than one. */
const GATHER_MS = 100;
const BATCH_MAX = 500;
/** Ranks need not be right at once, and a user who is followed by many is then counted once. */
const RANKING_GATHER_MS = 2_000;

export interface Indexing {
  readonly subscription: Subscription;
  /** How many follow whom. A group of its own, which may fall behind while posts are indexed at once. */
  readonly ranking: Subscription;
}

export interface IndexingDeps {
  readonly searchIndex: SearchIndex;
  readonly clock: Clock;
  readonly countFollowers: CountFollowers;
  readonly indexed: (topic: string, lagMs: number) => void;
  readonly backfill: Pick<Backfill, 'restart'>;
}

export function createIndexing(deps: IndexingDeps): Indexing {
  const { searchIndex, clock, countFollowers, indexed, backfill } = deps;

  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const topic = events[0]?.topic;
    if (topic === POSTS_TOPIC) await indexPosts(searchIndex, events);
    if (topic === USERS_TOPIC) {
      await indexUsers(searchIndex, events);
      // A follow may be handled before the followed user is here to be ranked.
      await rank(idsOf(events, ['created']));
    }
    if (topic === BULK_LOADS_TOPIC) await backfill.restart(transaction);
    transaction.afterCommit(() => {
      for (const { createdAt } of events) {
        indexed(topic ?? '', clock.nowMs() - createdAt.getTime() + searchIndex.searchableAfterMs);
      }
    });
  }

  async function rank(userIds: readonly Id[]): Promise<void> {
    if (userIds.length === 0) return;
    const counts = await countFollowers(userIds);
    await searchIndex.rankUsers(
      new Map([...counts].map(([userId, { followerCount }]) => [userId, followerCount])),
    );
  }

  return {
    subscription: {
      group: 'search',
      topics: [POSTS_TOPIC, USERS_TOPIC, BULK_LOADS_TOPIC],
      from: 'beginning',
      handle,
      batchMax: BATCH_MAX,
      gatherMs: GATHER_MS,
    },
    ranking: {
      group: 'search-ranks',
      topics: [RELATIONSHIPS_TOPIC],
      from: 'beginning',
      handle: (events) => rank(idsOf(events, ['followed', 'unfollowed'])),
      batchMax: BATCH_MAX,
      gatherMs: RANKING_GATHER_MS,
    },
  };
}

function idsOf(events: readonly LoggedEvent[], kinds: readonly string[]): Id[] {
  return [...new Set(events.filter(({ kind }) => kinds.includes(kind)).map(({ key }) => key))];
}

async function indexPosts(searchIndex: SearchIndex, events: readonly LoggedEvent[]): Promise<void> {
  const changed = events.filter(({ kind }) => kind === 'created' || kind === 'edited').map(announcedPost);
  const deleted = events.filter(({ kind }) => kind === 'deleted').map(deletedPost);
  if (changed.length > 0) await searchIndex.indexPosts(changed);
  if (deleted.length > 0) await searchIndex.removePosts(deleted);
}

const USER_KINDS: ReadonlySet<string> = new Set(['created', 'updated', 'suspended', 'restored']);

async function indexUsers(searchIndex: SearchIndex, events: readonly LoggedEvent[]): Promise<void> {
  const changed = events.filter(({ kind }) => USER_KINDS.has(kind)).map(announcedUser);
  const deleted = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
  if (changed.length > 0) await searchIndex.indexUsers(changed);
  if (deleted.length > 0) await searchIndex.removeUsers(deleted);
}
