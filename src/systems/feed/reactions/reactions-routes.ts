/** Liking, reposting, bookmarking, and the lists of it. */

import { type Static, type TObject, Type } from 'typebox';
import type { Page } from '../../../core/page.ts';
import type { Profile } from '../../../core/user.ts';
import { callerOf } from '../../../http/auth.ts';
import { claimOf, type Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { presentUser, UserSchema } from '../../../http/user-schema.ts';
import type { ReactionCounts } from '../posts/post.ts';

import { PostIdParams, PostSchema, postIdOf, presentPost } from '../posts/posts-routes.ts';
import type { ReactionKind } from './reaction-changes.ts';
import type { ReactionLists } from './reaction-lists.ts';
import type { ReactionWriter } from './reaction-writer.ts';
import type { Reactions } from './reactions.ts';

const LikeState = Type.Object({ liked: Type.Boolean(), like_count: Type.Integer({ minimum: 0 }) });
const RepostState = Type.Object({ reposted: Type.Boolean(), repost_count: Type.Integer({ minimum: 0 }) });
const BookmarkState = Type.Object({ bookmarked: Type.Boolean() });

export interface ReactionRoutesDeps {
  readonly writes: Writes;
  readonly reactions: Reactions;
  readonly reactionWriter: ReactionWriter;
  readonly lists: ReactionLists;
}

export function reactionRoutes(app: App, deps: ReactionRoutesDeps): void {
  changeRoutes(app, deps);
  userListRoutes(app, deps);
  bookmarksRoute(app, deps);
}

/** They differ in what they do and in what they answer of it. */
function changeRoutes(app: App, { writes, reactions, reactionWriter }: ReactionRoutesDeps): void {
  function route(
    method: 'PUT' | 'DELETE',
    name: string,
    operationId: string,
    summary: string,
    kind: ReactionKind,
    state: TObject,
    present: (counts: ReactionCounts) => Record<string, unknown>,
  ): void {
    app.route({
      method,
      url: `/posts/:post_id/${name}`,
      config: { access: 'user', scope: 'posts:write' },
      schema: { tags: ['reactions'], summary, operationId, params: PostIdParams, response: { 200: state } },
      handler: async (request, reply) => {
        const { userId } = callerOf(request);
        const postId = postIdOf(request.params);
        // Without a key there is nothing that must commit with it, so it may go with those of others.
        if (claimOf(request) === undefined) {
          return reply.code(200).send(present(await reactionWriter.write(kind, userId, postId)));
        }
        return writes.answer(request, reply, 200, async (transaction) =>
          present(await reactions[kind](transaction, userId, postId)),
        );
      },
    });
  }
  route('PUT', 'like', 'likePost', 'Like a post', 'like', LikeState, presentLike(true));
  route('DELETE', 'like', 'unlikePost', 'Take a like back', 'unlike', LikeState, presentLike(false));
  route(
    'PUT',
    'repost',
    'repostPost',
    'Pass a public or unlisted post on to your followers',
    'repost',
    RepostState,
    presentRepost(true),
  );
  route(
    'DELETE',
    'repost',
    'unrepostPost',
    'Take a repost back',
    'unrepost',
    RepostState,
    presentRepost(false),
  );
  route(
    'PUT',
    'bookmark',
    'bookmarkPost',
    'Keep a post; nobody else learns of it',
    'bookmark',
    BookmarkState,
    presentBookmark(true),
  );
  route(
    'DELETE',
    'bookmark',
    'unbookmarkPost',
    'Keep a post no longer',
    'unbookmark',
    BookmarkState,
    presentBookmark(false),
  );
}

function userListRoutes(app: App, { lists }: ReactionRoutesDeps): void {
  const route = (name: string, operationId: string, summary: string, page: ReactionLists['likes']): void => {
    app.get(
      `/posts/:post_id/${name}`,
      {
        config: { access: 'optional', scope: 'posts:read' },
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
      config: { access: 'user', scope: 'posts:read' },
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

const presentLike =
  (liked: boolean) =>
  ({ likeCount }: ReactionCounts): Static<typeof LikeState> => ({ liked, like_count: likeCount });

const presentRepost =
  (reposted: boolean) =>
  ({ repostCount }: ReactionCounts): Static<typeof RepostState> => ({ reposted, repost_count: repostCount });

const presentBookmark = (bookmarked: boolean) => (): Static<typeof BookmarkState> => ({ bookmarked });

function presentUsers(page: Page<Profile>) {
  return presentPage(page, presentUser);
}
