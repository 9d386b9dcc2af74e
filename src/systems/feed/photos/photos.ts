/** Photos: posts that have pictures, under the ids of the posts. Liking one, answering it and deleting it is as with any post. */
import { notFound } from '../../../core/errors.ts';
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { GetUsers } from '../../../core/user.ts';
import type { SqlSession, SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from '../posts/hydration.ts';
import { fillPage } from '../posts/pages.ts';
import type { Post } from '../posts/post.ts';
import { pagePhotoFeed, pageUserPhotos } from './photos-queries.ts';

/** A post of at least one picture. */
export type Photo = Post;

export interface Photos {
  /** Fails with `not_found` for what the viewer may not see, and for a post without pictures. */
  get(viewerId: Id | undefined, photoId: Id, session?: SqlSession): Promise<Photo>;
  /** Of the reader and those the reader follows. */
  feed(readerId: Id, page: PageRequest): Promise<Page<Photo>>;
  /** Where the n-th page of the feed starts, counted from 1; `undefined` if there are not so many. */
  feedPageStart(readerId: Id, number: number, limit: number): Promise<Id | undefined>;
  /** Fails with `not_found` for a user who is unknown, suspended or deleted. */
  ofUser(viewerId: Id | undefined, userId: Id, page: PageRequest): Promise<Page<Photo>>;
}

export function createPhotos(deps: {
  readonly sql: SqlStore;
  readonly hydration: Hydration;
  readonly getUsers: GetUsers;
}): Photos {
  const { sql, hydration, getUsers } = deps;

  function page(
    viewerId: Id | undefined,
    request: PageRequest,
    entries: (before: Id, count: number) => Promise<{ readonly post_id: Id }[]>,
  ): Promise<Page<Photo>> {
    return fillPage(request, {
      entries,
      idOf: (row) => row.post_id,
      items: async (rows) => {
        const postIds = rows.map((row) => row.post_id);
        const posts = await hydration.hydratePage(viewerId, postIds);
        return postIds.map((postId) => posts.get(postId)).map((post) => (isPhoto(post) ? post : undefined));
      },
    });
  }

  return {
    async get(viewerId, photoId, session) {
      const post = (await hydration.hydrate(viewerId, [photoId], session)).get(photoId);
      if (!isPhoto(post)) throw notFound('photo');
      return post;
    },

    feed: (readerId, request) =>
      page(readerId, request, (before, count) => sql.query(pagePhotoFeed, [readerId, before, count])),

    async feedPageStart(readerId, number, limit) {
      const skipped = (number - 1) * limit;
      if (skipped === 0) return ID_MAX;
      const rows = await sql.query(pagePhotoFeed, [readerId, ID_MAX, skipped]);
      return rows.length < skipped ? undefined : rows.at(-1)?.post_id;
    },

    async ofUser(viewerId, userId, request) {
      if (!(await getUsers([userId])).has(userId)) throw notFound('user');
      return page(viewerId, request, (before, count) =>
        sql.query(pageUserPhotos, [userId, before, count, viewerId ?? null]),
      );
    },
  };
}

function isPhoto(post: Post | undefined): post is Photo {
  return post !== undefined && post.media.length > 0;
}
