/** Errors as problem details (RFC 9457): the one table from codes to statuses. */
import type { ErrorObject } from 'ajv';
import type { FastifyError, FastifySchemaValidationError } from 'fastify';
import { Type } from 'typebox';
import { AppError, type ErrorCode, type FieldError } from '../core/errors.ts';
import { ID_REMEDY, ID_TEXT_PATTERN } from '../core/ids.ts';

const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  not_found: 404,
  conflict: 409,
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Timed out',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported media type',
  417: 'Expectation failed',
  422: 'Invalid input',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Unavailable',
  504: 'Timed out',
};

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'about:blank: the status says it all; act on `code`.' }),
    title: Type.String({ description: 'The status in words.' }),
    status: Type.Integer({ description: 'The HTTP status.' }),
    code: Type.Enum(Object.keys(STATUS_OF_CODE), { description: 'What kind of failure.' }),
    detail: Type.String({ description: 'What happened and what to do, for a person.' }),
    errors: Type.Array(
      Type.Object({
        field: Type.String({ description: 'Its name; parts of a part are joined by dots.' }),
        message: Type.String({ description: 'What would be right.' }),
      }),
      { description: 'One entry for each wrong field.' },
    ),
    request_id: Type.String({ description: 'Quote it when you report the problem.' }),
  },
  { $id: 'Problem', title: 'Problem' },
);

export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly request_id: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** What the client is told. Nothing of an unexpected error but that it happened. */
export function problemOf(error: unknown, requestId: string): ProblemDetails {
  const { status, code, detail, errors } = describe(error);
  const title = TITLES[status] ?? 'Error';
  return { type: 'about:blank', title, status, code, detail, errors, request_id: requestId };
}

interface Description {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

function describe(error: unknown): Description {
  if (error instanceof AppError) {
    const status = STATUS_OF_CODE[error.code];
    return { status, code: error.code, detail: error.message, errors: error.fields };
  }
  if (isFastifyError(error)) {
    if (error.validation !== undefined) return describeValidation(error.validation, error.validationContext);
    const status = error.statusCode ?? 500;
    if (status < 500) return { status, code: codeOfStatus(status), detail: framed(error), errors: [] };
  }
  const detail = 'Something went wrong on our side. The failure is logged under this request_id.';
  return { status: 500, code: 'internal', detail, errors: [] };
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('statusCode' in error || 'validation' in error);
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  return status === 429 ? 'rate_limited' : 'invalid';
}

/** The framework's own refusals, in words that name the remedy. */
function framed(error: FastifyError): string {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return 'The body is too large for this call. Send a smaller one.';
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return 'A part of the path is longer than anything this server has there.';
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return 'Send the body as application/json.';
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return 'The body is empty though its type is application/json. Send a JSON object, or no Content-Type.';
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return 'The body is not valid JSON, or has a name in it that objects inherit, such as __proto__.';
    default:
      return error.message;
  }
}

function describeValidation(
  failures: readonly FastifySchemaValidationError[],
  context: string | undefined,
): Description {
  const errors = failures.map((failure) => fieldError(failure, context));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join(' ');
  return { status: 422, code: 'invalid', detail, errors };
}

/** From Ajv's report to the field's name and what would be right. */
function fieldError(failure: FastifySchemaValidationError, context: string | undefined): FieldError {
  const { keyword, params, instancePath } = failure;
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'required') path.push(String(params['missingProperty']));
  if (keyword === 'additionalProperties') path.push(String(params['additionalProperty']));
  const field = path.join('.') || (context ?? 'body');
  return { field, message: remedy(failure) };
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function remedy(failure: FastifySchemaValidationError): string {
  const { keyword, params, message } = failure;
  switch (keyword) {
    case 'required':
      return 'is missing.';
    case 'additionalProperties':
      return 'is not a field of this call. Check its spelling or leave it out.';
    case 'type':
      return `must be ${[params['type']].flat().join(' or ')}.`;
    case 'minLength':
      return `must have at least ${params['limit']} ${params['limit'] === 1 ? 'character' : 'characters'}.`;
    case 'maxLength':
      return `must have at most ${params['limit']} characters.`;
    case 'minimum':
      return `must be ${params['limit']} or more.`;
    case 'maximum':
      return `must be ${params['limit']} or less.`;
    case 'minItems':
      return `must have at least ${params['limit']} ${params['limit'] === 1 ? 'item' : 'items'}.`;
    case 'maxItems':
      return `must have at most ${params['limit']} items.`;
    case 'minProperties':
      return `must have at least ${params['limit']} ${params['limit'] === 1 ? 'field' : 'fields'}.`;
    case 'enum':
      return `must be one of ${[params['allowedValues']].flat().join(', ')}.`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}.`;
    case 'pattern':
      return params['pattern'] === ID_TEXT_PATTERN ? ID_REMEDY : inWordsOf(failure);
    case 'format':
      return REMEDIES_OF_FORMATS[String(params['format'])] ?? `${message}.`;
    default:
      return `${message ?? 'is not valid'}.`;
  }
}

const REMEDIES_OF_FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'must be a time such as 2026-01-31T12:00:00Z.',
  date: 'must be a day such as 2026-01-31.',
};

/** A pattern says nothing to a person; what the document says of the field does. */
function inWordsOf(failure: FastifySchemaValidationError): string {
  // Fastify's type does not know of what Ajv adds when it is verbose.
  const { description = '', examples = [] } = (failure as Partial<ErrorObject>).parentSchema ?? {};
  const [example] = examples;
  return ['is not as it must be.', description, example === undefined ? '' : `For example: ${example}`]
    .filter((part) => part !== '')
    .join(' ');
}
