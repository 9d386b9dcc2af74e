/** The server: what every request goes through, whatever system answers it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import fastifyCompress from '@fastify/compress';
import fastifyCookie from '@fastify/cookie';
import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Ajv } from 'ajv';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import type { Clock, Randomness } from '../core/clock.ts';
import type { RateLimiter } from '../ports/rate-limiter/rate-limiter.ts';
import type { SqlSessions } from '../ports/sql-store/sql-sessions.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';
import { registerAllowedMethods } from './allowed-methods.ts';
import { registerAnswers } from './answered.ts';
import { type Authenticate, registerAccess, registerAuth } from './auth.ts';
import { createBodyPaces } from './body-pace.ts';
import { CONSISTENCY_HEADER, registerConsistency } from './consistency.ts';
import { registerJsonBodies } from './json-bodies.ts';
import { registerObservation } from './observe.ts';
import { registerOpenApi } from './openapi.ts';
import { PROBLEM_TYPE, Problem, problemOf } from './problem.ts';
import { registerRateLimits } from './rate-limit.ts';
import { clientErrorHandler, registerRawAnswers } from './raw-answers.ts';
import { registerSecurityHeaders } from './security-headers.ts';
import { withTextFormats } from './text-formats.ts';
import { registerTurningAway, type TurnAway } from './turn-away.ts';
import { registerUpgrades } from './upgrades.ts';

/** The server as the routes see it. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export const BODY_BYTES_MAX = 65_536;
export const HEADER_BYTES_MAX = 16_384;
export const URL_PARAM_LENGTH_MAX = 256;
/** Longer than the 60 s after which common balancers drop an idle connection, so that they close first. */
export const KEEP_ALIVE_MS = 65_000;
const COMPRESS_FROM_BYTES = 1_024;
/** While draining, an idle connection is kept this long: a request may already be on its way. */
export const DRAIN_IDLE_MS = 1_000;

export interface ServerLimits {
  /** What is beyond is closed before a byte is read. */
  readonly connectionsMax: number;
  /** The header must have arrived by then, counted from the connection or from its first byte. */
  readonly headerTimeoutMs: number;
  /** Header and body must have arrived by then, but for large bodies (`body-pace.ts`); a client that drips bytes is cut off. */
  readonly requestTimeoutMs: number;
  /** A client that neither sends nor reads for so long is cut off. Longer than any answer takes. */
  readonly stallTimeoutMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  connectionsMax: 20_000,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  stallTimeoutMs: 60_000,
};

export interface ServerOptions {
  readonly authenticate: Authenticate;
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** `undefined`: nobody is limited. */
  readonly rateLimiter: RateLimiter | undefined;
  /** `undefined`: there are no replicas. */
  readonly sqlSessions?: SqlSessions | undefined;
  /** Why a request must be turned away before any work is done for it; see `roles/api.ts`. */
  readonly turnAway: TurnAway;
  readonly limits?: ServerLimits;
}

/** An HTTP server without routes. Register them, then `ready` and `listen` as with any fastify instance. */
export async function createServer(options: ServerOptions): Promise<App> {
  const { log, publicUrl, trustedProxies, corsOrigins, limits = SERVER_LIMITS } = options;
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = problemOf(error, request.id);
    if (problem.status === 500) {
      log.error(
        { error, request_id: request.id, method: request.method, route: request.routeOptions.url },
        'request failed',
      );
    }
    const retryAfterS = retryAfterOf(error);
    if (retryAfterS !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterS)));
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
  };
  const bodyPaces = createBodyPaces({ ...limits, clock: options.clock });
  const app: App = fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: URL_PARAM_LENGTH_MAX, ignoreTrailingSlash: true },
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.stallTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: limits.headerTimeoutMs,
      // Without one Node answers by itself, and says nothing; see `registerRawAnswers`.
      requireHostHeader: false,
      // How often Node looks for what is overdue; every 30 s unless told otherwise.
      connectionsCheckingInterval: limits.headerTimeoutMs / 10,
    },
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: createRequestIds(options.randomness),
    clientErrorHandler: clientErrorHandler(bodyPaces),
    // What fails before there is a route, such as a path that is no UTF-8.
    frameworkErrors: answerError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = limits.connectionsMax;
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? strict : coercing).compile(schema),
  );
  app.addSchema(Problem);
  registerJsonBodies(app);
  bodyPaces.register(app);
  app.setErrorHandler(answerError);
  registerRawAnswers(app);
  registerUpgrades(app);
  const { onAnswered } = registerAnswers(app);
  registerObservation(app, { ...options, onAnswered });
  if (options.sqlSessions !== undefined) registerConsistency(app, options.sqlSessions);
  registerSecurityHeaders(app, { secure: publicUrl?.startsWith('https:') ?? false });
  registerAllowedMethods(app);
  // For what it parses and writes; that no request pays for its hooks, `session-cookie.ts` calls it where needed.
  await app.register(fastifyCookie, { hook: false });
  // Without any, not even a preflight is answered.
  if (corsOrigins.length > 0) await app.register(fastifyCors, corsOptions(corsOrigins));
  await app.register(fastifyCompress, { threshold: COMPRESS_FROM_BYTES, encodings: ['br', 'gzip'] });
  await registerOpenApi(app, { version: options.version, publicUrl });
  registerTurningAway(app, { ...options, onAnswered });
  registerAuth(app, {
    authenticate: options.authenticate,
    origins: [...corsOrigins, ...originOf(publicUrl)],
  });
  const { rateLimiter, metrics } = options;
  if (rateLimiter !== undefined) registerRateLimits(app, { rateLimiter, metrics, log });
  registerAccess(app);
  return app;
}

export interface DrainOptions {
  readonly idleMs?: number;
  /** Those that the HTTP server does not know of. */
  readonly connections?: { drain(idleMs: number): void } | undefined;
}

/**
 * Stops without cutting off a request: new connections are refused, every answer asks its client to close the
 * connection, and one that stays idle for a second is closed. Resolves when the last request is answered, or
 * after `timeoutMs`.
 */
export async function drain(
  app: App,
  timeoutMs: number,
  { idleMs = DRAIN_IDLE_MS, connections }: DrainOptions = {},
): Promise<void> {
  const { server } = app;
  connections?.drain(idleMs);
  // For a connection whose request came before the drain, and whose answer therefore asks for nothing.
  server.keepAliveTimeout = idleMs;
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  // http.Server's own close would cut idle connections at once, and with them what a client is just sending.
  net.Server.prototype.close.call(server);
  const closeIdle = setTimeout(() => server.closeIdleConnections(), idleMs);
  const closeAll = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await new Promise<void>((resolve) => {
    const check = (): void => {
      server.getConnections((_error, count) => (count === 0 ? resolve() : setTimeout(check, 20)));
    };
    check();
  });
  clearTimeout(closeIdle);
  clearTimeout(closeAll);
  await app.close();
}

/** `verbose`: a failure has its schema with it, whose words `problem.ts` uses. */
const VALIDATION = {
  allErrors: true,
  verbose: true,
  useDefaults: true,
  removeAdditional: false,
  strict: false,
};
/** Bodies are taken as they are: a number where a string belongs is a mistake to name, not to convert. */
const strict = withTextFormats(new Ajv(VALIDATION));
/** Query and path are all text, so "20" is a number there. */
const coercing = withTextFormats(new Ajv({ ...VALIDATION, coerceTypes: true }));

/** Pages of these origins may call the API, with the cookie, and read the headers that say how it went. */
function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    credentials: true,
    strictPreflight: false,
    exposedHeaders: [
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
      'retry-after',
      'idempotent-replayed',
      CONSISTENCY_HEADER,
      // Of uploads in pieces.
      'location',
      'tus-resumable',
      'upload-offset',
      'upload-length',
      'upload-expires',
      'media-id',
    ],
  };
}

/** Unique over processes and restarts, and cheap: a random prefix and a counter. */
function createRequestIds(randomness: Randomness): () => string {
  const prefix = randomness.bytes(6).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}

function originOf(url: string | undefined): string[] {
  return url === undefined ? [] : [new URL(url).origin];
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof Error && 'retryAfterS' in error && typeof error.retryAfterS === 'number'
    ? error.retryAfterS
    : undefined;
}
