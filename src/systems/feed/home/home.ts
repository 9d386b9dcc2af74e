/** Timelines from memory, put together (docs/decisions/0010): what is kept, how it is kept right, and who reads it when. */
import type { Clock } from '../../../core/clock.ts';
import { hasCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { ShowMedia } from '../../../core/media.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { CachedUser, GetUsers } from '../../../core/user.ts';
import type { EventLog, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { createTimelineCheckAnswers, type TimelineCheckAnswers } from '../checks/timeline-check-answers.ts';
import type { Posts } from '../posts/posts.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import type { Timelines } from '../timelines/timelines.ts';
import { createAuthorHeads } from './author-heads.ts';
import { createAuthorModeReview, type PullLimits } from './author-mode-review.ts';
import { createAuthorModes } from './author-modes.ts';
import { createDeliveryFence } from './delivery-fence.ts';
import { createEntryAssembly } from './entry-assembly.ts';
import { createEntrySources } from './entry-sources.ts';
import { createFanOut } from './fan-out.ts';
import { createFanOutLanes } from './fan-out-lanes.ts';
import type { FanOutObserver } from './fan-out-observer.ts';
import { createFanOutWatch } from './fan-out-watch.ts';
import { createFeedTail, type FeedTail } from './feed-tail.ts';
import { createHomeTimelines } from './home-timelines.ts';
import { createPostReads, type PostReads } from './post-reads.ts';
import { createPostsCache, type PostsCache } from './posts-cache.ts';
import { createPulledWindows } from './pulled-windows.ts';
import { createReaderViews } from './reader-views.ts';
import { createServingFacts } from './serving-facts.ts';
import { TimelinesAway, tellWhenAway } from './shared-timeline-store.ts';
import { createTimelineBuilder } from './timeline-builder.ts';
import { createTimelineEpoch } from './timeline-epoch.ts';
import { createOwnTimelineUpkeep, createSharedTimelineUpkeep } from './timeline-upkeep.ts';
import { createTimelineVerification } from './timeline-verification.ts';
import { createUndeliveredEntries } from './undelivered-entries.ts';
import { createUserTimelines } from './user-timelines.ts';

/** What metrics want to know. Called synchronously; must not throw. */
export interface HomeObserver extends FanOutObserver {
  /** A page of a home timeline was read. */
  homeRead(source: 'memory' | 'sql'): void;
  /** So was one post. */
  postRead(source: 'memory' | 'sql'): void;
  /** A timeline was not in the store. */
  timelineBuilt(): void;
}

export interface Home extends Pick<Timelines, 'feed' | 'userPosts'> {
  readonly postReads: PostReads;
  /** What entries stand for. */
  readonly postsCache: Pick<PostsCache, 'entries'>;
  /** Keeps what is in memory right. Until it follows a tail, all is read by SQL. */
  readonly tail: FeedTail;
  /** For every process that keeps something in memory. */
  readonly memoryJobs: readonly Job[];
  /** Answers `groundswell feeds`, by the tail of the process. */
  readonly checks: TimelineCheckAnswers;
  /** For whoever delivers into the timeline store: with one in memory, the process that reads it, and nobody else. */
  readonly fanOut: { readonly subscription: Subscription; readonly jobs: readonly Job[] };
  /** The fan-out delivers nothing, and no timeline of the store is read, unless the process is the keeper at that moment. */
  /** For a store in memory. */
  keepTimelinesWhile(isKeeper: () => boolean): void;
  /**
   * Whether the timelines of the store have all that was delivered. Until then home timelines are read by SQL. What is in a
   * store that processes share may be trusted by each; what is not is cleared.
   */
  trustTimelines(trusted: boolean): Promise<void>;
}

export interface HomeDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly timelineStore: TimelineStore;
  /** Whether all processes reach the same store. */
  readonly timelinesShared?: boolean;
  readonly clock: Clock;
  readonly getUsers: GetUsers;
  readonly cachedUser: CachedUser;
  /** Without it, posts are shown without their pictures. */
  readonly showMedia?: ShowMedia;
  readonly pullLimits: PullLimits;
  /** As of the feed's tail. */
  readonly hadSeenBy?: (ms: number) => boolean;
  /** Whether only replicas of the database answer. */
  readonly isPrimaryAway?: () => boolean;
  readonly observer: HomeObserver;
  /** By SQL. */
  readonly timelines: Pick<Timelines, 'feed' | 'userPosts'>;
  readonly posts: Pick<Posts, 'get'>;
}

/** Counts of posts are at most so much older than what the tail has heard, and the time to read them. */
const REFRESH_COUNTS_EVERY_MS = 250;

export function createHome(deps: HomeDeps): Home {
  const { timelines, observer, timelinesShared = false, isPrimaryAway = () => false } = deps;
  const timelineStore = timelinesShared ? tellWhenAway(deps.timelineStore) : deps.timelineStore;
  const timelineEpoch = createTimelineEpoch({ ...deps, keptIn: timelinesShared ? 'shared' : 'memory' });
  const postsCache = createPostsCache(deps);
  const readerViews = createReaderViews(deps);
  const authorHeads = createAuthorHeads(deps);
  const authorModes = createAuthorModes(deps);
  const pulledWindows = createPulledWindows({ authorHeads, isPulled: authorModes.isPulled });
  const timelineBuilder = createTimelineBuilder({
    ...deps,
    timelineStore,
    timelineEpoch,
    onBuild: observer.timelineBuilt,
  });
  const undeliveredEntries = createUndeliveredEntries({ ...deps, byOthers: timelinesShared });
  const fanOutWatch = createFanOutWatch({ ...deps, undeliveredEntries });
  const entrySources = createEntrySources({
    timelineStore,
    timelineBuilder,
    pulledWindows,
    undeliveredEntries,
    authorModes,
    timelineEpoch,
  });
  const entryAssembly = createEntryAssembly({ ...deps, readerViews });
  const memory = { ...deps, postsCache, readerViews, authorHeads, entrySources, entryAssembly };
  const home = createHomeTimelines({ ...memory, olderFeed: timelines.feed });
  const user = createUserTimelines({ ...memory, olderPosts: timelines.userPosts });
  const tail = createFeedTail({
    ...deps,
    postsCache,
    timelineUpkeep: timelinesShared
      ? createSharedTimelineUpkeep(timelineStore)
      : createOwnTimelineUpkeep(timelineStore),
    // The heads before the windows, which merge them.
    listeners: [
      timelineEpoch,
      authorModes,
      postsCache,
      readerViews,
      authorHeads,
      pulledWindows,
      undeliveredEntries,
    ],
  });
  const fence = createDeliveryFence({ timelineStore, timelineEpoch });
  const delivering = {
    ...deps,
    timelineStore: fence.store,
    observer: { ...observer, ended: timelineStore.announceDelivered },
  };
  const lanes = createFanOutLanes(delivering);
  const authorModeReview = createAuthorModeReview({ ...delivering, limits: deps.pullLimits });
  const fanOut = createFanOut({ ...delivering, lanes, authorModeReview });
  let trusted = false;
  let hearsDeliveries = false;

  function keepsTimelines(): boolean {
    return trusted && fence.isOpen() && timelineEpoch.isCurrent() && !fanOutWatch.isBehind();
  }

  function feed(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>> {
    if (keepsTimelines() && tail.isSettled(readerId)) return memoryFeed(readerId, page);
    observer.homeRead('sql');
    return timelines.feed(readerId, page);
  }

  /** What memory lacks is the primary's to load; the statement, a replica may answer while that is away. */
  function isLoadLost(error: unknown): boolean {
    return isPrimaryAway() && hasCode(error, 'unavailable');
  }

  async function memoryFeed(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>> {
    try {
      const found = await home.feed(readerId, page);
      observer.homeRead('memory');
      return found;
    } catch (error) {
      if (!(error instanceof TimelinesAway) && !isLoadLost(error)) throw error;
      observer.homeRead('sql');
      return timelines.feed(readerId, page);
    }
  }

  const checked = { ...deps, timelineStore, authorModes, timelineEpoch, readerViews, tail };
  const checks = createTimelineCheckAnswers({
    ...deps,
    keepsTimelines,
    verification: createTimelineVerification({ ...checked, memoryFeed: home.feed }),
    describeServing: createServingFacts({ ...checked, feed }),
  });

  return {
    postsCache,
    postReads: createPostReads({ ...memory, tail }),
    tail,
    checks,
    feed,

    userPosts(viewerId, userId, filter, page) {
      const source = tail.isSettled(viewerId ?? NOBODY) ? user : timelines;
      return source.userPosts(viewerId, userId, filter, page);
    },

    memoryJobs: [
      refreshJob(() => postsCache.refreshCounts()),
      timelineEpoch.job,
      ...(timelinesShared ? [fanOutWatch.job] : []),
    ],
    fanOut: { subscription: fanOut.subscription, jobs: [...lanes.jobs, ...authorModeReview.jobs] },
    keepTimelinesWhile: fence.openWhile,

    async trustTimelines(now) {
      trusted = false;
      if (!timelinesShared) await timelineStore.clear();
      if (now) {
        if (!hearsDeliveries) timelineStore.onDelivered(undeliveredEntries.end);
        hearsDeliveries = true;
        await timelineEpoch.enter();
        await authorModes.open();
        if (timelinesShared) await fanOutWatch.open();
      }
      trusted = now;
    },
  };
}

/** Who is not signed in has written nothing. */
const NOBODY: Id = 0;

function refreshJob(refresh: () => Promise<void>): Job {
  return {
    name: 'refresh-counts',
    everyMs: REFRESH_COUNTS_EVERY_MS,
    async run() {
      await refresh();
      return 'done';
    },
  };
}
