/** Trends of tags, and whom one might follow. */
import { type TInteger, Type } from 'typebox';
import { parseId } from '../../core/ids.ts';
import { callerOf } from '../../http/auth.ts';
import type { Writes } from '../../http/idempotency.ts';
import { reference } from '../../http/openapi.ts';
import type { App } from '../../http/server.ts';
import { presentUser, UserIdParams, UserSchema } from '../../http/user-schema.ts';
import type { Discovery } from './discovery.ts';
import { SUGGESTIONS_MAX } from './suggestions.ts';
import type { TrendPeriod } from './tag-uses-queries.ts';
import { TRENDS_MAX } from './trends.ts';

const TREND_LIMIT_DEFAULT = 10;
const SUGGESTION_LIMIT_DEFAULT = 10;

const TagTrendSchema = Type.Object(
  {
    tag: Type.String({ description: 'In lower case, without its #.', examples: ['world'] }),
    author_count: Type.Integer({ minimum: 0, description: 'Who used it in public posts.' }),
    score: Type.Number({
      description: 'Authors an hour, fewer the longer ago: what the list is in order of.',
    }),
  },
  { $id: 'TagTrend', title: 'TagTrend' },
);

export const DISCOVERY_SCHEMAS = [TagTrendSchema] as const;

/** Optional for clients, not for the route. */
function limitOf(maximum: number, byDefault: number): TInteger {
  return Type.Optional(
    Type.Integer({ minimum: 1, maximum, default: byDefault, description: 'How many items at most.' }),
  );
}

const TrendsQuery = Type.Object(
  {
    window: Type.Optional(
      Type.Unsafe<TrendPeriod>({
        type: 'string',
        enum: ['hour', 'day'],
        default: 'day',
        description: 'What counts: the last hours, or the last days.',
      }),
    ),
    limit: limitOf(TRENDS_MAX, TREND_LIMIT_DEFAULT),
  },
  { additionalProperties: false },
);

const SuggestionsQuery = Type.Object(
  { limit: limitOf(SUGGESTIONS_MAX, SUGGESTION_LIMIT_DEFAULT) },
  { additionalProperties: false },
);

export interface DiscoveryRoutesDeps {
  readonly discovery: Discovery;
  readonly writes: Writes;
}

export function discoveryRoutes(app: App, { discovery, writes }: DiscoveryRoutesDeps): void {
  const { trends, suggestions } = discovery;
  app.get(
    '/trends/tags',
    {
      config: { access: 'optional', scope: 'posts:read' },
      schema: {
        tags: ['discovery'],
        summary: 'Tags that many use just now',
        description:
          'By how many authors used them in public posts, and how lately; computed every minute or, for days, every ten. Each author counts once an hour.',
        operationId: 'listTagTrends',
        querystring: TrendsQuery,
        response: { 200: Type.Object({ items: Type.Array(reference(TagTrendSchema)) }) },
      },
    },
    async ({ query }) => {
      const found = await trends.tags(query.window ?? 'day', query.limit);
      const items = found.map(({ tag, score, authorCount }) => ({ tag, author_count: authorCount, score }));
      return { items };
    },
  );
  app.get(
    '/suggestions',
    {
      config: { access: 'user', scope: 'relationships:read' },
      schema: {
        tags: ['discovery'],
        summary: 'Whom you might follow',
        description:
          'Whom those follow whom you follow, and the most followed for who follows few. Nobody whom you follow, have asked to follow, mute, block or have dismissed.',
        operationId: 'listSuggestions',
        querystring: SuggestionsQuery,
        response: { 200: Type.Object({ items: Type.Array(reference(UserSchema)) }) },
      },
    },
    async (request) => {
      const profiles = await suggestions.of(callerOf(request).userId, request.query.limit);
      return { items: profiles.map(presentUser) };
    },
  );
  app.delete(
    '/suggestions/:user_id',
    {
      config: { access: 'user', scope: 'relationships:write' },
      schema: {
        tags: ['discovery'],
        summary: 'Do not suggest somebody any more',
        description: 'Also when it has been said before, and whoever it is.',
        operationId: 'dismissSuggestion',
        params: UserIdParams,
        response: { 204: Type.Null({ description: 'Done.' }) },
      },
    },
    async (request, reply) => {
      const dismissedId = parseId(request.params.user_id, 'user_id');
      return writes.answer(request, reply, 204, (transaction) =>
        suggestions.dismiss(transaction, callerOf(request).userId, dismissedId),
      );
    },
  );
}
