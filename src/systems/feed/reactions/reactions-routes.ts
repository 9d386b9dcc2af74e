/** Liking, reposting, bookmarking, and the lists of it. */

import { type Static, type TObject, Type } from 'typebox';
import type { Page } from '../../../core/page.ts';
import type { Profile } from '../../../core/user.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { presentUser, UserSchema } from '../../../http/user-schema.ts';

import type { PostReactions } from '../posts/post.ts';
import { PostIdParams, PostSchema, postIdOf, presentPost } from '../posts/posts-routes.ts';
import type { ReactionLists } from './reaction-lists.ts';
import type { React, Reactions } from './reactions.ts';

const LikeState = Type.Object({ liked: Type.Boolean(), like_count: Type.Integer({ minimum: 0 }) });
const RepostState = Type.Object({ reposted: Type.Boolean(), repost_count: Type.Integer({ minimum: 0 }) });
const BookmarkState = Type.Object({ bookmarked: Type.Boolean() });

export interface ReactionRoutesDeps {
  readonly writes: Writes;
  readonly reactions: Reactions;
  readonly lists: ReactionLists;
}

export function reactionRoutes(app: App, deps: ReactionRoutesDeps): void {
  changeRoutes(app, deps);
  userListRoutes(app, deps);
  bookmarksRoute(app, deps);
}

/** They differ in what they do and in what they answer of it. */
function changeRoutes(app: App, { writes, reactions }: ReactionRoutesDeps): void {
  function route(
    method: 'PUT' | 'DELETE',
    name: string,
    operationId: string,
    summary: string,
    react: React,
    state: TObject,
    present: (reactions: PostReactions) => object,
  ): void {
    app.route({
      method,
      url: `/posts/:post_id/${name}`,
      config: { access: 'user' },
      schema: { tags: ['reactions'], summary, operationId, params: PostIdParams, response: { 200: state } },
      handler: async (request, reply) => {
        const { userId } = callerOf(request);
        const postId = postIdOf(request.params);
        return writes.answer(request, reply, 200, async (transaction) =>
          present(await react(transaction, userId, postId)),
        );
      },
    });
  }
  const { like, unlike, repost, unrepost, bookmark, unbookmark } = reactions;
  route('PUT', 'like', 'likePost', 'Like a post', like, LikeState, presentLike);
  route('DELETE', 'like', 'unlikePost', 'Take a like back', unlike, LikeState, presentLike);
  route(
    'PUT',
    'repost',
    'repostPost',
    'Pass a public or unlisted post on to your followers',
    repost,
    RepostState,
    presentRepost,
  );
  route('DELETE', 'repost', 'unrepostPost', 'Take a repost back', unrepost, RepostState, presentRepost);
  route(
    'PUT',
    'bookmark',
    'bookmarkPost',
    'Keep a post; nobody else learns of it',
    bookmark,
    BookmarkState,
    presentBookmark,
  );
  route(
    'DELETE',
    'bookmark',
    'unbookmarkPost',
    'Keep a post no longer',
    unbookmark,
    BookmarkState,
    presentBookmark,
  );
}

function userListRoutes(app: App, { lists }: ReactionRoutesDeps): void {
  const route = (name: string, operationId: string, summary: string, page: ReactionLists['likes']): void => {
    app.get(
      `/posts/:post_id/${name}`,
      {
        config: { access: 'optional' },
        schema: {
          tags: ['reactions'],
          summary,
          description: 'Newest first, without those you mute and where one of you blocks the other.',
          operationId,
          params: PostIdParams,
          querystring: PageQuery,
          response: { 200: pageOf(reference(UserSchema)) },
        },
      },
      async ({ params, query, principal }) =>
        presentUsers(await page(principal?.userId, postIdOf(params), pageRequest(query))),
    );
  };
  route('likes', 'listLikes', 'Who likes a post', lists.likes);
  route('reposts', 'listReposts', 'Who reposted a post', lists.reposts);
}

function bookmarksRoute(app: App, { lists }: ReactionRoutesDeps): void {
  app.get(
    '/bookmarks',
    {
      config: { access: 'user' },
      schema: {
        tags: ['reactions'],
        summary: 'The posts you keep, the last kept first',
        operationId: 'listBookmarks',
        querystring: PageQuery,
        response: { 200: pageOf(reference(PostSchema)) },
      },
    },
    async (request) => {
      const page = await lists.bookmarks(callerOf(request).userId, pageRequest(request.query));
      return presentPage(page, presentPost);
    },
  );
}

function presentLike({ liked, likeCount }: PostReactions): Static<typeof LikeState> {
  return { liked, like_count: likeCount };
}

function presentRepost({ reposted, repostCount }: PostReactions): Static<typeof RepostState> {
  return { reposted, repost_count: repostCount };
}

function presentBookmark({ bookmarked }: PostReactions): Static<typeof BookmarkState> {
  return { bookmarked };
}

function presentUsers(page: Page<Profile>) {
  return presentPage(page, presentUser);
}
