/** Which tags are used by whom, hour by hour, as the topic `posts` tells: of public posts only. */
import { type Id, shardOf } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  deleteOldTagUses,
  deleteTagUsesOfAuthors,
  deleteTagUsesOfPosts,
  hideAuthors,
  insertTagUses,
  showAuthors,
} from './tag-uses-queries.ts';

export const HOUR_MS = 3_600_000;
/** Longer than any trend looks back. */
export const TAG_USES_HOURS = 72;
const DELETE_LIMIT = 5_000;

export const POSTS_TOPIC = 'posts';
export const USERS_TOPIC = 'users';

export interface TagUses {
  /** Events of one of the topics `posts` and `users`; all effects are in the transaction. */
  hear(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void>;
  /** Deletes a piece of what no trend looks at any more, and answers whether there may be more. */
  deleteOld(nowMs: number): Promise<boolean>;
}

interface TagUse {
  readonly hour: number;
  readonly tag: string;
  readonly authorId: Id;
  readonly postId: Id;
}

export function createTagUses({ sql }: { readonly sql: SqlStore }): TagUses {
  return {
    hear,

    async deleteOld(nowMs) {
      const beforeHour = Math.floor(nowMs / HOUR_MS) - TAG_USES_HOURS;
      const [row] = await sql.query(deleteOldTagUses, [beforeHour, DELETE_LIMIT]);
      return row?.deleted === DELETE_LIMIT;
    },
  };
}

async function hear(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const topic = events[0]?.topic;
  if (topic === POSTS_TOPIC) await countPosts(events, transaction);
  if (topic === USERS_TOPIC) await hideUsers(events, transaction);
}

/** What is counted for a post is what it said last. */
async function countPosts(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const uses = new Map<Id, readonly TagUse[]>();
  const gone = new Set<Id>();
  for (const event of events) {
    const { kind, payload } = event;
    const postId = Number(payload['post_id']);
    if (kind === 'edited' || kind === 'deleted') gone.add(postId);
    if (kind === 'created' || kind === 'edited') uses.set(postId, usesOf(event));
    if (kind === 'deleted') uses.delete(postId);
  }
  if (gone.size > 0) await transaction.query(deleteTagUsesOfPosts, [[...gone]]);
  const all = [...uses.values()].flat();
  if (all.length === 0) return;
  await transaction.query(insertTagUses, [
    all.map(({ hour }) => hour),
    all.map(({ tag }) => tag),
    all.map(({ authorId }) => authorId),
    all.map(({ authorId }) => shardOf(authorId)),
    all.map(({ postId }) => postId),
  ]);
}

function usesOf({ payload, createdAt }: LoggedEvent): TagUse[] {
  if (payload['visibility'] !== 'public') return [];
  // As the feed has written it in every release so far.
  const tags = payload['tags'] as readonly string[];
  const hour = Math.floor(createdAt.getTime() / HOUR_MS);
  const use = { hour, authorId: Number(payload['author_id']), postId: Number(payload['post_id']) };
  return tags.map((tag) => ({ ...use, tag }));
}

/** What a suspended or deleted author used counts no more, and not again when they are restored. */
async function hideUsers(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const latest = new Map<Id, string>();
  for (const { key, kind } of events) {
    if (latest.get(key) !== 'deleted' && ['suspended', 'restored', 'deleted'].includes(kind))
      latest.set(key, kind);
  }
  const hidden = [...latest].filter(([, state]) => state !== 'restored');
  const restored = [...latest].filter(([, state]) => state === 'restored').map(([userId]) => userId);
  if (hidden.length > 0) {
    const userIds = hidden.map(([userId]) => userId);
    const states = hidden.map(([, state]) => state);
    await transaction.query(hideAuthors, [userIds, userIds.map(shardOf), states]);
    await transaction.query(deleteTagUsesOfAuthors, [userIds]);
  }
  if (restored.length > 0) await transaction.query(showAuthors, [restored]);
}
