/**
 * The home timeline from what this process keeps in memory (docs/decisions/0010): the same entries in the same order as
 * `timelines-queries.ts` finds them, which goes on where memory ends.
 */
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { CachedUser, GetUsers } from '../../../core/user.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import type { EntryAssembly } from './entry-assembly.ts';
import { followsItsPost, isEligible, isSource } from './entry-rules.ts';
import type { EntrySources } from './entry-sources.ts';
import { repeatedReposts } from './home-queries.ts';
import type { CachedEntry, PostsCache } from './posts-cache.ts';
import type { ReaderView, ReaderViews } from './reader-views.ts';
import { walkPage } from './walk.ts';

export interface HomeTimelines {
  /** Only for readers of whom everything that they wrote has been heard: `FeedTail.isSettled`. */
  feed(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>>;
}

export interface HomeTimelinesDeps {
  readonly sql: SqlStore;
  readonly entrySources: EntrySources;
  readonly entryAssembly: EntryAssembly;
  readonly postsCache: PostsCache;
  readonly readerViews: ReaderViews;
  readonly cachedUser: CachedUser;
  readonly getUsers: GetUsers;
  /** The home timeline by SQL. */
  readonly olderFeed: (readerId: Id, page: PageRequest) => Promise<Page<TimelineEntry>>;
}

export function createHomeTimelines(deps: HomeTimelinesDeps): HomeTimelines {
  const { sql, entrySources, entryAssembly, postsCache, readerViews, cachedUser, getUsers, olderFeed } = deps;

  async function shown(view: ReaderView, entryIds: readonly Id[]): Promise<readonly TimelineEntry[]> {
    const loading = postsCache.entries(entryIds);
    const found = loading instanceof Promise ? await loading : loading;
    const entries: CachedEntry[] = [];
    const reposts: CachedEntry[] = [];
    for (const entry of found) {
      if (entry === undefined || !isEligible(view, entry)) continue;
      if (entry.reposterId !== null) {
        if (followsItsPost(view, entry)) continue;
        reposts.push(entry);
      }
      entries.push(entry);
    }
    if (reposts.length === 0) return entryAssembly.assemble(view, entries);
    const repeated = await repeatedAmong(view, reposts);
    const first = entries.filter(({ entryId }) => !repeated.has(entryId));
    return entryAssembly.assemble(view, first);
  }

  /** Those of the reposts in whose 24 hours before them another source reposted the same. */
  async function repeatedAmong(view: ReaderView, reposts: readonly CachedEntry[]): Promise<ReadonlySet<Id>> {
    const repeated = new Set<Id>();
    const undecided: Id[] = [];
    await Promise.all(
      reposts.map(async ({ post, entryId }) => {
        const reposterIds = await postsCache.repostersBefore(post, entryId);
        if (reposterIds === undefined) return void undecided.push(entryId);
        const sources = reposterIds.filter((userId) => isSource(view, userId));
        if (sources.length > 0 && (await anyThere(sources))) repeated.add(entryId);
      }),
    );
    if (undecided.length === 0) return repeated;
    const rows = await sql.query(repeatedReposts, [view.readerId, undecided]);
    for (const { repost_id: repostId } of rows) repeated.add(repostId);
    return repeated;
  }

  /** Any of the users is neither suspended nor deleted. */
  async function anyThere(userIds: readonly Id[]): Promise<boolean> {
    if (userIds.some((userId) => cachedUser(userId) !== undefined)) return true;
    return (await getUsers(userIds)).size > 0;
  }

  return {
    async feed(readerId, page) {
      const loading = readerViews.get(readerId);
      const view = loading instanceof Promise ? await loading : loading;
      return walkPage(page, {
        candidates: (before, limit) => entrySources.page(view, before, limit),
        shown: (entryIds) => shown(view, entryIds),
        older: (olderPage) => olderFeed(readerId, olderPage),
      });
    },
  };
}
