/**
 * The posts that clients show, by what they say, and how these stand: told at most once a second a post, however often
 * it is liked, and read for all posts at once.
 */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { Log } from '../../telemetry/log.ts';
import { maySee } from './audience.ts';
import type { LiveConnection, Reader } from './connection.ts';
import { countsData } from './event-data.ts';
import { Frame } from './frame.ts';
import type { LiveContent, WatchedPost } from './live-content.ts';

/** Of one connection: more than any screen shows. */
export const WATCHED_POSTS_MAX = 100;
/** Of one post. */
export const COUNTS_EVERY_MS = 1_000;
/** What is liked is often liked again at once. */
const GATHER_MS = 100;
const COUNTS_BATCH = 1_000;

export interface Watches {
  /** In place of what the connection watched before. At most WATCHED_POSTS_MAX. Answers how each stands. */
  watch(connection: LiveConnection, postIds: readonly Id[]): Promise<void>;
  forget(connection: LiveConnection): void;
  watchersOf(postId: Id): Iterable<Reader>;
  /** The counts of the post have changed. */
  changed(postId: Id): void;
  /** The two see less of each other from now on. */
  parted(reader: Reader, userId: Id): void;
  close(): void;
}

export interface WatchesDeps {
  readonly content: Pick<LiveContent, 'watched' | 'counts'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Watched {
  readonly connections: Set<LiveConnection>;
  /** When its counts were last told. */
  toldMs: number;
}

export function createWatches({ content, clock, log }: WatchesDeps): Watches {
  const byPost = new Map<Id, Watched>();
  const byConnection = new Map<LiveConnection, Map<Id, WatchedPost>>();
  /** Posts whose counts have changed, and when they may be told. */
  const changes = new Map<Id, number>();
  let timer: NodeJS.Timeout | undefined;

  function forgetPost(connection: LiveConnection, postId: Id): void {
    const watched = byPost.get(postId);
    if (watched?.connections.delete(connection) && watched.connections.size === 0) byPost.delete(postId);
  }

  function forget(connection: LiveConnection): void {
    for (const postId of byConnection.get(connection)?.keys() ?? []) forgetPost(connection, postId);
    byConnection.delete(connection);
  }

  function remember(connection: LiveConnection, posts: ReadonlyMap<Id, WatchedPost>): void {
    byConnection.set(connection, new Map(posts));
    for (const postId of posts.keys()) {
      const watched = byPost.get(postId);
      if (watched !== undefined) watched.connections.add(connection);
      else byPost.set(postId, { connections: new Set([connection]), toldMs: Number.NEGATIVE_INFINITY });
    }
  }

  function schedule(): void {
    if (timer !== undefined || changes.size === 0) return;
    const dueMs = Math.min(...changes.values());
    timer = setTimeout(
      () => {
        timer = undefined;
        void tell().then(schedule);
      },
      Math.max(0, dueMs - clock.monotonicMs()),
    );
    timer.unref();
  }

  async function tell(): Promise<void> {
    const nowMs = clock.monotonicMs();
    const due = [...changes].filter(([, dueMs]) => dueMs <= nowMs).map(([postId]) => postId);
    const postIds = due.slice(0, COUNTS_BATCH);
    for (const postId of postIds) changes.delete(postId);
    try {
      const counts = await content.counts(postIds);
      for (const [postId, each] of counts) {
        const watched = byPost.get(postId);
        if (watched === undefined) continue;
        watched.toldMs = nowMs;
        const frame = new Frame('counts', countsData(postId, each));
        for (const connection of watched.connections) connection.send(frame);
      }
    } catch (error) {
      log.warn({ err: error }, 'counts could not be read for those who watch; trying again');
      for (const postId of postIds) changes.set(postId, clock.monotonicMs() + COUNTS_EVERY_MS);
    }
  }

  return {
    forget,

    async watch(connection, postIds) {
      const posts =
        postIds.length === 0 ? NO_POSTS : await content.watched(connection.reader.userId, postIds);
      if (connection.closed) return;
      forget(connection);
      // They may have been parted meanwhile.
      const visible = new Map(
        [...posts].filter(([postId, post]) => maySee(connection.reader, { postId, ...post })),
      );
      remember(connection, visible);
      const missing = postIds.filter((postId) => !visible.has(postId));
      connection.send(new Frame('watching', watchingData(visible, missing)));
    },

    *watchersOf(postId) {
      for (const { reader } of byPost.get(postId)?.connections ?? []) yield reader;
    },

    changed(postId) {
      const watched = byPost.get(postId);
      if (watched === undefined || changes.has(postId)) return;
      changes.set(postId, Math.max(clock.monotonicMs() + GATHER_MS, watched.toldMs + COUNTS_EVERY_MS));
      schedule();
    },

    parted(reader, userId) {
      for (const connection of reader.connections) {
        const posts = byConnection.get(connection);
        for (const [postId, post] of posts ?? []) {
          if (post.authorId !== userId || maySee(reader, { postId, ...post })) continue;
          posts?.delete(postId);
          forgetPost(connection, postId);
        }
      }
    },

    close() {
      clearTimeout(timer);
      changes.clear();
    },
  };
}

const NO_POSTS: ReadonlyMap<Id, WatchedPost> = new Map();

function watchingData(posts: ReadonlyMap<Id, WatchedPost>, missing: readonly Id[]): string {
  const shown = [...posts].map(([postId, post]) => {
    const counts = countsData(postId, post).slice(0, -1);
    return `${counts},"edited_at":${JSON.stringify(post.editedAt)}}`;
  });
  return `{"posts":[${shown.join(',')}],"missing_post_ids":${JSON.stringify(missing.map(String))}}`;
}
