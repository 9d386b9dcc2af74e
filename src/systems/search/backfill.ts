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
import type { CountFollowers } from './count-followers.ts';

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
  /**
   * Indexes everything anew, whatever is known, as fast as it can; beside the servers, which go on finding all they found. For an
   * index that is damaged, or was made by other rules. `onPiece` hears how many are done, and up to which id.
   */
  reindex(onPiece: (subject: BackfillSubject, done: number, upTo: Id) => void): Promise<void>;
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

  async function indexPiece(subject: BackfillSubject, piece: Piece): Promise<IndexedPiece> {
    return subject === 'posts' ? indexPosts(deps, piece) : indexUsers(deps, piece);
  }

  async function run(limit = PIECE): Promise<boolean> {
    const [claimed] = await sql.query(claimBackfill, []);
    if (claimed === undefined) return false;
    const { subject, up_to: after } = claimed;
    const { last } = await indexPiece(subject, { after, limit, known: 'skip' });
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
    async reindex(onPiece) {
      for (const subject of ['users', 'posts'] as const) {
        let done = 0;
        let after: Id | undefined = 0;
        while (after !== undefined) {
          const piece: IndexedPiece = await indexPiece(subject, { after, limit: PIECE, known: 'replace' });
          done += piece.count;
          after = piece.last;
          if (after !== undefined) onPiece(subject, done, after);
        }
      }
    },
    async progress() {
      const rows = await sql.query(getBackfills, []);
      return rows.map(({ subject, up_to: upTo, done }) => ({ subject, upTo, done }));
    },
  };
}

interface Piece {
  readonly after: Id;
  readonly limit: number;
  /** What is known is as events have told it, or as it was when it was indexed last. */
  readonly known: 'skip' | 'replace';
}

interface IndexedPiece {
  readonly count: number;
  /** `undefined`: at the end. */
  readonly last: Id | undefined;
}

async function indexPosts(
  { searchIndex, pagePosts }: BackfillDeps,
  { after, limit, known }: Piece,
): Promise<IndexedPiece> {
  const posts = await pagePosts(after, limit);
  const postIds = posts.map(({ postId }) => postId);
  const wanted = new Set(known === 'replace' ? postIds : await searchIndex.missingPosts(postIds));
  await searchIndex.indexPosts(posts.filter(({ postId }) => wanted.has(postId)).map(indexedPost));
  return { count: posts.length, last: postIds.at(-1) };
}

/** A user has no version but the time of an event, so who is known stays as events have told; only the rank is renewed. */
async function indexUsers(
  { searchIndex, pageUsers, countFollowers }: BackfillDeps,
  { after, limit }: Piece,
): Promise<IndexedPiece> {
  const users = await pageUsers(after, limit);
  const userIds = users.map(({ userId }) => userId);
  const missing = new Set(await searchIndex.missingUsers(userIds));
  await searchIndex.indexUsers(
    users.filter(({ userId }) => missing.has(userId)).map((user) => ({ ...user, version: 0 })),
  );
  if (userIds.length > 0) {
    const counts = await countFollowers(userIds);
    await searchIndex.rankUsers(
      new Map([...counts].map(([userId, { followerCount }]) => [userId, followerCount])),
    );
  }
  return { count: users.length, last: userIds.at(-1) };
}
