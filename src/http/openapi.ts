/** `/openapi.json`, generated from the schemas that validate, and a page to read and try it at `/docs`. */
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import { assert } from '../core/errors.ts';
import { collectOperations, OPERATION_COMPONENTS } from './openapi-operations.ts';

export interface OpenApiOptions {
  readonly version: string;
  readonly publicUrl: string | undefined;
}

/** In the order in which a reader meets them. */
const TAGS = [
  { name: 'users', description: 'Accounts and profiles.' },
  { name: 'sessions', description: 'Signing in and out.' },
  { name: 'API keys', description: 'For programs that act for you, within limits.' },
  { name: 'password resets', description: 'For who forgot the password.' },
  { name: 'relationships', description: 'Following, muting and blocking.' },
  { name: 'posts', description: 'Writing, editing, answering and reading posts.' },
  { name: 'media', description: 'Pictures for posts.' },
  { name: 'photos', description: 'Posts by their pictures: uploading, liking, commenting, feeds of photos.' },
  { name: 'reactions', description: 'Likes, reposts and bookmarks.' },
  { name: 'timelines', description: 'Lists of posts: the home timeline, a user, a tag.' },
  { name: 'notifications', description: 'What others did that concerns you.' },
  { name: 'search', description: 'Finding posts, users and tags.' },
  { name: 'discovery', description: 'Trends, and whom to follow.' },
  { name: 'links', description: 'Short links and where they lead.' },
  { name: 'rides', description: 'Asking for a ride; drivers, where they are, and what they are doing.' },
  { name: 'payments', description: 'What riders pay, and what drivers earn.' },
  { name: 'live', description: 'What happens, as it happens.' },
  { name: 'webhooks', description: 'Your own servers, told of what happens in your account.' },
  { name: 'moderation', description: 'Reports, and what the staff does.' },
  { name: 'operations', description: 'For balancers, orchestrators and Prometheus.' },
] as const;

export async function registerOpenApi(
  app: FastifyInstance,
  { version, publicUrl }: OpenApiOptions,
): Promise<void> {
  const operations = collectOperations(app);
  app.addHook('onRoute', (route) => {
    if (route.schema === undefined || route.schema.hide === true) return;
    const { access = 'public', scope } = route.config ?? {};
    if (access === 'public') return;
    const security = [
      { token: [] },
      { cookie: [] },
      ...(scope === undefined ? [] : [{ api_key: [scope] }]),
      ...(access === 'optional' ? [{}] : []),
    ];
    route.schema = { ...route.schema, security };
  });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Groundswell',
        version,
        description:
          'A backend for consumer apps. Ids are strings of 16 digits; lists are pages with a `next_page_token`; every write takes an `Idempotency-Key`; errors are problem details that name the field and the remedy.',
      },
      servers: [{ url: publicUrl ?? '/' }],
      tags: [...TAGS],
      components: {
        // The parts are of OpenAPI, whose types the plug-in has and this module only resembles.
        ...(OPERATION_COMPONENTS as object),
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'The access_token of POST /users or POST /sessions.',
          },
          api_key: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'gsk_…',
            description:
              'The key of POST /api_keys, for a program. What stands beside it at a call is the scope that the key must have; calls without it refuse keys. Where signing in is optional, a key without the scope reads what is public.',
          },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'groundswell_session',
            description: 'With X-CSRF-Token on writes.',
          },
        },
      },
    },
    transformObject(document) {
      assert('openapiObject' in document, 'the document is one of OpenAPI');
      // As above.
      operations.complete(document.openapiObject as Parameters<typeof operations.complete>[0]);
      return document.openapiObject;
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
    },
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger());
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    theme: THEME,
    uiConfig: { docExpansion: 'list' },
  });
}

/** The page is Swagger UI's; this takes away what is about Swagger and not about us. */
const THEME = {
  title: 'Groundswell reference',
  css: [{ filename: 'groundswell.css', content: '.swagger-ui .topbar { display: none }' }],
};

/** Refers to a schema with an `$id` that was added with `app.addSchema`, so that it stands in the document once. */
export function reference<Schema extends TSchema>(schema: Schema) {
  assert('$id' in schema, 'a schema that is referred to has an $id');
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` });
}
