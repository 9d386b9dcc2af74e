/**
 * What decides, for one reader, how a home timeline looks: whom they follow, mute and are parted from by blocks, and
 * to which posts they have reacted. Loaded in one statement, then kept by the events that are heard. A change of a
 * relationship, which is rare, forgets the view; a reaction is added to it.
 */
import type { Id } from '../../../core/ids.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { createLoadingCache } from '../../../resilience/loading-cache.ts';
import { BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import type { ViewerFlags } from '../posts/post.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import { REACTIONS_TOPIC } from '../reactions/reaction-events.ts';
import { USERS_TOPIC } from '../relationships/hidden-users.ts';
import { RELATIONSHIPS_TOPIC } from '../relationships/relationship-events.ts';
import { type IdListColumn, readIdList } from './id-list-queries.ts';
import { IdWindow } from './id-window.ts';
import { getReaderView, getViewerFlags, type ReaderViewRow } from './reader-views-queries.ts';
import { includesId } from './sorted-ids.ts';

/** 400 bytes each for those who follow a few and have not reacted, 530 with five likes. */
export const READER_VIEWS_MAX = 100_000;
/** For the sake of those who follow thousands. */
export const READER_VIEWS_BYTES_MAX = 128 * 1_024 * 1_024;
/** Of each kind those to the newest posts are known, which are what timelines show; further ones are asked of SQL. */
export const KNOWN_REACTIONS_MAX = 1_000;
/** More come from events, until there are so many: then they are cut back. */
const KNOWN_REACTIONS_TRIM = 1_200;

/** Its relations are of one moment and never change; its flags are changed by events. */
export interface ReaderView {
  readonly readerId: Id;
  /** Ascending, without the reader. */
  readonly followeeIds: Float64Array;
  /** Stands for these follows; another for any others. */
  readonly followsStamp: number;
  follows(userId: Id): boolean;
  mutes(userId: Id): boolean;
  /** By a block of either of the two. */
  parted(userId: Id): boolean;
  /** `undefined`: the post is too old for this to be known here. */
  flags(postId: Id): ViewerFlags | undefined;
}

/** Of a logged event, and of one that this process has just committed. */
export type HeardEvent = Pick<LoggedEvent, 'topic' | 'kind' | 'payload'> & {
  readonly isJustCommitted?: boolean;
};

export interface ReaderViews {
  get(readerId: Id): MaybePromise<ReaderView>;
  /** Of all the posts, by SQL: for those that the view does not know. */
  flagsOf(readerId: Id, postIds: readonly Id[]): Promise<ReadonlyMap<Id, ViewerFlags>>;
  /** Of the topics `relationships`, `reactions`, `posts`, `users` and `bulk_loads`; to hear one again changes nothing. */
  hear(events: readonly HeardEvent[]): void;
  forget(readerId: Id): void;
  size(): number;
}

export interface ReaderViewsDeps {
  readonly sql: SqlSession;
  readonly viewsMax?: number;
  readonly bytesMax?: number;
}

export function createReaderViews(deps: ReaderViewsDeps): ReaderViews {
  const { sql, viewsMax = READER_VIEWS_MAX, bytesMax = READER_VIEWS_BYTES_MAX } = deps;
  const views = createLoadingCache<Id, View>({
    valuesMax: viewsMax,
    bytes: { max: bytesMax, of: (view) => view.bytes() },
    load: (readerIds) => Promise.all(readerIds.map(load)),
  });

  /** One is asked for at a time: the reader of a request. */
  async function load(readerId: Id): Promise<View> {
    const [row] = await sql.query(getReaderView, [readerId, KNOWN_REACTIONS_MAX + 1]);
    return new View(readerId, row);
  }

  function hearOne({ topic, kind, payload }: HeardEvent): void {
    if (topic === BULK_LOADS_TOPIC) views.clear();
    if (topic === USERS_TOPIC && kind === 'deleted') views.forget(Number(payload['user_id']));
    if (topic === RELATIONSHIPS_TOPIC) {
      for (const field of READERS_CONCERNED[kind] ?? []) views.forget(Number(payload[field]));
      return;
    }
    const change = topic === REACTIONS_TOPIC || topic === POSTS_TOPIC ? FLAG_CHANGES[kind] : undefined;
    if (change === undefined) return;
    const postId = Number(payload['post_id']);
    views.change(Number(payload['user_id']), (view) => view.setFlag(change.flag, postId, change.value));
  }

  return {
    get: (readerId) => views.get(readerId),

    async flagsOf(readerId, postIds) {
      if (postIds.length === 0) return new Map();
      const rows = await sql.query(getViewerFlags, [readerId, postIds]);
      return new Map(
        rows.map(({ post_id, liked, reposted, bookmarked }) => [post_id, { liked, reposted, bookmarked }]),
      );
    },

    hear(events) {
      for (const event of events) hearOne(event);
    },

    forget: (readerId) => views.forget(readerId),
    size: () => views.size(),
  };
}

/** The fields of the payload that say whose view a relationship event changes. */
const READERS_CONCERNED: Readonly<Record<string, readonly string[]>> = {
  followed: ['follower_id'],
  unfollowed: ['follower_id'],
  muted: ['user_id'],
  unmuted: ['user_id'],
  blocked: ['user_id', 'target_id'],
  unblocked: ['user_id', 'target_id'],
};

type Flag = keyof ViewerFlags;

const FLAG_CHANGES: Readonly<Record<string, { readonly flag: Flag; readonly value: boolean }>> = {
  liked: { flag: 'liked', value: true },
  unliked: { flag: 'liked', value: false },
  reposted: { flag: 'reposted', value: true },
  unreposted: { flag: 'reposted', value: false },
  bookmarked: { flag: 'bookmarked', value: true },
  unbookmarked: { flag: 'bookmarked', value: false },
};

/** By the bits liked 1, reposted 2, bookmarked 4: a page of posts allocates none. */
const FLAGS: readonly ViewerFlags[] = Array.from({ length: 8 }, (_, bits) =>
  Object.freeze({ liked: (bits & 1) !== 0, reposted: (bits & 2) !== 0, bookmarked: (bits & 4) !== 0 }),
);

/** Measured with a few followees and likes, the entry of the cache included. */
const VIEW_BYTES = 500;
const ID_BYTES = 8;

class View implements ReaderView {
  readonly readerId: Id;
  readonly followeeIds: Float64Array;
  readonly followsStamp: number;
  readonly #mutedIds: Float64Array;
  readonly #partedIds: Float64Array;
  /** Ids of posts; `undefined`: none, which is so for most. */
  liked: IdWindow | undefined;
  reposted: IdWindow | undefined;
  bookmarked: IdWindow | undefined;

  constructor(readerId: Id, row: ReaderViewRow | undefined) {
    this.readerId = readerId;
    this.followeeIds = readIdList(row?.followee_ids ?? null);
    this.followsStamp = row?.follows_stamp ?? 0;
    this.#mutedIds = readIdList(row?.muted_ids ?? null);
    this.#partedIds = readIdList(row?.parted_ids ?? null);
    this.liked = readReactions(row?.liked_ids ?? null);
    this.reposted = readReactions(row?.reposted_ids ?? null);
    this.bookmarked = readReactions(row?.bookmarked_ids ?? null);
  }

  follows(userId: Id): boolean {
    return includesId(this.followeeIds, userId);
  }

  mutes(userId: Id): boolean {
    return includesId(this.#mutedIds, userId);
  }

  parted(userId: Id): boolean {
    return includesId(this.#partedIds, userId);
  }

  flags(postId: Id): ViewerFlags | undefined {
    const liked = this.liked === undefined ? false : this.liked.has(postId);
    const reposted = this.reposted === undefined ? false : this.reposted.has(postId);
    const bookmarked = this.bookmarked === undefined ? false : this.bookmarked.has(postId);
    if (liked === undefined || reposted === undefined || bookmarked === undefined) return undefined;
    return FLAGS[(liked ? 1 : 0) | (reposted ? 2 : 0) | (bookmarked ? 4 : 0)];
  }

  setFlag(flag: Flag, postId: Id, value: boolean): void {
    if (!value) {
      this[flag]?.remove(postId);
      return;
    }
    const window = this[flag] ?? new IdWindow();
    this[flag] = window;
    window.add(postId);
    if (window.size > KNOWN_REACTIONS_TRIM) window.trim(KNOWN_REACTIONS_MAX);
  }

  /** Roughly, and as loaded: reactions that come later add little. */
  bytes(): number {
    const relations = this.followeeIds.length + this.#mutedIds.length + this.#partedIds.length;
    const reactions = (this.liked?.size ?? 0) + (this.reposted?.size ?? 0) + (this.bookmarked?.size ?? 0);
    return VIEW_BYTES + ID_BYTES * (relations + reactions);
  }
}

function readReactions(column: IdListColumn): IdWindow | undefined {
  return column === null ? undefined : new IdWindow(readIdList(column), KNOWN_REACTIONS_MAX);
}

/** Of who is not signed in. */
export const NOBODYS_VIEW: ReaderView = new View(0, undefined);
