/**
 * Why a post is, or is not, in a reader's home timeline, by SQL alone: the facts, and what the rules say of each entry by
 * which it could be there. `explanation-text.ts` puts it into sentences.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { GetUsers } from '../../../core/user.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Visibility } from '../posts/post.ts';
import type { CountsOf } from '../relationships/user-counts.ts';
import { pageFeed } from '../timelines/timelines-queries.ts';
import { followsItsPost, isEligible, isSource } from './entry-rules.ts';
import { type FanOutLag, fanOutLag } from './fan-out-lag.ts';
import { repeatedReposts } from './home-queries.ts';
import { type CachedEntry, createPostsCache } from './posts-cache.ts';
import { createReaderViews, type ReaderView } from './reader-views.ts';
import {
  getAuthorModes,
  getSourceReposts,
  getStandings,
  getSubject,
  type SourceRepostRow,
  type StandingRow,
} from './timeline-explanation-queries.ts';
import { getContinuations } from './timeline-verification-queries.ts';

export interface ExplanationFacts {
  readonly readerId: Id;
  /** What was asked about: the id of the post, or that of a repost of it. */
  readonly askedId: Id;
  readonly post: {
    readonly postId: Id;
    readonly authorId: Id;
    readonly visibility: Visibility;
    readonly deletedAt: Date | null;
  };
  /** The post itself, and its reposts by the reader and by whom the reader follows; oldest first. */
  readonly entries: readonly ExplainedEntry[];
  /** Of the author and of everyone who brings an entry. */
  readonly standings: ReadonlyMap<Id, StandingRow>;
  readonly sources: ReadonlyMap<Id, SourceDelivery>;
  readonly fanOut: FanOutLag;
}

export interface ExplainedEntry {
  readonly entryId: Id;
  /** Who posted or reposted it. */
  readonly sourceId: Id;
  /** What `pageFeed` says. */
  readonly shown: boolean;
  readonly verdict: Verdict;
  /** For `repeats`: the entry that shows the post within the 24 hours before; null if there are too many to name one. */
  readonly earlierId: Id | null;
}

/** `disagreement`: the rules in plain code say something else than those in SQL, which is a defect. */
export type Verdict =
  | 'shown'
  | 'deleted'
  | 'direct'
  | 'author_gone'
  | 'source_gone'
  | 'not_followed'
  | 'source_muted'
  | 'source_parted'
  | 'author_muted'
  | 'author_parted'
  | 'repeats'
  | 'disagreement';

export interface SourceDelivery {
  readonly followerCount: number;
  readonly mode: 'pushed' | 'pulled';
  /** Entries on their way to the source's followers, page by page. */
  readonly continuedIds: readonly Id[];
}

export interface TimelineExplanation {
  /** `undefined`: there is no such post or repost, nor was there one of late. */
  gather(readerId: Id, askedId: Id): Promise<ExplanationFacts | undefined>;
}

export interface TimelineExplanationDeps {
  readonly sql: SqlSession;
  readonly clock: Clock;
  readonly eventLog: Pick<EventLog, 'lag'>;
  readonly getUsers: GetUsers;
  readonly countsOf: CountsOf;
}

/** Reposts by those whom a reader follows, the newest: beyond these nobody reads on. */
export const EXPLAINED_REPOSTS_MAX = 50;

export function createTimelineExplanation(deps: TimelineExplanationDeps): TimelineExplanation {
  const { sql, eventLog, countsOf } = deps;

  async function gather(readerId: Id, askedId: Id): Promise<ExplanationFacts | undefined> {
    const [subject] = await sql.query(getSubject, [askedId]);
    if (subject === undefined) return undefined;
    const { post_id: postId, author_id: authorId, visibility, deleted_at: deletedAt } = subject;
    const reposts = await sql.query(getSourceReposts, [readerId, postId, EXPLAINED_REPOSTS_MAX]);
    const asked = subject.reposter_id === null ? [] : [{ repost_id: askedId, user_id: subject.reposter_id }];
    const brought = new Map(
      [...reposts, ...asked].map(({ repost_id, user_id }) => [repost_id, user_id] as const),
    );
    brought.set(postId, authorId);
    const userIds = [...new Set(brought.values())];
    const standings = new Map(
      (await sql.query(getStandings, [readerId, userIds])).map((row) => [row.user_id, row]),
    );
    const judge = await createJudge(deps, { readerId, postId, reposts, standings });
    const entries: ExplainedEntry[] = [];
    for (const [entryId, sourceId] of [...brought].sort(([left], [right]) => left - right)) {
      entries.push(await judge(entryId, sourceId));
    }
    return {
      readerId,
      askedId,
      post: { postId, authorId, visibility, deletedAt },
      entries,
      standings,
      sources: await deliveries(userIds),
      fanOut: await fanOutLag(eventLog),
    };
  }

  async function deliveries(userIds: readonly Id[]): Promise<ReadonlyMap<Id, SourceDelivery>> {
    const counts = await countsOf(userIds);
    const modes = await sql.query(getAuthorModes, [userIds]);
    const continued = await sql.query(getContinuations, [userIds]);
    return new Map(
      userIds.map((userId) => [
        userId,
        {
          followerCount: counts.get(userId)?.followerCount ?? 0,
          mode: modes.find((row) => row.author_id === userId)?.mode ?? 'pushed',
          continuedIds: continued.find((row) => row.author_id === userId)?.entry_ids ?? [],
        },
      ]),
    );
  }

  return { gather };
}

interface Case {
  readonly readerId: Id;
  readonly postId: Id;
  readonly reposts: readonly SourceRepostRow[];
  readonly standings: ReadonlyMap<Id, StandingRow>;
}

/** Applies the rules of `entry-rules.ts` to views and posts read for this one occasion, and asks `pageFeed` too. */
async function createJudge({ sql, clock, getUsers }: TimelineExplanationDeps, subject: Case) {
  const { readerId, postId, reposts, standings } = subject;
  const postsCache = createPostsCache({ sql, clock, getUsers });
  const view = await createReaderViews({ sql }).get(readerId);
  const isGone = (userId: Id): boolean => (standings.get(userId)?.state ?? null) !== null;

  async function isShown(entryId: Id): Promise<boolean> {
    const [first] = await sql.query(pageFeed, [readerId, entryId + 1, 1]);
    return first?.entry_id === entryId;
  }

  /** The earlier entry; null where there is one that cannot be named. */
  async function earlierOf(entry: CachedEntry): Promise<Id | null | undefined> {
    if (entry.reposterId === null) return undefined;
    if (followsItsPost(view, entry)) return postId;
    const reposterIds = await postsCache.repostersBefore(entry.post, entry.entryId);
    if (reposterIds === undefined) {
      const rows = await sql.query(repeatedReposts, [readerId, [entry.entryId]]);
      return rows.length > 0 ? null : undefined;
    }
    const earlier = reposterIds.filter((userId) => isSource(view, userId) && !isGone(userId));
    if (earlier.length === 0) return undefined;
    return reposts.find(({ user_id: userId }) => earlier.includes(userId))?.repost_id ?? null;
  }

  return async (entryId: Id, sourceId: Id): Promise<ExplainedEntry> => {
    const shown = await isShown(entryId);
    const [entry] = await postsCache.entries([entryId]);
    const refusal = entry === undefined ? 'deleted' : refusalOf(view, entry, isGone);
    const earlierId = entry === undefined || refusal !== undefined ? undefined : await earlierOf(entry);
    const ruled: Verdict = refusal ?? (earlierId === undefined ? 'shown' : 'repeats');
    const verdict = (ruled === 'shown') === shown ? ruled : 'disagreement';
    return { entryId, sourceId, shown, verdict, earlierId: earlierId ?? null };
  };
}

/** `undefined`: it is one of those that a home timeline is made of. */
function refusalOf(
  view: ReaderView,
  entry: CachedEntry,
  isGone: (userId: Id) => boolean,
): Verdict | undefined {
  const { post, reposterId } = entry;
  const sourceId = reposterId ?? post.authorId;
  if (isGone(post.authorId)) return 'author_gone';
  if (isGone(sourceId)) return 'source_gone';
  if (isEligible(view, entry)) return undefined;
  if (post.visibility === 'direct') return 'direct';
  if (isSource(view, sourceId)) return view.mutes(post.authorId) ? 'author_muted' : 'author_parted';
  // Of the two reasons the one behind the other: a block ends the follows between the two.
  if (!view.follows(sourceId)) return view.parted(sourceId) ? 'source_parted' : 'not_followed';
  return view.mutes(sourceId) ? 'source_muted' : 'source_parted';
}
