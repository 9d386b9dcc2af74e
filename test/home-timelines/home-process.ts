/** One process that answers home timelines, put together as the product does it, on ports that a test can slow down. */
import type { Id } from '../../src/core/ids.ts';
import type { Page, PageRequest } from '../../src/core/page.ts';
import { createMemoryTimelineStore } from '../../src/ports/timeline-store/memory-timeline-store.ts';
import type { TimelineStore } from '../../src/ports/timeline-store/timeline-store.ts';
import { createAuthorModeReview } from '../../src/systems/feed/home/author-mode-review.ts';
import { createHome } from '../../src/systems/feed/home/home.ts';
import type { PostReads } from '../../src/systems/feed/home/post-reads.ts';
import type { TimelineEntry } from '../../src/systems/feed/timelines/timeline-entry.ts';
import { createTimelines, type Timelines } from '../../src/systems/feed/timelines/timelines.ts';
import { type Fault, plantFault } from './faults.ts';
import { factOf } from './feed-rules.ts';
import { gateSqlStore, gateTimelineStore, shortenTimelines } from './gated-ports.ts';
import type { Interleaving } from './interleaving.ts';
import type { SmallWorld, WorldDatabase } from './small-world.ts';
import type { SteppedEventLog } from './stepped-event-log.ts';

/** What a process is made of. */
export interface ProcessParts {
  readonly database: WorldDatabase;
  readonly world: SmallWorld;
  readonly log: SteppedEventLog;
  readonly interleaving: Interleaving;
  readonly cramped: boolean;
}

export type Tally = (what: string, by?: number) => void;

export interface HomeProcess {
  feed(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>>;
  /** The same by SQL. */
  oracle(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>>;
  readonly userPosts: Timelines['userPosts'];
  readonly userPostsOracle: Timelines['userPosts'];
  readonly readPost: PostReads['get'];
  /** Undefined where there is none. */
  readonly timelineStore: TimelineStore | undefined;
  /** Whether timelines are dropped for certain when their readers follow others. */
  readonly dropsSurely: boolean;
  refreshCounts(): Promise<void>;
  /** Serves one page of a lane; answers whether there may be more. */
  serveLane(): Promise<boolean>;
  reviewModes(): Promise<void>;
  /** Whatever the limits say. */
  setMode(authorIds: readonly Id[], pulled: boolean): Promise<void>;
  /** The worker stops at whatever point it is, and starts again. */
  restartWorker(): Promise<void>;
  flush(): void;
  close(): Promise<void>;
}

/** So small that a world of six readers passes them. */
const LIMITS = { builtMax: 6, followersPage: 3, pullGraceMs: 0 };
const ROOMY = { timelinesMax: 8, postsMax: 200, repostsMax: 100, viewsMax: 8, headsMax: 20 };
const CRAMPED = { timelinesMax: 5, postsMax: 20, repostsMax: 8, viewsMax: 4, headsMax: 3 };
const PULL_LIMITS = { pullFollowers: 3, pullDeliveries: 1_000 };
const PULL_ALL = { pullFollowers: -1, pullDeliveries: 0 };
const PULL_NONE = { pullFollowers: 1e9, pullDeliveries: 1e9 };
const LANE = 'lane';

/** Nothing is cached: what the others must answer. */
export async function openSqlProcess({ database, world }: ProcessParts): Promise<HomeProcess> {
  const { hydration, getUsers } = world;
  const { feed, userPosts } = createTimelines({ sql: database.sql, hydration, getUsers });
  return {
    feed,
    oracle: feed,
    userPosts,
    userPostsOracle: userPosts,
    async readPost(viewerId, postId) {
      const content = await world.readPost(viewerId, postId);
      return { content, author: content.author, reactions: content.reactions };
    },
    timelineStore: undefined,
    dropsSurely: true,
    refreshCounts: async () => undefined,
    serveLane: async () => false,
    reviewModes: async () => undefined,
    setMode: async () => undefined,
    restartWorker: async () => undefined,
    flush: () => undefined,
    close: async () => undefined,
  };
}

export interface HomeProcessOptions {
  readonly fault?: Fault | undefined;
  /** Counts what the run has come by, for whoever wants to know that it has. */
  readonly tally: Tally;
  /** A store that several processes share, in place of memory. */
  readonly shared?: TimelineStore | undefined;
  /** Whether it is a worker, too. Default true. */
  readonly delivers?: boolean;
}

/** Two that share their timelines, of which one delivers. Each page is read from the other of them. */
export async function openSharingProcesses(
  parts: ProcessParts,
  options: HomeProcessOptions & { readonly shared: TimelineStore },
): Promise<HomeProcess> {
  const shared = loseDrops(options.shared);
  const worker = await openHomeProcess(parts, { ...options, shared });
  const other = await openHomeProcess(parts, { ...options, shared, delivers: false });
  let reads = 0;
  return {
    ...worker,
    timelineStore: options.shared,
    feed(readerId, page) {
      reads += 1;
      return (reads % 2 === 0 ? worker : other).feed(readerId, page);
    },
    readPost(viewerId, postId) {
      reads += 1;
      return (reads % 2 === 0 ? worker : other).readPost(viewerId, postId);
    },
    async refreshCounts() {
      await worker.refreshCounts();
      await other.refreshCounts();
    },
    async close() {
      await other.close();
      await worker.close();
    },
  };
}

/** All of them: nothing may rest on them. */
function loseDrops(store: TimelineStore): TimelineStore {
  return { ...store, drop: () => Promise.resolve() };
}

export async function openHomeProcess(
  parts: ProcessParts,
  { fault, tally, shared, delivers = true }: HomeProcessOptions,
): Promise<HomeProcess> {
  const { database, world, log, interleaving, cramped } = parts;
  const limits = { ...LIMITS, ...(cramped ? CRAMPED : ROOMY) };
  const { clock } = database;
  const { hydration, getUsers, cachedUser } = world;
  const { eventLog } = log;
  const sql = gateSqlStore(database.sql, interleaving);
  const pulled = new Set<Id>();
  const store = shared ?? createMemoryTimelineStore({ clock, timelinesMax: limits.timelinesMax });
  const faulty = plantFault({
    store: shortenTimelines(store, LIMITS.builtMax),
    fault,
    pulls: (readerId) =>
      [...pulled].some((authorId) => world.facts.holds(factOf.follows(readerId, authorId))),
    inLane: () => interleaving.currentName() === LANE,
  });
  const timelineStore = gateTimelineStore(faulty.store, interleaving);
  const bySql = createTimelines({ sql: database.sql, hydration, getUsers });
  const deps = {
    ...limits,
    sql,
    eventLog,
    timelineStore,
    timelinesShared: shared !== undefined,
    clock,
    getUsers,
    cachedUser,
    pullLimits: PULL_LIMITS,
    observer: {
      homeRead: (source: string) => tally(`pages read by ${source}`),
      postRead: (source: string) => tally(`posts read by ${source}`),
      timelineBuilt: () => tally('timelines built'),
      delivered: (lane: string, entries: number) => tally(`entries delivered by ${lane}`, entries),
      completed: () => undefined,
    },
    timelines: createTimelines({ sql, hydration, getUsers }),
    posts: { get: world.readPost },
  };
  const home = createHome(deps);
  const tail = await eventLog.tail({
    topics: home.tail.topics,
    hear(events) {
      for (const { topic, key, kind } of events) {
        if (topic === 'author_modes' && kind === 'pulled') pulled.add(key);
      }
      home.tail.hear(events);
    },
    committed: (events) => home.tail.committed?.(events),
  });
  home.tail.follow(tail);
  await home.trustTimelines(true);
  const { subscription, jobs } = home.fanOut;
  const [lane] = jobs.filter(({ name }) => name.startsWith('fan-out-lane'));
  const reviews = jobs.filter(({ name }) => !name.startsWith('fan-out-lane'));
  if (delivers) await eventLog.subscribe(subscription);
  const reviewWith = (pullLimits: typeof PULL_ALL) => createAuthorModeReview({ ...deps, limits: pullLimits });

  return {
    feed: home.feed,
    oracle: bySql.feed,
    userPosts: home.userPosts,
    userPostsOracle: bySql.userPosts,
    readPost: home.postReads.get,
    timelineStore: faulty.store,
    dropsSurely: shared === undefined,
    async refreshCounts() {
      for (const job of home.memoryJobs) await job.run();
    },
    serveLane: async () => (await lane?.run()) === 'more',
    async reviewModes() {
      for (const job of reviews) await job.run();
    },
    setMode: (authorIds, toPulled) => reviewWith(toPulled ? PULL_ALL : PULL_NONE).evaluate(authorIds),
    async restartWorker() {
      faulty.crash();
      log.unsubscribe(subscription.group);
      await eventLog.subscribe(subscription);
    },
    flush: faulty.flush,
    async close() {
      if (delivers) log.unsubscribe(subscription.group);
      await tail.close();
    },
  };
}
