/** `/openapi.json`, generated from the schemas that validate, and a page to read and try it at `/docs`. */
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import { assert } from '../core/errors.ts';
import { PROBLEM_TYPE, Problem } from './problem.ts';

export interface OpenApiOptions {
  readonly version: string;
  readonly publicUrl: string | undefined;
}

export async function registerOpenApi(
  app: FastifyInstance,
  { version, publicUrl }: OpenApiOptions,
): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (route.schema === undefined || route.schema.hide === true) return;
    const problem = {
      description: 'What went wrong, and what to do',
      content: { [PROBLEM_TYPE]: { schema: reference(Problem) } },
    };
    const access = route.config?.access ?? 'public';
    route.schema = {
      ...route.schema,
      ...(access === 'public'
        ? {}
        : { security: [{ token: [] }, { cookie: [] }, ...(access === 'optional' ? [{}] : [])] }),
      response: { ...(route.schema.response as object | undefined), '4xx': problem, '5xx': problem },
    };
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
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'The access_token of POST /users or POST /sessions.',
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
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
    },
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger());
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { docExpansion: 'list' },
  });
}

/** Refers to a schema with an `$id` that was added with `app.addSchema`, so that it stands in the document once. */
export function reference<Schema extends TSchema>(schema: Schema) {
  assert('$id' in schema, 'a schema that is referred to has an $id');
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` });
}
