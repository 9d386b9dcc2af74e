/**
 * What the document says of an operation beyond its schemas, found from how its route is configured: the problems
 * it may answer, the Idempotency-Key that a write takes, and whether its body may be left out.
 */
import type { FastifyInstance, RouteOptions } from 'fastify';
import { PROBLEM_TYPE } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Statuses of problems that its schema and its access do not tell of. */
    problems?: readonly number[];
    /** False for a write that takes no Idempotency-Key. */
    idempotent?: boolean;
  }
}

interface OperationFacts {
  readonly problems: readonly number[];
  readonly takesKey: boolean;
  readonly bodyOptional: boolean;
}

/** Only the parts of a document that are completed here. */
interface Operation {
  operationId?: string;
  parameters?: object[];
  requestBody?: { required?: boolean };
  responses?: Record<string, object>;
}

interface Document {
  paths?: Record<string, Record<string, Operation> | undefined>;
}

/** Watches the routes from now on; `complete` adds what they told to the generated document. */
export function collectOperations(app: FastifyInstance): { complete(document: Document): void } {
  const facts = new Map<string, OperationFacts>();
  app.addHook('onRoute', (route) => {
    const { operationId } = route.schema ?? {};
    if (operationId !== undefined) facts.set(operationId, factsOf(route));
  });
  return {
    complete({ paths = {} }) {
      for (const operation of Object.values(paths).flatMap((path) => Object.values(path ?? {}))) {
        const known = facts.get(operation.operationId ?? '');
        if (known !== undefined) completeOperation(operation, known);
      }
    },
  };
}

/** Named parts that operations refer to. */
export const OPERATION_COMPONENTS = {
  responses: {
    400: problem('The request cannot be read: the JSON of its body, or the encoding of its path, is broken.'),
    401: problem('Nobody is signed in, or the credentials are wrong.', {
      'WWW-Authenticate': text('Bearer'),
    }),
    403: problem('The caller may not do this.'),
    404: problem('There is no such thing, or not for the caller.'),
    409: problem(
      'It conflicts with what is there, or a request with the same Idempotency-Key is still running.',
      { 'Retry-After': seconds('When to try again, if that helps.') },
    ),
    412: problem('The client speaks another version of tus.'),
    413: problem('The body is too large.'),
    414: problem('A part of the path is too long.'),
    415: problem('The body is no application/json.'),
    422: problem('A field is wrong; `errors` names it and what would be right.'),
    429: problem('Too many requests.', { 'Retry-After': seconds('When the next one is allowed.') }),
    431: problem('The address and the headers are too long together.'),
    '5XX': problem('500: a failure on our side. 503: not now. 504: it took too long.', {
      'Retry-After': seconds('When to try again, if that is known.'),
    }),
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'A new random text for each new request. When it is sent again with the same request, within 24 hours, that is answered as before and has no effect.',
      schema: {
        type: 'string',
        minLength: 1,
        maxLength: 255,
        pattern: '^[!-~]+$',
        examples: ['5f7c9a52-8a63-4a4e-9d0b-0a3f1c1f7d11'],
      },
    },
  },
} as const;

function factsOf({ schema, config, method }: RouteOptions): OperationFacts {
  const writes = [method].flat().some((name) => name !== 'GET' && name !== 'HEAD');
  const takesKey = writes && config?.idempotent !== false;
  const statuses = [
    ...(config?.problems ?? []),
    ...(config?.exempt === true ? [] : [429]),
    ...((config?.access ?? 'public') === 'public' ? [] : [401, 403]),
    ...(schema?.querystring === undefined ? [] : [422]),
    ...(schema?.params === undefined ? [] : [400, 404, 414, 422]),
    ...(writes ? [400, 413, 415, 422] : []),
    ...(takesKey ? [409] : []),
  ];
  return { problems: [...new Set(statuses)], takesKey, bodyOptional: isOptional(schema?.body) };
}

/** A route whose body may be null is one that is called without. */
function isOptional(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('anyOf' in body) || !Array.isArray(body.anyOf))
    return false;
  return body.anyOf.some((option: unknown) => JSON.stringify(option) === '{"type":"null"}');
}

function completeOperation(operation: Operation, { problems, takesKey, bodyOptional }: OperationFacts): void {
  operation.responses ??= {};
  for (const status of [...problems, 431, '5XX']) {
    operation.responses[status] ??= { $ref: `#/components/responses/${status}` };
  }
  if (takesKey) {
    operation.parameters = [
      ...(operation.parameters ?? []),
      { $ref: '#/components/parameters/IdempotencyKey' },
    ];
  }
  if (bodyOptional && operation.requestBody !== undefined) operation.requestBody.required = false;
}

function problem(description: string, headers: Readonly<Record<string, object>> = {}) {
  const content = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return { description, headers, content };
}

function seconds(description: string) {
  return { description: `Seconds. ${description}`, schema: { type: 'integer', minimum: 0 } };
}

function text(value: string) {
  return { schema: { type: 'string', enum: [value] } };
}
