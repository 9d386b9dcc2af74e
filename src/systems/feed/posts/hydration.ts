/** From ids to posts as a viewer sees them: one query for each kind of thing, however many posts. */
import type { Id } from '../../../core/ids.ts';
import { NO_MEDIA, type ShowMedia } from '../../../core/media.ts';
import type { GetUsers, User } from '../../../core/user.ts';
import type { SqlSession, SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { audienceOf, type Named, type Post, type PostReactions } from './post.ts';
import { getPostReactions, type PostReactionsRow } from './post-reactions-queries.ts';
import {
  getVisiblePostsWithReactions,
  listVisiblePostsWithReactions,
  type PostRow,
} from './posts-queries.ts';

export interface Hydration {
  /**
   * Those of the posts that the viewer may see, by id; the others are not in the answer, so that no list can show
   * what its own rules let through. Inside a transaction it sees what that has written.
   */
  hydrate(
    viewerId: Id | undefined,
    postIds: readonly Id[],
    session?: SqlSession,
  ): Promise<ReadonlyMap<Id, Post>>;

  /** The same of what a page lists: who does not yet have a post leaves it out, and nobody writes what follows from it. */
  hydratePage(viewerId: Id | undefined, postIds: readonly Id[]): Promise<ReadonlyMap<Id, Post>>;

  /** How the posts stand, for whoever may see them; of one moment. */
  reactions(
    viewerId: Id | undefined,
    postIds: readonly Id[],
    session?: SqlSession,
  ): Promise<ReadonlyMap<Id, PostReactions>>;
}

export interface HydrationDeps {
  readonly sql: SqlStore;
  readonly getUsers: GetUsers;
  /** Without it, posts are shown without their pictures. */
  readonly showMedia?: ShowMedia;
}

export function createHydration(deps: HydrationDeps): Hydration {
  const { sql, getUsers, showMedia = () => NO_MEDIA } = deps;

  async function load(
    viewerId: Id | undefined,
    postIds: readonly Id[],
    query: (params: [Id | null, readonly Id[]]) => Promise<(PostRow & PostReactionsRow)[]>,
  ): Promise<ReadonlyMap<Id, Post>> {
    const distinctIds = [...new Set(postIds)];
    if (distinctIds.length === 0) return new Map();
    const rows = await query([viewerId ?? null, distinctIds]);
    const users = await getUsers(usersOf(rows));
    const posts = rows.flatMap((row) => {
      const author = users.get(row.author_id);
      if (author === undefined) return [];
      return [assemble(row, author, users, showMedia)];
    });
    return new Map(posts.map((post) => [post.postId, post]));
  }

  return {
    async reactions(viewerId, postIds, session = sql) {
      if (postIds.length === 0) return new Map();
      const rows = await session.query(getPostReactions, [viewerId ?? null, postIds]);
      return new Map(rows.map((row) => [row.post_id, reactionsOf(row)]));
    },

    hydrate: (viewerId, postIds, session = sql) =>
      load(viewerId, postIds, (params) => session.query(getVisiblePostsWithReactions, params)),

    hydratePage: (viewerId, postIds) =>
      load(viewerId, postIds, (params) => sql.query(listVisiblePostsWithReactions, params)),
  };
}

function usersOf(rows: readonly PostRow[]): Id[] {
  const userIds = new Set<Id>();
  for (const row of rows) {
    userIds.add(row.author_id);
    if (row.reply_to_user_id !== null) userIds.add(row.reply_to_user_id);
    for (const userId of row.mention_user_ids) userIds.add(userId);
  }
  return [...userIds];
}

function assemble(
  row: PostRow & PostReactionsRow,
  author: User,
  users: ReadonlyMap<Id, User>,
  showMedia: ShowMedia,
): Post {
  return {
    postId: row.post_id,
    author,
    text: row.text,
    visibility: row.visibility,
    contentWarning: row.content_warning,
    language: row.language,
    replyToId: row.reply_to_id,
    replyToUser: row.reply_to_user_id === null ? null : (users.get(row.reply_to_user_id) ?? null),
    mentions: named(row.mention_user_ids, users),
    tags: row.tags,
    editedAt: row.edited_at,
    media: row.media === null ? NO_MEDIA : showMedia(row.media, audienceOf(row.visibility)),
    reactions: reactionsOf(row),
  };
}

/** Who of them can still be named. */
function named(userIds: readonly Id[], users: ReadonlyMap<Id, User>): Named[] {
  return userIds.map((userId) => users.get(userId)).filter((user) => user !== undefined);
}

function reactionsOf(row: PostReactionsRow): PostReactions {
  return {
    likeCount: row.like_count,
    repostCount: row.repost_count,
    replyCount: row.reply_count,
    liked: row.liked,
    reposted: row.reposted,
    bookmarked: row.bookmarked,
  };
}
