/**
 * Indexes what no event tells of: what was there before the index, and what was loaded in bulk. From the lowest id to the
 * highest, a bounded piece at a time, and again from the start when more has been loaded meanwhile.
 */
import type { Id } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { IndexedUser, SearchIndex } from '../../ports/search-index/search-index.ts';
import type { SqlSession, SqlStore } from '../../ports/sql-store/sql-store.ts';
import { indexedPost, type PostToIndex } from './announced.ts';
import {
  advanceBackfill,
  type BackfillSubject,
  claimBackfill,
  endBackfill,
  getBackfills,
  restartBackfills,
} from './backfill-queries.ts';
import type { CountFollowers } from './search.ts';

/** The posts with the lowest ids above `after`, in the order of ids, without those that are deleted. */
export type PagePosts = (after: Id, limit: number) => Promise<readonly PostToIndex[]>;
/** The same of users, with those who are suspended and without those who are deleted. */
export type PageUsers = (after: Id, limit: number) => Promise<readonly Omit<IndexedUser, 'version'>[]>;

/** Some 50 ms of work. */
export const PIECE = 500;
/** While there is something to do: some 3,000 posts a second, and most of a core is left to who is being served. */
const BUSY_EVERY_MS = 150;
const IDLE_EVERY_MS = 5_000;

export interface BackfillProgress {
  readonly subject: BackfillSubject;
  readonly upTo: Id;
  readonly done: boolean;
}

export interface Backfill {
  /** At an easy pace. */
  readonly job: Job;
  /** Begins again, or will when it has come to the end: in the transaction of what asks for it. */
  restart(session: SqlSession): Promise<void>;
  /** Indexes a piece and answers whether there may be more to do. Any number of processes may call it. */
  run(limit?: number): Promise<boolean>;
  progress(): Promise<BackfillProgress[]>;
}

export interface BackfillDeps {
  readonly sql: SqlStore;
  readonly searchIndex: SearchIndex;
  readonly pagePosts: PagePosts;
  readonly pageUsers: PageUsers;
  readonly countFollowers: CountFollowers;
}

export function createBackfill(deps: BackfillDeps): Backfill {
  const { sql } = deps;
  let busy = false;

  /** The id of the last one, or `undefined` at the end. Claimed by nobody else, but nothing is locked by it. */
  async function indexPiece(subject: BackfillSubject, after: Id, limit: number): Promise<Id | undefined> {
    return subject === 'posts' ? indexPosts(deps, after, limit) : indexUsers(deps, after, limit);
  }

  async function run(limit = PIECE): Promise<boolean> {
    const [claimed] = await sql.query(claimBackfill, []);
    if (claimed === undefined) return false;
    const { subject, up_to: after } = claimed;
    const last = await indexPiece(subject, after, limit);
    // Whoever else has done the same piece has moved it on as well: then this changes nothing.
    if (last === undefined) await sql.query(endBackfill, [subject, after]);
    else await sql.query(advanceBackfill, [subject, after, last]);
    return true;
  }

  return {
    job: {
      name: 'search-backfill',
      get everyMs() {
        return busy ? BUSY_EVERY_MS : IDLE_EVERY_MS;
      },
      async run() {
        busy = false;
        busy = await run();
        return 'done';
      },
    },
    run,
    restart: async (session) => void (await session.query(restartBackfills, [])),
    async progress() {
      const rows = await sql.query(getBackfills, []);
      return rows.map(({ subject, up_to: upTo, done }) => ({ subject, upTo, done }));
    },
  };
}

/** What is known already is as events have told it, or as it was when it was indexed last. */
async function indexPosts(
  { searchIndex, pagePosts }: BackfillDeps,
  after: Id,
  limit: number,
): Promise<Id | undefined> {
  const posts = await pagePosts(after, limit);
  const missing = new Set(await searchIndex.missingPosts(posts.map(({ postId }) => postId)));
  await searchIndex.indexPosts(posts.filter(({ postId }) => missing.has(postId)).map(indexedPost));
  return posts.at(-1)?.postId;
}

async function indexUsers(
  { searchIndex, pageUsers, countFollowers }: BackfillDeps,
  after: Id,
  limit: number,
): Promise<Id | undefined> {
  const users = await pageUsers(after, limit);
  const userIds = users.map(({ userId }) => userId);
  const missing = new Set(await searchIndex.missingUsers(userIds));
  const missingUsers = users.filter(({ userId }) => missing.has(userId));
  await searchIndex.indexUsers(missingUsers.map((user) => ({ ...user, version: 0 })));
  if (userIds.length > 0) {
    const counts = await countFollowers(userIds);
    await searchIndex.rankUsers(
      new Map([...counts].map(([userId, { followerCount }]) => [userId, followerCount])),
    );
  }
  return userIds.at(-1);
}
