/**
 * Who asks: a bearer token or API key (programs) or the session cookie (browsers, with CSRF protection), checked
 * before anything else is done for the request. Every route says in its configuration who may call it, and by its
 * `scope` which API keys may; without one, none.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import type { Scope } from '../core/scope.ts';
import { readSessionCookie } from './session-cookie.ts';
import { upgradeOf } from './upgrades.ts';

/**
 * `public`: tokens are not even looked at. `optional`: signed in or not, but a token that is sent must be good.
 * `user`: signed in. `moderator`, `administrator`: signed in with at least that role.
 */
export type Access = 'public' | 'optional' | 'user' | 'moderator' | 'administrator';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /**
     * What an API key must be allowed for this call. On an `optional` route a key without it is answered as
     * someone who is not signed in: what is public any key may read, but no more than that. A route without a
     * scope refuses keys; whether that is meant is checked by `test/e2e/openapi.test.ts`.
     */
    scope?: Scope;
    /**
     * On an `optional` route: who sends the cookie of a session that has ended is answered as not signed in. A page
     * cannot remove the cookie itself, and must be able to find out.
     */
    endedCookie?: 'ignored';
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    /** Why the caller may not go on. */
    refusal: AppError | undefined;
  }
}

export const CSRF_HEADER = 'x-csrf-token';

/**
 * Finds whose token or API key it is; `undefined` for one that is unknown, expired or revoked. At once when it is
 * cached. Throws `unauthenticated` where it can say more.
 */
export type Authenticate = (token: string) => Principal | undefined | Promise<Principal | undefined>;

export interface AuthOptions {
  readonly authenticate: Authenticate;
  /** Origins, besides the server's own, whose pages may send the cookie. */
  readonly origins: readonly string[];
}

/**
 * Finds out who asks. A refusal is only noted, and thrown by `registerAccess` later, so that what stands between
 * the two (the rate limits) counts the callers that are refused, too.
 */
export function registerAuth(app: FastifyInstance, { authenticate, origins }: AuthOptions): void {
  app.decorateRequest('principal', undefined);
  app.decorateRequest('refusal', undefined);
  app.addHook('onRoute', ({ config, url }) => {
    if (config?.access === undefined) throw new Error(`The route ${url} does not say who may call it.`);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const { access = 'public' } = request.routeOptions.config;
    if (access === 'public') return done();
    const refuse = (error: unknown): void => {
      if (error instanceof AppError) request.refusal = error;
      done(error instanceof AppError ? undefined : toError(error));
    };
    const admit = (principal: Principal | undefined): void => {
      request.principal = principal;
      done();
    };
    try {
      const found = identify(request, access, authenticate, origins);
      // Known callers, nearly all of them, go on without waiting for a turn of the event loop.
      if (found instanceof Promise) found.then(admit, refuse);
      else admit(found);
    } catch (error) {
      refuse(error);
    }
  });
}

/** Refuses who may not call the route. */
export function registerAccess(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => done(request.refusal));
}

function identify(
  request: FastifyRequest,
  access: Exclude<Access, 'public'>,
  authenticate: Authenticate,
  origins: readonly string[],
): Principal | undefined | Promise<Principal | undefined> {
  const { scope, endedCookie } = request.routeOptions.config;
  const bearer = bearerToken(request) ?? subprotocolToken(request);
  const token = bearer ?? readSessionCookie(request);
  if (token === undefined) {
    if (access === 'optional') return undefined;
    throw new AppError('unauthenticated', 'Sign in first: send "Authorization: Bearer <access_token>".');
  }
  if (bearer === undefined) refuseForgery(request, token, origins);
  const admit = (principal: Principal | undefined): Principal | undefined => {
    if (principal === undefined && bearer === undefined && endedCookie === 'ignored') return undefined;
    return allow(principal, access, scope);
  };
  const found = authenticate(token);
  return found instanceof Promise ? found.then(admit) : admit(found);
}

function allow(
  principal: Principal | undefined,
  access: Exclude<Access, 'public'>,
  scope: Scope | undefined,
): Principal | undefined {
  if (principal === undefined) {
    throw new AppError(
      'unauthenticated',
      'The token or API key is unknown, expired or revoked. Sign in again, or make another key.',
    );
  }
  if (principal.scopes !== undefined && (scope === undefined || !principal.scopes.has(scope))) {
    if (access === 'optional' && scope !== undefined) return undefined;
    throw refusedKey(scope);
  }
  if (!isAllowed(principal, access))
    throw new AppError('forbidden', `This call is for the role ${access}, which this account does not have.`);
  return principal;
}

function refusedKey(scope: Scope | undefined): AppError {
  const message =
    scope === undefined
      ? 'No API key can make this call: sign in for it.'
      : `The API key lacks the scope ${scope}, which this call needs. Make one that has it.`;
  return new AppError('forbidden', message);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The signed-in caller of a route whose access is `user` or more. */
export function callerOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new AppError('unauthenticated', 'Sign in first.');
  return request.principal;
}

/** What a page sends back in `X-CSRF-Token`: only who holds the cookie can compute it. */
export function csrfTokenOf(sessionToken: string): string {
  return createHash('sha256').update(`csrf:${sessionToken}`).digest('base64url');
}

function bearerToken({ headers }: FastifyRequest): string | undefined {
  const header = headers.authorization;
  if (header === undefined) return undefined;
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1];
  if (token === undefined) {
    throw new AppError('unauthenticated', 'The Authorization header must be "Bearer <access_token>".');
  }
  return token;
}

/**
 * Where a page opens a WebSocket it can send no header but this one: `groundswell.v1, bearer.<access_token>`. Not in the
 * query: addresses are written into logs, by every proxy on the way.
 */
function subprotocolToken(request: FastifyRequest): string | undefined {
  if (upgradeOf(request) === undefined) return undefined;
  return /(?:^|,)\s*bearer\.([\w.~-]+)\s*(?:,|$)/.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1];
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function refuseForgery(request: FastifyRequest, token: string, origins: readonly string[]): void {
  const { origin } = request.headers;
  const own = [`${request.protocol}://${request.host}`, ...origins];
  if (upgradeOf(request) !== undefined) {
    refuseForeignPage(origin, own);
    return;
  }
  if (SAFE_METHODS.has(request.method)) return;
  if (origin !== undefined && !own.includes(origin)) {
    throw new AppError('forbidden', 'Pages of this origin may not act for the signed-in user.');
  }
  const sent = request.headers[CSRF_HEADER];
  if (typeof sent !== 'string' || !equal(sent, csrfTokenOf(token))) {
    throw new AppError('forbidden', 'Send the csrf_token of the sign-in in the header X-CSRF-Token.');
  }
}

/** No rule of browsers keeps a page from opening a WebSocket elsewhere, with the cookie; but each says where it is from. */
function refuseForeignPage(origin: string | undefined, own: readonly string[]): void {
  if (origin !== undefined && own.includes(origin)) return;
  throw new AppError('forbidden', 'With the cookie, only pages of this server may open a WebSocket.');
}

function equal(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

const RANK = { user: 0, moderator: 1, administrator: 2 } as const;

function isAllowed({ role }: Principal, access: Exclude<Access, 'public'>): boolean {
  return RANK[role] >= (access === 'optional' ? 0 : RANK[access]);
}
