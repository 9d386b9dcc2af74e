/** One post as a viewer sees it, from what this process keeps in memory; `Posts.get` is the same as SQL. */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Posts } from '../posts/posts.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';
import type { EntryAssembly } from './entry-assembly.ts';
import { isPostVisible } from './entry-rules.ts';
import type { FeedTail } from './feed-tail.ts';
import type { PostsCache } from './posts-cache.ts';
import { NOBODYS_VIEW, type ReaderViews } from './reader-views.ts';

/** A `Post` is one as well: there the content is the post itself. */
export type ShownPost = Pick<TimelineEntry, 'content' | 'author' | 'reactions'>;

export interface PostReads {
  /**
   * At most a second old; to its author as it is now, and to whoever wrote something in this process, or says by their
   * session what they have seen, not older than that. Fails with `not_found` for a post that the viewer may not see.
   */
  get(viewerId: Id | undefined, postId: Id): Promise<ShownPost>;
}

export interface PostReadsDeps {
  readonly tail: Pick<FeedTail, 'isSettled'>;
  readonly postsCache: Pick<PostsCache, 'entries'>;
  readonly readerViews: Pick<ReaderViews, 'get'>;
  readonly entryAssembly: EntryAssembly;
  /** By SQL. */
  readonly posts: Pick<Posts, 'get'>;
  readonly observer: { postRead(source: 'memory' | 'sql'): void };
}

/** Who is not signed in has written nothing. */
const NOBODY: Id = 0;

export function createPostReads(deps: PostReadsDeps): PostReads {
  const { tail, postsCache, readerViews, entryAssembly, posts, observer } = deps;

  async function getBySql(viewerId: Id | undefined, postId: Id): Promise<ShownPost> {
    observer.postRead('sql');
    const content = await posts.get(viewerId, postId);
    return { content, author: content.author, reactions: content.reactions };
  }

  return {
    async get(viewerId, postId) {
      if (!tail.isSettled(viewerId ?? NOBODY)) return getBySql(viewerId, postId);
      const [view, [entry]] = await both(
        viewerId === undefined ? NOBODYS_VIEW : readerViews.get(viewerId),
        postsCache.entries([postId]),
      );
      // In another process their change may not have been heard yet; nobody looks at it as closely as they.
      if (entry !== undefined && entry.post.authorId === viewerId) return getBySql(viewerId, postId);
      observer.postRead('memory');
      // A repost brings a post, but is none.
      const isShown = entry !== undefined && entry.reposterId === null && isPostVisible(view, entry.post);
      const [shown] = isShown ? await entryAssembly.assemble(view, [entry]) : [];
      if (shown === undefined) throw notFound('post');
      return shown;
    },
  };
}

/** At the same time, and without waiting where both are there. */
function both<One, Other>(
  one: One | Promise<One>,
  other: Other | Promise<Other>,
): readonly [One, Other] | Promise<readonly [One, Other]> {
  return one instanceof Promise || other instanceof Promise ? Promise.all([one, other]) : [one, other];
}
