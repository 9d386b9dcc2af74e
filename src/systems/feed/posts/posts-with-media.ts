/** Writes posts with pictures: each in a transaction of its own, in which the pictures are put on it, or stay free. */

import { AppError, invalidField } from '../../../core/errors.ts';
import type { IdempotencyClaim, StoredAnswer } from '../../../core/idempotency.ts';
import type { Id } from '../../../core/ids.ts';
import { NO_MEDIA, type ShowMedia, type StoredMedia } from '../../../core/media.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { audienceOf, type Post } from './post.ts';
import type { PostWriter } from './post-writer.ts';
import type { PostWriteOutcome } from './post-writer-queries.ts';
import type { PostRow } from './posts-queries.ts';

/** How a new post is answered: made before it is written, so that what is stored is what is sent. */
export interface PostAnswering {
  readonly claim: IdempotencyClaim | undefined;
  present(post: Post): StoredAnswer;
}

/** Puts media of the author on a post, when the transaction commits; what the post keeps of them. Fails with `invalid`. */
export type AttachMedia = (
  transaction: SqlTransaction,
  authorId: Id,
  postId: Id,
  mediaIds: readonly Id[],
) => Promise<readonly StoredMedia[]>;

/** What is to be written, and what its author sees of it, both without pictures yet. */
export interface PreparedPost {
  readonly row: PostRow;
  readonly post: Post;
}

export interface PostsWithMedia {
  write(
    prepared: PreparedPost,
    mediaIds: readonly Id[],
    answering: PostAnswering,
  ): Promise<{ readonly outcome: PostWriteOutcome; readonly answer?: StoredAnswer }>;
  /** In a transaction under way, which fails if the post cannot be written. */
  writeIn(transaction: SqlTransaction, prepared: PreparedPost, mediaIds: readonly Id[]): Promise<Post>;
}

export function createPostsWithMedia(deps: {
  readonly sql: SqlStore;
  readonly writer: PostWriter;
  /** Without it, there are no media. */
  readonly attachMedia?: AttachMedia;
  readonly showMedia?: ShowMedia;
}): PostsWithMedia {
  const { sql, writer, attachMedia = noSuchMedia, showMedia = () => NO_MEDIA } = deps;

  async function withMedia(
    transaction: SqlTransaction,
    { row, post }: PreparedPost,
    mediaIds: readonly Id[],
  ): Promise<PreparedPost> {
    const media = await attachMedia(transaction, row.author_id, row.post_id, mediaIds);
    const shown = showMedia(media, audienceOf(row.visibility));
    return { row: { ...row, media }, post: { ...post, media: shown } };
  }

  return {
    async write(prepared, mediaIds, { claim, present }) {
      try {
        return await sql.transaction(async (transaction) => {
          const { row, post } = await withMedia(transaction, prepared, mediaIds);
          const answer = present(post);
          const outcome = await writer.writeIn(transaction, { row, claim, answer });
          if (outcome !== 'created') throw new NotWritten(outcome);
          return { outcome, answer };
        });
      } catch (error) {
        if (error instanceof NotWritten) return { outcome: error.outcome };
        throw error;
      }
    },

    async writeIn(transaction, prepared, mediaIds) {
      const { row, post } = await withMedia(transaction, prepared, mediaIds);
      const answer = { status: 201, body: '' };
      const outcome = await writer.writeIn(transaction, { row, claim: undefined, answer });
      if (outcome === 'created') return post;
      throw new AppError('conflict', 'The post that this one answers was deleted meanwhile.');
    },
  };
}

/** Ends the transaction of a post that is not to be written. */
class NotWritten extends Error {
  readonly outcome: PostWriteOutcome;

  constructor(outcome: PostWriteOutcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

const noSuchMedia: AttachMedia = async () => {
  throw invalidField('media_ids', 'names media that do not exist.');
};
