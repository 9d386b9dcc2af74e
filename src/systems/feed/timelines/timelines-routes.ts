/** The lists of posts: the home timeline, a user's, a tag's. */

import { type Static, type TBoolean, Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { AuthorSchema, IdText, presentAuthor, UserIdParams } from '../../../http/user-schema.ts';

import { TAG_LENGTH_MAX } from '../posts/post-text.ts';
import { PostSchema, presentPost } from '../posts/posts-routes.ts';
import type { TimelineEntry, Timelines } from './timelines.ts';

const FeedItemSchema = Type.Object(
  {
    ...PostSchema.properties,
    entry_id: Type.Unsafe<string>({
      ...IdText,
      description: 'Of the post, or of the repost that shows it here.',
    }),
    reposted_by: Type.Union([reference(AuthorSchema), Type.Null()], {
      description: 'Who reposted it; null when it is here of itself.',
    }),
  },
  { $id: 'FeedItem', title: 'FeedItem' },
);

/** Schemas that the routes refer to. */
export const TIMELINE_SCHEMAS = [FeedItemSchema] as const;

/** As the `limit` of a page: optional for clients, not for the route. */
const Replies: TBoolean = Type.Optional(
  Type.Boolean({ default: true, description: 'Whether answers to other posts are in the list.' }),
);

const UserPostsQuery = Type.Object(
  {
    ...PageQuery.properties,
    replies: Replies,
  },
  { additionalProperties: false },
);

/** One more for its #. */
const TagParams = Type.Object({
  tag: Type.String({
    minLength: 1,
    maxLength: TAG_LENGTH_MAX + 1,
    description: 'With or without its #.',
    examples: ['world'],
  }),
});

export function timelineRoutes(app: App, { timelines }: { readonly timelines: Timelines }): void {
  app.get(
    '/feed',
    {
      config: { access: 'user' },
      schema: {
        tags: ['timelines'],
        summary: 'Your home timeline',
        description:
          'Posts and reposts of yours and of those you follow, newest first; a post comes up again by a repost only after 24 hours.',
        operationId: 'getFeed',
        querystring: PageQuery,
        response: { 200: pageOf(reference(FeedItemSchema)) },
      },
    },
    async (request) =>
      presentEntries(await timelines.feed(callerOf(request).userId, pageRequest(request.query))),
  );
  app.get(
    '/users/:user_id/posts',
    {
      config: { access: 'optional' },
      schema: {
        tags: ['timelines'],
        summary: 'What a user posted and reposted',
        description: 'Newest first.',
        operationId: 'listUserPosts',
        params: UserIdParams,
        querystring: UserPostsQuery,
        response: { 200: pageOf(reference(FeedItemSchema)) },
      },
    },
    async ({ params, query, principal }) => {
      const userId = parseId(params.user_id, 'user_id');
      const { replies } = query;
      return presentEntries(
        await timelines.userPosts(principal?.userId, userId, { replies }, pageRequest(query)),
      );
    },
  );
  app.get(
    '/tags/:tag/posts',
    {
      config: { access: 'optional' },
      schema: {
        tags: ['timelines'],
        summary: 'Public posts with a tag',
        description: 'Newest first, whatever the case of the tag, with or without its #.',
        operationId: 'listTagPosts',
        params: TagParams,
        querystring: PageQuery,
        response: { 200: pageOf(reference(PostSchema)) },
      },
    },
    async ({ params, query, principal }) => {
      const page = await timelines.tagPosts(principal?.userId, params.tag, pageRequest(query));
      return presentPage(page, presentPost);
    },
  );
}

function presentEntries(page: Page<TimelineEntry>) {
  return presentPage(page, presentEntry);
}

function presentEntry({ entryId, post, repostedBy }: TimelineEntry): Static<typeof FeedItemSchema> {
  return {
    ...presentPost(post),
    entry_id: String(entryId),
    reposted_by: repostedBy === null ? null : presentAuthor(repostedBy),
  };
}
