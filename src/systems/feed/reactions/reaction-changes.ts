/**
 * What people do to posts, any number of them in one transaction: one statement for each kind of it, one for all
 * events, one for how the posts stand then. So what many do to one post at the same time costs little more than what
 * one does, and its count changes once.
 */
import { AppError, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { EventLog, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { ItemOutcome } from '../../../resilience/coalesce.ts';
import type { Hydration } from '../posts/hydration.ts';
import { isRepostable, NO_REACTIONS, type ReactionCounts } from '../posts/post.ts';
import { repostEvent } from '../posts/post-events.ts';
import { bookmarkEvent, likeEvent } from './reaction-events.ts';
import {
  addBookmarks,
  addLikes,
  addReposts,
  type ReactionRow,
  removeBookmarks,
  removeLikes,
  removeReposts,
} from './reactions-queries.ts';

/** In the order in which they are written, everywhere, so that two transactions seldom wait in a circle. */
export const REACTION_KINDS = ['like', 'unlike', 'repost', 'unrepost', 'bookmark', 'unbookmark'] as const;
export type ReactionKind = (typeof REACTION_KINDS)[number];

export interface Reaction {
  readonly kind: ReactionKind;
  readonly userId: Id;
  readonly postId: Id;
  /** Of the request (W3C Trace Context), where it is not the one that is being answered. */
  readonly traceparent?: string | undefined;
}

export interface ReactionChangesDeps {
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly hydration: Hydration;
}

export interface ReactionChanges {
  /**
   * Does what is not so already, and announces it in the order given. Answers what became of each, in that order:
   * how its post stands after all of them, or `not_found` for a post that the user may not see, or `forbidden` for
   * a repost of what not everyone may see. No two of one user to one post may be of the same sort, such as a like
   * and an unlike. At most APPEND_EVENTS_MAX.
   */
  make(
    transaction: SqlTransaction,
    reactions: readonly Reaction[],
  ): Promise<readonly ItemOutcome<ReactionCounts>[]>;
}

export function createReactionChanges({ ids, eventLog, hydration }: ReactionChangesDeps): ReactionChanges {
  /** Only of posts that the users may see. */
  async function write(
    transaction: SqlTransaction,
    reactions: readonly Reaction[],
  ): Promise<ReadonlyMap<Reaction, ReactionRow>> {
    const rows = new Map<Reaction, ReactionRow>();
    for (const kind of REACTION_KINDS) {
      const ofKind = reactions.filter((reaction) => reaction.kind === kind);
      if (ofKind.length === 0) continue;
      for (const row of await WRITERS[kind](transaction, ofKind, ids)) {
        const reaction = ofKind[row.position - 1];
        if (reaction !== undefined) rows.set(reaction, row);
      }
    }
    return rows;
  }

  return {
    async make(transaction, reactions) {
      const rows = await write(transaction, reactions);
      await eventLog.append(
        transaction,
        reactions.flatMap((each) => eventsOf(each, rows.get(each))),
      );
      const postIds = [...new Set([...rows.keys()].map(({ postId }) => postId))];
      const standing = await hydration.reactions(undefined, postIds, transaction);
      return reactions.map((reaction) => {
        const error = errorOf(reaction, rows.get(reaction));
        if (error !== undefined) return { ok: false, error };
        return { ok: true, value: standing.get(reaction.postId) ?? NO_REACTIONS };
      });
    },
  };
}

type Write = (
  transaction: SqlTransaction,
  reactions: readonly Reaction[],
  ids: IdGenerator,
) => Promise<readonly ReactionRow[]>;

const WRITERS: Readonly<Record<ReactionKind, Write>> = {
  like: (transaction, reactions, ids) => transaction.query(addLikes, added(reactions, ids)),
  unlike: (transaction, reactions) => transaction.query(removeLikes, removed(reactions)),
  repost: (transaction, reactions, ids) => transaction.query(addReposts, added(reactions, ids)),
  unrepost: (transaction, reactions) => transaction.query(removeReposts, removed(reactions)),
  bookmark: (transaction, reactions, ids) => transaction.query(addBookmarks, added(reactions, ids)),
  unbookmark: (transaction, reactions) => transaction.query(removeBookmarks, removed(reactions)),
};

function removed(reactions: readonly Reaction[]): [userIds: Id[], postIds: Id[]] {
  return [reactions.map(({ userId }) => userId), reactions.map(({ postId }) => postId)];
}

function added(
  reactions: readonly Reaction[],
  ids: IdGenerator,
): [userIds: Id[], postIds: Id[], reactionIds: Id[], shards: number[]] {
  return [
    ...removed(reactions),
    reactions.map(() => ids.next()),
    reactions.map(({ userId }) => shardOf(userId)),
  ];
}

/** None where nothing changed. */
function eventsOf({ kind, userId, postId, traceparent }: Reaction, row: ReactionRow | undefined): NewEvent[] {
  if (row === undefined || row.reaction_id === null) return [];
  const event = announce(kind, row.reaction_id, { userId, postId, authorId: row.author_id });
  return [traceparent === undefined ? event : { ...event, traceparent }];
}

function announce(
  kind: ReactionKind,
  id: Id,
  about: { readonly userId: Id; readonly postId: Id; readonly authorId: Id },
): NewEvent {
  switch (kind) {
    case 'like':
      return likeEvent('liked', { likeId: id, ...about });
    case 'unlike':
      return likeEvent('unliked', { likeId: id, ...about });
    case 'repost':
      return repostEvent('reposted', { repostId: id, ...about });
    case 'unrepost':
      return repostEvent('unreposted', { repostId: id, ...about });
    case 'bookmark':
      return bookmarkEvent('bookmarked', { bookmarkId: id, ...about });
    case 'unbookmark':
      return bookmarkEvent('unbookmarked', { bookmarkId: id, ...about });
  }
}

function errorOf({ kind }: Reaction, row: ReactionRow | undefined): AppError | undefined {
  if (row === undefined) return notFound('post');
  if (kind !== 'repost' || isRepostable(row.visibility)) return undefined;
  return new AppError('forbidden', 'Only public and unlisted posts can be reposted.');
}
