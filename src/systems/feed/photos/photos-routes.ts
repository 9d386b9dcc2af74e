/** Photos in JSON, and every call about one but its upload. */
import { type Static, Type } from 'typebox';
import { type Id, idTimestamp, parseId } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import { callerOf } from '../../../http/auth.ts';
import {
  claimOf,
  keyInFlight,
  keyReused,
  sendAnswer,
  serialise,
  type Writes,
} from '../../../http/idempotency.ts';
import { presentMedia } from '../../../http/media-schema.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, pageStart, pageTokenOf, presentPage } from '../../../http/paging.ts';
import { PhotoSchema } from '../../../http/photo-schema.ts';
import type { App } from '../../../http/server.ts';
import { IdText, presentAuthor, UserIdParams } from '../../../http/user-schema.ts';
import type { Posts } from '../posts/posts.ts';
import { PostSchema, presentPost } from '../posts/posts-routes.ts';
import type { Threads } from '../posts/threads.ts';
import type { Reactions } from '../reactions/reactions.ts';
import type { Photo, Photos } from './photos.ts';

/** Schemas that the routes refer to. */
export const PHOTO_SCHEMAS = [PhotoSchema] as const;

export const PhotosPage = Type.Object({
  photos: Type.Array(reference(PhotoSchema)),
  next_page_token: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'The page_token of the next page; null on the last one.',
  }),
});

const PhotoIdParams = Type.Object({ photo_id: IdText });
const LikeState = Type.Object({ liked: Type.Boolean(), like_count: Type.Integer({ minimum: 0 }) });
const CommentBody = Type.Object(
  { text: Type.String({ description: 'As the text of a post.' }) },
  { additionalProperties: false },
);

export interface PhotoRoutesDeps {
  readonly photos: Photos;
  readonly posts: Posts;
  readonly threads: Threads;
  readonly reactions: Reactions;
  readonly writes: Writes;
}

export function photoRoutes(app: App, deps: PhotoRoutesDeps): void {
  readRoutes(app, deps);
  changeRoutes(app, deps);
  commentRoutes(app, deps);
}

function readRoutes(app: App, { photos }: PhotoRoutesDeps): void {
  const config = { access: 'optional', scope: 'posts:read' } as const;
  app.get(
    '/photos/:photo_id',
    {
      config,
      schema: {
        tags: ['photos'],
        summary: 'A photo',
        description: 'Not found where you may not see its post.',
        operationId: 'getPhoto',
        params: PhotoIdParams,
        response: { 200: reference(PhotoSchema) },
      },
    },
    async ({ params, principal }) => presentPhoto(await photos.get(principal?.userId, photoIdOf(params))),
  );
  app.get(
    '/users/:user_id/photos',
    {
      config,
      schema: {
        tags: ['photos'],
        summary: 'The photos of a user',
        description: 'Newest first.',
        operationId: 'listUserPhotos',
        params: UserIdParams,
        querystring: PageQuery,
        response: { 200: PhotosPage },
      },
    },
    async ({ params, query, principal }) => {
      const userId = parseId(params.user_id, 'user_id');
      return presentPhotos(await photos.ofUser(principal?.userId, userId, pageRequest(query)));
    },
  );
}

function changeRoutes(app: App, { photos, posts, reactions, writes }: PhotoRoutesDeps): void {
  const config = { access: 'user', scope: 'posts:write' } as const;
  const schema = { tags: ['photos'], params: PhotoIdParams };
  app.delete(
    '/photos/:photo_id',
    {
      config,
      schema: {
        ...schema,
        summary: 'Delete a photo of yours, with its post',
        description: 'It is out of sight at once, and every size of it removed within seconds.',
        operationId: 'deletePhoto',
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const photoId = photoIdOf(request.params);
      return writes.answer(request, reply, 204, async (transaction) => {
        await photos.get(userId, photoId, transaction);
        await posts.delete(transaction, userId, photoId);
      });
    },
  );
  for (const [method, operationId, summary, kind] of [
    ['POST', 'likePhoto', 'Like a photo', 'like'],
    ['DELETE', 'unlikePhoto', 'Take a like of a photo back', 'unlike'],
  ] as const) {
    app.route({
      method,
      url: '/photos/:photo_id/like',
      config,
      schema: { ...schema, summary, operationId, response: { 200: LikeState } },
      handler: async (request, reply) => {
        const { userId } = callerOf(request);
        const photoId = photoIdOf(request.params);
        return writes.answer(request, reply, 200, async (transaction) => {
          await photos.get(userId, photoId, transaction);
          const { likeCount } = await reactions[kind](transaction, userId, photoId);
          return { liked: kind === 'like', like_count: likeCount };
        });
      },
    });
  }
}

function commentRoutes(app: App, { photos, posts, threads }: PhotoRoutesDeps): void {
  const schema = { tags: ['photos'], params: PhotoIdParams };
  app.get(
    '/photos/:photo_id/comments',
    {
      config: { access: 'optional', scope: 'posts:read' },
      schema: {
        ...schema,
        summary: 'The comments on a photo',
        description: 'Posts that answer it, and those that answer them, oldest first.',
        operationId: 'listPhotoComments',
        querystring: PageQuery,
        response: { 200: pageOf(reference(PostSchema)) },
      },
    },
    async ({ params, query, principal }) => {
      const photoId = photoIdOf(params);
      await photos.get(principal?.userId, photoId);
      // Listed upwards, so the token is what the page comes after.
      const after = query.page_token ? pageStart(query) : 0;
      const thread = await threads.get(principal?.userId, photoId, { after, limit: query.limit });
      return presentPage({ items: thread.descendants, nextBefore: thread.nextAfter }, presentPost);
    },
  );
  app.post(
    '/photos/:photo_id/comments',
    {
      config: { access: 'user', scope: 'posts:write' },
      schema: {
        ...schema,
        summary: 'Comment on a photo',
        description: 'A comment is a post that answers it.',
        operationId: 'createPhotoComment',
        body: CommentBody,
        response: { 201: reference(PostSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const replyToId = photoIdOf(request.params);
      await photos.get(userId, replyToId);
      const creation = await posts.create(
        userId,
        { text: request.body.text, replyToId },
        {
          claim: claimOf(request),
          present: (post) => ({ status: 201, body: serialise(reply, 201, presentPost(post)) }),
        },
      );
      if (creation.outcome === 'key_reused') throw keyReused();
      if (creation.outcome === 'key_in_flight') throw keyInFlight();
      return sendAnswer(reply, creation.answer, creation.outcome === 'replayed');
    },
  );
}

export function presentPhotos(page: Page<Photo>): Static<typeof PhotosPage> {
  return { photos: page.items.map(presentPhoto), next_page_token: pageTokenOf(page.nextBefore) };
}

export function presentPhoto(photo: Photo): Static<typeof PhotoSchema> {
  const media = photo.media.map(presentMedia);
  const [first] = media;
  return {
    photo_id: String(photo.postId),
    author: presentAuthor(photo.author),
    url: first?.url ?? null,
    thumbnail_url: first?.thumbnail_url ?? null,
    state: first?.state ?? 'failed',
    width: first?.width ?? null,
    height: first?.height ?? null,
    thumbhash: first?.thumbhash ?? null,
    alt: first?.alt ?? null,
    caption: photo.text,
    tags: [...photo.tags],
    visibility: photo.visibility,
    content_warning: photo.contentWarning,
    created_at: idTimestamp(photo.postId),
    like_count: photo.reactions.likeCount,
    comment_count: photo.reactions.replyCount,
    liked: photo.reactions.liked,
    media,
  };
}

function photoIdOf({ photo_id: photoId }: { readonly photo_id: string }): Id {
  return parseId(photoId, 'photo_id');
}
