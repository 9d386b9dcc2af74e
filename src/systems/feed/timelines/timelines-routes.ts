/** The lists of posts: the home timeline, a user's, a tag's. */

import { type Static, type TBoolean, Type } from 'typebox';
import { invalidField } from '../../../core/errors.ts';
import { type Id, parseId } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import type { User } from '../../../core/user.ts';
import { callerOf } from '../../../http/auth.ts';
import { byteTextOf, flatByteText, sendJsonByteText, sendJsonText } from '../../../http/json-text.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, pageTokenOf } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { AuthorSchema, IdText, presentAuthor, UserIdParams } from '../../../http/user-schema.ts';
import type { Photo, Photos } from '../photos/photos.ts';
import { PhotosPage, presentPhotos } from '../photos/photos-routes.ts';
import type { PostContent, ReactionCounts, ViewerFlags } from '../posts/post.ts';
import { TAG_LENGTH_MAX } from '../posts/post-text.ts';
import { PostSchema, presentContent } from '../posts/posts-routes.ts';
import type { TimelineEntry } from './timeline-entry.ts';
import type { Timelines } from './timelines.ts';

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

const FEED_PAGE_MAX = 50;

const FeedQuery = Type.Object(
  {
    ...PageQuery.properties,
    type: Type.Optional(
      Type.Unsafe<'posts' | 'photos'>({
        type: 'string',
        enum: ['posts', 'photos'],
        description: 'photos: only posts with pictures, without reposts, as `photos`. By default posts.',
      }),
    ),
    page: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: FEED_PAGE_MAX,
        description:
          'Of photos, in place of page_token: which page, from 1. What is posted meanwhile moves the pages; tokens do not.',
      }),
    ),
  },
  { additionalProperties: false },
);

export interface TimelineRoutesDeps {
  readonly timelines: Timelines;
  readonly photos: Photos;
}

export function timelineRoutes(app: App, { timelines, photos }: TimelineRoutesDeps): void {
  const writer = createPageWriter();
  app.get(
    '/feed',
    {
      config: { access: 'user', scope: 'posts:read' },
      schema: {
        tags: ['timelines'],
        summary: 'Your home timeline',
        description:
          'Posts and reposts of yours and of those you follow, newest first; a post comes up again by a repost only after 24 hours. With type=photos, the photos among the posts.',
        operationId: 'getFeed',
        querystring: FeedQuery,
        response: { 200: Type.Union([pageOf(reference(FeedItemSchema)), PhotosPage]) },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { userId } = callerOf(request);
      if (query.type === 'photos') {
        const page = await photoPage(photos, userId, query);
        return sendJsonText(reply, JSON.stringify(presentPhotos(page)));
      }
      if (query.page !== undefined) throw invalidField('page', 'is for type=photos; use page_token.');
      const page = await timelines.feed(userId, pageRequest(query));
      return sendJsonByteText(reply, writer.feedItems(page));
    },
  );
  app.get(
    '/users/:user_id/posts',
    {
      config: { access: 'optional', scope: 'posts:read' },
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
    async ({ params, query, principal }, reply) => {
      const userId = parseId(params.user_id, 'user_id');
      const { replies } = query;
      const page = await timelines.userPosts(principal?.userId, userId, { replies }, pageRequest(query));
      return sendJsonByteText(reply, writer.feedItems(page));
    },
  );
  app.get(
    '/tags/:tag/posts',
    {
      config: { access: 'optional', scope: 'posts:read' },
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
    async ({ params, query, principal }, reply) => {
      const page = await timelines.tagPosts(principal?.userId, params.tag, pageRequest(query));
      return sendJsonByteText(reply, writer.posts(page));
    },
  );
}

async function photoPage(
  photos: Photos,
  readerId: Id,
  query: Static<typeof FeedQuery>,
): Promise<Page<Photo>> {
  const { limit, page_token: token, page = 1 } = query;
  if (token !== undefined || page === 1) return photos.feed(readerId, pageRequest(query));
  const before = await photos.feedPageStart(readerId, page, limit);
  return before === undefined
    ? { items: [], nextBefore: undefined }
    : photos.feed(readerId, { before, limit });
}

/** A FeedItem as nearly every viewer sees it: not reacted to, and here of itself. */
interface WrittenItem {
  readonly author: User;
  readonly counts: ReactionCounts;
  readonly text: string;
  /** Where in the text it goes on with what the viewers differ in. */
  readonly commonLength: number;
}

/**
 * Writes pages as JSON, in byte texts. An item is written once for each state of its post and its author, and used again for as long as
 * these are in memory; put together here and not by the schemas, which would write it all each time. To join 20 texts costs a third of
 * joining the parts of 20 items.
 */
export function createPageWriter() {
  const items = new WeakMap<PostContent, WrittenItem>();
  const authorText = writtenOnce((author: User) => JSON.stringify(presentAuthor(author)));

  function writtenItem({ content, author, reactions }: TimelineEntry): WrittenItem {
    const known = items.get(content);
    if (known !== undefined && known.author === author && haveSameCounts(known.counts, reactions))
      return known;
    const { likeCount, repostCount, replyCount } = reactions;
    const counts = `"like_count":${likeCount},"repost_count":${repostCount},"reply_count":${replyCount}`;
    const common = `${byteTextOf(openText(presentContent(content)))},"author":${authorText(author)},${counts}`;
    const text = flatByteText(
      `${common}${NO_REACTIONS_TEXT},"entry_id":"${content.postId}","reposted_by":null}`,
    );
    const item = { author, counts: reactions, text, commonLength: common.length };
    items.set(content, item);
    return item;
  }

  /** The fields of a Post, without the brace that ends it. */
  function postText(entry: TimelineEntry): string {
    const { text, commonLength } = writtenItem(entry);
    return text.slice(0, commonLength) + reactionsText(entry.reactions);
  }

  function itemText(entry: TimelineEntry): string {
    const { content, entryId, repostedBy, reactions } = entry;
    if (repostedBy === null && entryId === content.postId && !hasReacted(reactions)) {
      return writtenItem(entry).text;
    }
    const reposter = repostedBy === null ? 'null' : authorText(repostedBy);
    return `${postText(entry)},"entry_id":"${entryId}","reposted_by":${reposter}}`;
  }

  function pageText({ items, nextBefore }: Page<TimelineEntry>, write: (entry: TimelineEntry) => string) {
    let text = '';
    for (const entry of items) text += text === '' ? write(entry) : `,${write(entry)}`;
    return `{"items":[${text}],"next_page_token":${JSON.stringify(pageTokenOf(nextBefore))}}`;
  }

  return {
    /** A page of FeedItem. */
    feedItems: (page: Page<TimelineEntry>) => pageText(page, itemText),
    /** A page of Post. */
    posts: (page: Page<TimelineEntry>) => pageText(page, (entry) => `${postText(entry)}}`),
  };
}

function haveSameCounts(one: ReactionCounts, other: ReactionCounts): boolean {
  return (
    one.likeCount === other.likeCount &&
    one.repostCount === other.repostCount &&
    one.replyCount === other.replyCount
  );
}

function hasReacted({ liked, reposted, bookmarked }: ViewerFlags): boolean {
  return liked || reposted || bookmarked;
}

function reactionsText({ liked, reposted, bookmarked }: ViewerFlags): string {
  return `,"liked":${liked},"reposted":${reposted},"bookmarked":${bookmarked}`;
}

const NO_REACTIONS_TEXT = reactionsText({ liked: false, reposted: false, bookmarked: false });

function writtenOnce<Subject extends object>(write: (subject: Subject) => string) {
  const texts = new WeakMap<Subject, string>();
  return (subject: Subject): string => {
    let text = texts.get(subject);
    if (text === undefined) {
      text = byteTextOf(write(subject));
      texts.set(subject, text);
    }
    return text;
  };
}

/** The object's JSON without its last brace, so that fields can follow. */
function openText(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}
