/** API keys in JSON. None of these calls states a scope: a key never makes, lists or deletes keys. */
import { type Static, Type } from 'typebox';
import { AppError, invalidField } from '../../../core/errors.ts';
import { parseId } from '../../../core/ids.ts';
import { SCOPE_MEANINGS, SCOPES, type Scope } from '../../../core/scope.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { pageOf } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { API_KEY_NAME_GRAPHEMES_MAX, API_KEYS_PER_USER_MAX, type ApiKey, type ApiKeys } from './api-keys.ts';

const ScopesSchema = Type.Unsafe<Scope[]>({
  type: 'array',
  items: { type: 'string', enum: [...SCOPES] },
  minItems: 1,
  uniqueItems: true,
  description: `What it may do.\n${SCOPES.map((scope) => `* \`${scope}\`: ${SCOPE_MEANINGS[scope]}`).join('\n')}`,
  examples: [['links:read', 'links:write']],
});

const NullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description });

const ApiKeyFields = {
  api_key_id: IdText,
  name: Type.String({ examples: ['Shop'] }),
  scopes: ScopesSchema,
  prefix: Type.String({ description: 'How the key begins.', examples: ['gsk_4fTzQ1xK'] }),
  created_at: Type.String({ format: 'date-time' }),
  last_used_at: NullableTime('Late by up to five minutes. Null: never.'),
  expires_at: NullableTime('Null: never.'),
};

export const ApiKeySchema = Type.Object(ApiKeyFields, { $id: 'ApiKey', title: 'ApiKey' });

export const NewApiKeySchema = Type.Object(
  {
    ...ApiKeyFields,
    key: Type.String({
      description: 'To be sent as `Authorization: Bearer <key>`. It is shown here and never again.',
    }),
  },
  { $id: 'NewApiKey', title: 'NewApiKey' },
);

const NewApiKeyBody = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      description: `What it is for: at most ${API_KEY_NAME_GRAPHEMES_MAX} characters as a reader counts them.`,
      examples: ['Shop'],
    }),
    scopes: ScopesSchema,
    expires_at: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        format: 'date-time',
        description: 'It is refused from then on. By default it does not expire.',
        examples: [null],
      }),
    ),
  },
  { additionalProperties: false },
);

/** Those of this file that documents refer to. */
export const API_KEYS_SCHEMAS = [ApiKeySchema, NewApiKeySchema] as const;

export interface ApiKeysRoutesDeps {
  readonly writes: Writes;
  readonly apiKeys: ApiKeys;
}

const tags = ['API keys'];

export function apiKeysRoutes(app: App, { writes, apiKeys }: ApiKeysRoutesDeps): void {
  app.post(
    '/api_keys',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Make an API key',
        description: `For a program that acts for you, within its scopes. You may have ${API_KEYS_PER_USER_MAX}. A repeated request with the same Idempotency-Key makes no second one, and cannot show the first again: it is answered with 409. A new password ends no keys.`,
        operationId: 'createApiKey',
        body: NewApiKeyBody,
        response: { 201: reference(NewApiKeySchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { name, scopes, expires_at: expiresAt } = request.body;
      const wanted = { name, scopes, expiresAt: parseTime(expiresAt) };
      return writes.answerUnstored(request, reply, 201, {
        prepare: async () => undefined,
        async run(transaction): Promise<Static<typeof NewApiKeySchema>> {
          const { key, ...apiKey } = await apiKeys.create(transaction, userId, wanted);
          return { ...presentApiKey(apiKey), key };
        },
        repeat: () => Promise.reject(shownAlready()),
      });
    },
  );

  app.get(
    '/api_keys',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Your API keys, the newest first',
        description: 'All of them. One that has expired is listed for another 30 days.',
        operationId: 'listApiKeys',
        response: { 200: pageOf(reference(ApiKeySchema)) },
      },
    },
    async (request) => {
      const listed = await apiKeys.list(callerOf(request).userId);
      return { items: listed.map(presentApiKey), next_page_token: null };
    },
  );

  app.delete(
    '/api_keys/:api_key_id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Delete an API key of yours',
        description: 'It is refused everywhere within a second.',
        operationId: 'deleteApiKey',
        params: Type.Object({ api_key_id: IdText }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const apiKeyId = parseId(request.params.api_key_id, 'api_key_id');
      return writes.answer(request, reply, 204, (transaction) =>
        apiKeys.delete(transaction, userId, apiKeyId),
      );
    },
  );
}

function presentApiKey(apiKey: ApiKey): Static<typeof ApiKeySchema> {
  return {
    api_key_id: String(apiKey.apiKeyId),
    name: apiKey.name,
    scopes: [...apiKey.scopes],
    prefix: apiKey.prefix,
    created_at: apiKey.createdAt.toISOString(),
    last_used_at: apiKey.lastUsedAt?.toISOString() ?? null,
    expires_at: apiKey.expiresAt?.toISOString() ?? null,
  };
}

/** Ajv also takes leap seconds, which a Date does not know. */
function parseTime(text: string | null | undefined): Date | null {
  if (text === null || text === undefined) return null;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalidField('expires_at', 'must be a time that exists.');
  return time;
}

function shownAlready(): AppError {
  const message =
    'This request was carried out, and its key is shown only once. Delete that key and make another, with a new Idempotency-Key.';
  return new AppError('conflict', message, { outcome: 'not_applied' });
}
