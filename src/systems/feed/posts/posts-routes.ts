/** Posts in JSON, and every call about one. */

import { type Static, Type } from 'typebox';
import { type Id, idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import {
  claimOf,
  keyInFlight,
  keyReused,
  sendAnswer,
  serialise,
  type Writes,
} from '../../../http/idempotency.ts';
import { MediaSchema, presentMedia } from '../../../http/media-schema.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, pageStart, pageTokenOf, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { AuthorSchema, IdText, presentAuthor } from '../../../http/user-schema.ts';
import type { PostReads, ShownPost } from '../home/post-reads.ts';
import {
  type Named,
  type Post,
  type PostContent,
  type PostEdit,
  type PostReactions,
  VISIBILITIES,
  type Visibility,
} from './post.ts';
import {
  CONTENT_WARNING_GRAPHEMES_MAX,
  LANGUAGE_LENGTH_MAX,
  TEXT_BYTES_MAX,
  TEXT_GRAPHEMES_MAX,
} from './post-text.ts';
import { MEDIA_MAX, type Posts } from './posts.ts';
import type { Thread, Threads } from './threads.ts';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const NullableId = Type.Unsafe<string | null>({ ...IdText, type: ['string', 'null'] });
const NullableTime = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' });

const VISIBILITY_MEANING =
  'public: everyone. unlisted: everyone, but not in the lists of tags. followers: your followers. direct: only those it speaks to. The last two are always for those they mention and for the author of the post they answer, too.';

const VisibilitySchema = Type.Unsafe<Visibility>({
  type: 'string',
  enum: [...VISIBILITIES],
  description: VISIBILITY_MEANING,
});

const NamedSchema = { user_id: IdText, username: Type.String() };

export const PostSchema = Type.Object(
  {
    post_id: IdText,
    author: reference(AuthorSchema),
    text: Type.String({ examples: ['Hello, #world'] }),
    created_at: Type.String({ format: 'date-time' }),
    edited_at: Type.Unsafe<string | null>({ ...NullableTime, description: 'Null: never.' }),
    visibility: VisibilitySchema,
    content_warning: Type.Unsafe<string | null>({
      ...NullableText,
      description: 'Shown in place of the text until asked for.',
    }),
    language: Type.Unsafe<string | null>({ ...NullableText, description: 'BCP 47.' }),
    reply_to_id: Type.Unsafe<string | null>({ ...NullableId, description: 'The post it answers.' }),
    reply_to_user: Type.Unsafe<{ user_id: string; username: string } | null>({
      type: ['object', 'null'],
      properties: NamedSchema,
      required: Object.keys(NamedSchema),
      description: 'The author of the post it answers; null when they are gone.',
    }),
    like_count: Type.Integer({ minimum: 0 }),
    repost_count: Type.Integer({ minimum: 0 }),
    reply_count: Type.Integer({ minimum: 0, description: 'Answers that are not direct.' }),
    liked: Type.Boolean({ description: 'By you; false when not signed in.' }),
    reposted: Type.Boolean({ description: 'By you.' }),
    bookmarked: Type.Boolean({ description: 'By you; nobody else learns of it.' }),
    mentions: Type.Array(Type.Object(NamedSchema), { description: 'Whom the text names with @.' }),
    tags: Type.Array(Type.String(), { description: 'What the text names with #, in lower case.' }),
    media: Type.Array(reference(MediaSchema), { description: 'Its pictures, at most four.' }),
  },
  { $id: 'Post', title: 'Post' },
);

const PostEditSchema = Type.Object(
  {
    text: Type.String(),
    content_warning: NullableText,
    language: NullableText,
    edited_at: Type.String({ format: 'date-time', description: 'When it stopped saying this.' }),
  },
  { $id: 'PostEdit', title: 'PostEdit' },
);

const ThreadSchema = Type.Object(
  {
    ancestors: Type.Array(reference(PostSchema), { description: 'What it answers, from the first post on.' }),
    post: reference(PostSchema),
    descendants: Type.Array(reference(PostSchema), { description: 'All answers below it, oldest first.' }),
    next_page_token: Type.Unsafe<string | null>({ ...NullableText, description: 'Null: the last page.' }),
  },
  { $id: 'Thread', title: 'Thread' },
);

/** Schemas that these and other routes refer to. */
export const POST_SCHEMAS = [MediaSchema, PostSchema, PostEditSchema, ThreadSchema] as const;

export const PostIdParams = Type.Object({ post_id: IdText });

/** Without a maxLength, as all texts that are counted as readers do: a schema counts otherwise, and would name a limit that is none. */
const Text = Type.String({
  description: `Plain text: at most ${TEXT_GRAPHEMES_MAX} characters as a reader counts them, and ${TEXT_BYTES_MAX} bytes. @names are mentions, #words are tags.`,
  examples: ['Hello, #world'],
});
const ContentWarning = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description: `Shown in place of the text until asked for. At most ${CONTENT_WARNING_GRAPHEMES_MAX} characters as a reader counts them.`,
});
const Language = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  maxLength: LANGUAGE_LENGTH_MAX,
  description: 'BCP 47, such as "en" or "pt-BR".',
  examples: ['en'],
});

const NewPostBody = Type.Object(
  {
    text: Text,
    reply_to_id: Type.Optional(
      Type.Unsafe<string | null>({ ...NullableId, examples: [null], description: 'The post it answers.' }),
    ),
    visibility: Type.Optional(
      Type.Unsafe<Visibility>({
        ...VisibilitySchema,
        description: `${VISIBILITY_MEANING} By default public. An answer is never wider than a post for followers or a direct one.`,
      }),
    ),
    content_warning: Type.Optional(ContentWarning),
    language: Type.Optional(Language),
    media_ids: Type.Optional(
      Type.Array(IdText, {
        maxItems: MEDIA_MAX,
        description:
          'Pictures of yours that no other post shows (POST /media), in this order; with one, the text may be empty.',
        examples: [[]],
      }),
    ),
  },
  { additionalProperties: false },
);

const PostChangesBody = Type.Object(
  {
    text: Type.Optional(Text),
    content_warning: Type.Optional(ContentWarning),
    language: Type.Optional(Language),
  },
  { additionalProperties: false, minProperties: 1 },
);

export interface PostRoutesDeps {
  readonly writes: Writes;
  readonly posts: Posts;
  readonly postReads: PostReads;
  readonly threads: Threads;
}

export function postRoutes(app: App, deps: PostRoutesDeps): void {
  createRoute(app, deps);
  readRoutes(app, deps);
  changeRoutes(app, deps);
}

/** Written together with those of others, so not through `writes.answer`; its answers are the same. */
function createRoute(app: App, { posts }: PostRoutesDeps): void {
  app.post(
    '/posts',
    {
      config: { access: 'user', scope: 'posts:write', problems: [404] },
      schema: {
        tags: ['posts'],
        summary: 'Post, or answer a post',
        operationId: 'createPost',
        body: NewPostBody,
        response: { 201: reference(PostSchema) },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const creation = await posts.create(
        callerOf(request).userId,
        {
          text: body.text,
          visibility: body.visibility,
          contentWarning: body.content_warning,
          language: body.language,
          replyToId: idOrAbsent(body.reply_to_id, 'reply_to_id'),
          mediaIds: body.media_ids?.map((mediaId) => parseId(mediaId, 'media_ids')),
        },
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

function readRoutes(app: App, { posts, postReads, threads }: PostRoutesDeps): void {
  const config = { access: 'optional', scope: 'posts:read' } as const;
  const schema = { tags: ['posts'], params: PostIdParams };
  app.get(
    '/posts/:post_id',
    {
      config,
      schema: {
        ...schema,
        summary: 'A post',
        description:
          'Not found where you may not see it. What others changed in it shows up within a second; your own changes, at once.',
        operationId: 'getPost',
        response: { 200: reference(PostSchema) },
      },
    },
    async ({ params, principal }) => presentShown(await postReads.get(principal?.userId, postIdOf(params))),
  );
  app.get(
    '/posts/:post_id/edits',
    {
      config,
      schema: {
        ...schema,
        summary: 'What a post said before',
        description:
          'One item for each edit, newest first: what the post said until then. Of a followers-only or direct post, for its author alone.',
        operationId: 'listPostEdits',
        querystring: PageQuery,
        response: { 200: pageOf(reference(PostEditSchema)) },
      },
    },
    async ({ params, query, principal }) => {
      const page = await posts.edits(principal?.userId, postIdOf(params), pageRequest(query));
      return presentPage(page, presentEdit);
    },
  );
  app.get(
    '/posts/:post_id/thread',
    {
      config,
      schema: {
        ...schema,
        summary: 'A post with what it answers and what answers it',
        description:
          'Pages are of descendants. Posts that are deleted, that you may not see, or whose authors you mute are left out, those around them are not: then a reply_to_id names a post that is not here. There are at most the nearest 100 ancestors; below a post that is itself an answer, the nearest 4,096 answers are searched.',
        operationId: 'getThread',
        querystring: PageQuery,
        response: { 200: reference(ThreadSchema) },
      },
    },
    async ({ params, query, principal }) => {
      // The descendants are listed upwards, so the token is what the page comes after.
      const after = query.page_token ? pageStart(query) : 0;
      const page = { after, limit: query.limit };
      return presentThread(await threads.get(principal?.userId, postIdOf(params), page));
    },
  );
}

function changeRoutes(app: App, { writes, posts }: PostRoutesDeps): void {
  const config = { access: 'user', scope: 'posts:write' } as const;
  const schema = { tags: ['posts'], params: PostIdParams };
  app.patch(
    '/posts/:post_id',
    {
      config,
      schema: {
        ...schema,
        summary: 'Edit a post of yours',
        description: 'What is absent stays; null removes. What it said before is kept in its edits.',
        operationId: 'editPost',
        body: PostChangesBody,
        response: { 200: reference(PostSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { text, content_warning: contentWarning, language } = request.body;
      return writes.answer(request, reply, 200, async (transaction) =>
        presentPost(
          await posts.edit(transaction, userId, postIdOf(request.params), {
            text,
            contentWarning,
            language,
          }),
        ),
      );
    },
  );
  app.delete(
    '/posts/:post_id',
    {
      config,
      schema: {
        ...schema,
        summary: 'Delete a post of yours',
        description: 'What it said is erased at once. Answers to it stay.',
        operationId: 'deletePost',
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        posts.delete(transaction, userId, postIdOf(request.params)),
      );
    },
  );
}

export function postIdOf({ post_id: postId }: { readonly post_id: string }): Id {
  return parseId(postId, 'post_id');
}

export function presentPost(post: Post): Static<typeof PostSchema> {
  return presentShown({ content: post, author: post.author, reactions: post.reactions });
}

function presentShown({ content, author, reactions }: ShownPost): Static<typeof PostSchema> {
  // Not spread into a literal, which takes 13 us where this takes 1 (Node 20).
  return Object.assign(presentContent(content), presentReactions(reactions), {
    author: presentAuthor(author),
  });
}

/** The part that is the same for all who see the post. */
export function presentContent(content: PostContent) {
  return {
    post_id: String(content.postId),
    text: content.text,
    created_at: idTimestamp(content.postId),
    edited_at: content.editedAt?.toISOString() ?? null,
    visibility: content.visibility,
    content_warning: content.contentWarning,
    language: content.language,
    reply_to_id: content.replyToId === null ? null : String(content.replyToId),
    reply_to_user: content.replyToUser === null ? null : presentNamed(content.replyToUser),
    mentions: content.mentions.map(presentNamed),
    tags: [...content.tags],
    media: content.media.map(presentMedia),
  };
}

export function presentReactions(reactions: PostReactions) {
  return {
    like_count: reactions.likeCount,
    repost_count: reactions.repostCount,
    reply_count: reactions.replyCount,
    liked: reactions.liked,
    reposted: reactions.reposted,
    bookmarked: reactions.bookmarked,
  };
}

function presentNamed({ userId, username }: Named) {
  return { user_id: String(userId), username };
}

function presentEdit(edit: PostEdit): Static<typeof PostEditSchema> {
  return {
    text: edit.text,
    content_warning: edit.contentWarning,
    language: edit.language,
    edited_at: idTimestamp(edit.editId),
  };
}

function presentThread(thread: Thread): Static<typeof ThreadSchema> {
  return {
    ancestors: thread.ancestors.map(presentPost),
    post: presentPost(thread.post),
    descendants: thread.descendants.map(presentPost),
    next_page_token: pageTokenOf(thread.nextAfter),
  };
}

function idOrAbsent(text: string | null | undefined, field: string): Id | undefined {
  return text === null || text === undefined ? undefined : parseId(text, field);
}
