/** `GET /search`. */
import { type Static, Type } from 'typebox';
import type { Id } from '../../core/ids.ts';
import { reference } from '../../http/openapi.ts';
import { PageQuery, pageOf, pageStart, pageTokenOf } from '../../http/paging.ts';
import type { App } from '../../http/server.ts';
import { presentUser, UserSchema } from '../../http/user-schema.ts';
import { QUERY_LENGTH_MAX } from './post-query.ts';
import type { Search } from './search.ts';
import { parseTagToken, parseUserToken, tagToken, userToken } from './search-positions.ts';

const TYPES = ['posts', 'users', 'tags'] as const;
type SearchType = (typeof TYPES)[number];

/** Of a tag and its place, in base64. */
const PAGE_TOKEN_LENGTH_MAX = 1_000;
/** Also characters of which four bytes make one. */
const Q_LENGTH_MAX = 4 * QUERY_LENGTH_MAX;

const TagUseSchema = Type.Object(
  {
    tag: Type.String({ description: 'In lower case, without its #.', examples: ['world'] }),
    use_count: Type.Integer({ minimum: 0, description: 'Public posts with it.' }),
  },
  { $id: 'TagUse', title: 'TagUse' },
);

export const SEARCH_SCHEMAS = [TagUseSchema] as const;

/** As the feed's routes have added it. */
const PostReference = Type.Unsafe<object>({ $ref: 'Post#' });

const SearchQuery = Type.Object(
  {
    q: Type.String({
      minLength: 1,
      maxLength: Q_LENGTH_MAX,
      description: `At most ${QUERY_LENGTH_MAX} characters. For posts: words (all of them must be there, in any form of the word that the language of the post has), "a phrase", -without, #tag, from:name, since:2026-01-31, until:2026-01-31. For users and tags: how their names begin.`,
      examples: ['hello world'],
    }),
    type: Type.Optional(
      Type.Unsafe<SearchType>({
        type: 'string',
        enum: [...TYPES],
        default: 'posts',
        description: 'What is looked for, and what the items are: Post, User or TagUse.',
      }),
    ),
    limit: PageQuery.properties.limit,
    page_token: Type.Optional(
      Type.String({
        maxLength: PAGE_TOKEN_LENGTH_MAX,
        description: '`next_page_token` of the page before; none for the first.',
      }),
    ),
  },
  { additionalProperties: false },
);

export function searchRoutes(app: App, { search }: { readonly search: Search }): void {
  app.get(
    '/search',
    {
      config: { access: 'optional', scope: 'posts:read' },
      schema: {
        tags: ['search'],
        summary: 'Search for posts, users or tags',
        description:
          'Posts newest first: public ones, those for followers of whom you follow, and whatever you wrote or were spoken to in. Users: the exact name first, then whom you follow, then by followers. Tags by use. What is new is found within a second or two.',
        operationId: 'search',
        querystring: SearchQuery,
        response: {
          200: pageOf(
            Type.Unsafe<object>({
              anyOf: [PostReference, reference(UserSchema), reference(TagUseSchema)],
            }),
          ),
        },
      },
    },
    async ({ query, principal }) => SEARCHES[query.type ?? 'posts'](search, principal?.userId, query),
  );
}

interface SearchAnswer {
  readonly items: object[];
  readonly next_page_token: string | null;
}

type RunSearch = (
  search: Search,
  viewerId: Id | undefined,
  query: Static<typeof SearchQuery>,
) => Promise<SearchAnswer>;

const SEARCHES: Readonly<Record<SearchType, RunSearch>> = {
  async posts(search, viewerId, query) {
    const { items, nextBefore } = await search.posts(viewerId, query.q, {
      before: pageStart(query),
      limit: query.limit,
    });
    return { items: [...items], next_page_token: pageTokenOf(nextBefore) };
  },

  async users(search, viewerId, query) {
    const after = parseUserToken(query.page_token);
    const { users, next } = await search.users(viewerId, query.q, { after, limit: query.limit });
    return { items: users.map(presentUser), next_page_token: userToken(next) };
  },

  async tags(search, _viewerId, query) {
    const after = parseTagToken(query.page_token);
    const { tags, next } = await search.tags(query.q, { after, limit: query.limit });
    return {
      items: tags.map(({ tag, useCount }) => ({ tag, use_count: useCount })),
      next_page_token: tagToken(next),
    };
  },
};
