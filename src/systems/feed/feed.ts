/** The system `feed`, put together: relationships, posts, reactions, timelines. */
import type { Clock } from '../../core/clock.ts';
import type { IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { ShowMedia } from '../../core/media.ts';
import type { CachedUser, DescribeUsers, FindUsers, GetUsers } from '../../core/user.ts';
import type { EventLog, Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../ports/timeline-store/timeline-store.ts';
import type { Tracing } from '../../telemetry/trace.ts';
import { foldJob } from './fold-job.ts';
import type { PullLimits } from './home/author-mode-review.ts';
import { createHome, type Home, type HomeObserver } from './home/home.ts';
import type { PostReads } from './home/post-reads.ts';
import { createLiveReads, type LiveReads } from './live-reads.ts';
import { createPhotos, type Photos } from './photos/photos.ts';
import { createErasure } from './posts/erasure.ts';
import { createHydration } from './posts/hydration.ts';
import { createPostCounts, FOLD_LIMIT as POST_COUNTS_FOLD_LIMIT } from './posts/post-counts.ts';
import { createPostMedia } from './posts/post-media.ts';
import { createPostWriter } from './posts/post-writer.ts';
import { createPosts, type Posts } from './posts/posts.ts';
import type { AttachMedia } from './posts/posts-with-media.ts';
import { createStaffPosts, type StaffPosts } from './posts/staff-posts.ts';
import { createThreads, type Threads } from './posts/threads.ts';
import { createReactionLists, type ReactionLists } from './reactions/reaction-lists.ts';
import { createReactionWriter, type ReactionWriter } from './reactions/reaction-writer.ts';
import { createReactions, type Reactions } from './reactions/reactions.ts';
import { type Blocks, createBlocks } from './relationships/blocks.ts';
import { createFollowRequests, type FollowRequests } from './relationships/follow-requests.ts';
import { createFollows, type Follows } from './relationships/follows.ts';
import { createHiddenUsers } from './relationships/hidden-users.ts';
import { createMutes, type Mutes } from './relationships/mutes.ts';
import { createRelationshipLists, type RelationshipLists } from './relationships/relationship-lists.ts';
import { createRelationships, type Relationships } from './relationships/relationships.ts';
import {
  type CountsOf,
  createUserCounts,
  FOLD_LIMIT as USER_COUNTS_FOLD_LIMIT,
} from './relationships/user-counts.ts';
import { createTimelines, type Timelines } from './timelines/timelines.ts';

export interface Feed {
  readonly relationships: Relationships;
  readonly follows: Follows;
  readonly followRequests: FollowRequests;
  readonly mutes: Mutes;
  readonly blocks: Blocks;
  readonly relationshipLists: RelationshipLists;
  readonly countsOf: CountsOf;
  readonly posts: Posts;
  /** One post, from memory. */
  readonly postReads: PostReads;
  readonly staffPosts: StaffPosts;
  readonly threads: Threads;
  readonly photos: Photos;
  readonly reactions: Reactions;
  readonly reactionWriter: ReactionWriter;
  readonly reactionLists: ReactionLists;
  readonly timelines: Timelines;
  /** Timelines from memory. */
  readonly home: Home;
  readonly liveReads: LiveReads;
  /** What the worker consumes and does now and then. */
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  /** Posts that wait for their batch. */
  waiting(): number;
}

export interface FeedDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly ids: IdGenerator;
  readonly tracing: Tracing;
  readonly timelineStore: TimelineStore;
  /** Whether all processes reach the same store. */
  readonly timelinesShared?: boolean;
  readonly clock: Clock;
  readonly pullLimits: PullLimits;
  readonly homeObserver: HomeObserver;
  /** Where several servers have the data: whether the session of this request had seen no more than was committed by then (monotonic). */
  readonly hadSeenBy?: (ms: number) => boolean;
  /** Whether only replicas of the database answer. */
  readonly isPrimaryAway?: () => boolean;
  readonly getUsers: GetUsers;
  /** For what nobody keeps: also while the primary of the database is away. By default as `getUsers`. */
  readonly listUsers?: GetUsers;
  readonly cachedUser: CachedUser;
  readonly findUsers: FindUsers;
  readonly describeUsers: DescribeUsers;
  /** Without these two, posts have no pictures. */
  readonly attachMedia?: AttachMedia;
  readonly showMedia?: ShowMedia;
}

const ERASE_EVERY_MS = 5_000;
const TOMBSTONES_EVERY_MS = 3_600_000;

export function createFeed(deps: FeedDeps): Feed {
  const shown = { ...deps, getUsers: deps.listUsers ?? deps.getUsers };
  const hydration = createHydration(shown);
  const writer = createPostWriter(deps);
  const relationships = createRelationships(deps);
  const userCounts = createUserCounts(deps);
  const postCounts = createPostCounts(deps);
  const hiddenUsers = createHiddenUsers(deps);
  const erasure = createErasure(deps);
  const timelines = createTimelines({ ...shown, hydration });
  const posts = createPosts({ ...deps, hydration, writer });
  const home = createHome({ ...deps, timelines, posts, observer: deps.homeObserver });
  return {
    relationships,
    follows: createFollows(deps),
    followRequests: createFollowRequests(deps),
    mutes: createMutes(deps),
    blocks: createBlocks(deps),
    relationshipLists: createRelationshipLists({ ...shown, ...relationships }),
    countsOf: userCounts.countsOf,
    posts,
    postReads: home.postReads,
    staffPosts: createStaffPosts({ ...deps, hydration }),
    threads: createThreads({ ...deps, hydration }),
    photos: createPhotos({ ...deps, hydration }),
    reactions: createReactions({ ...deps, hydration }),
    reactionWriter: createReactionWriter({ ...deps, hydration }),
    reactionLists: createReactionLists({ ...deps, hydration }),
    timelines: { ...timelines, feed: home.feed, userPosts: home.userPosts },
    home,
    liveReads: createLiveReads({ ...deps, postsCache: home.postsCache, hydration }),
    subscriptions: [hiddenUsers.subscription, erasure.subscription, createPostMedia(deps)],
    jobs: [
      foldJob('fold-user-counts', () => userCounts.fold(), USER_COUNTS_FOLD_LIMIT),
      foldJob('fold-post-counts', () => postCounts.fold(), POST_COUNTS_FOLD_LIMIT),
      eraseJob('erase-relationships', ERASE_EVERY_MS, () => hiddenUsers.erase()),
      eraseJob('erase-posts', ERASE_EVERY_MS, () => erasure.erase()),
      eraseJob('delete-tombstones', TOMBSTONES_EVERY_MS, () => erasure.deleteTombstones()),
    ],
    waiting: () => writer.waiting(),
  };
}

function eraseJob(name: string, everyMs: number, erase: () => Promise<boolean>): Job {
  return { name, everyMs, run: async () => ((await erase()) ? 'more' : 'done') };
}
