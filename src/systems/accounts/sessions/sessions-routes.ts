/** Signing in and out. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import type { NO_COUNTS } from '../../../core/user.ts';
import { callerOf, csrfTokenOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageStart, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from '../../../http/session-cookie.ts';
import { IdText, presentUser, UserSchema } from '../../../http/user-schema.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { PASSWORD_LENGTH_MAX } from '../credentials/password.ts';
import type { Profiles } from '../users/profiles.ts';
import type { Account } from '../users/user-rows.ts';
import { USERNAME_LENGTH_MAX } from '../users/username.ts';
import type { Client, NewSession, Session, Sessions } from './sessions.ts';

export interface SessionsRoutesDeps {
  readonly sql: SqlStore;
  readonly writes: Writes;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly profiles: Profiles;
  /** Clients reach the server by https, so the cookie goes no other way. */
  readonly secureCookies: boolean;
}

export const TokenFields = {
  user: reference(UserSchema),
  token_type: Type.Literal('Bearer'),
  expires_at: Type.String({ format: 'date-time', description: 'When the token ends.' }),
};

const SignedIn = Type.Object({
  ...TokenFields,
  access_token: Type.Union([Type.String(), Type.Null()], { description: 'Null when it is in the cookie.' }),
  csrf_token: Type.Union([Type.String(), Type.Null()], {
    description: 'With a cookie: to be sent as X-CSRF-Token on every write. Null without.',
  }),
});

const CurrentSession = Type.Object({
  user: Type.Union([reference(UserSchema), Type.Null()]),
  role: Type.Union([Type.Enum(['user', 'moderator', 'administrator']), Type.Null()], {
    description: 'What they may do.',
  }),
  csrf_token: Type.Union([Type.String(), Type.Null()], {
    description: 'For whoever is signed in by the cookie: to be sent as X-CSRF-Token on every write.',
  }),
});

const SignIn = Type.Object(
  {
    username: Type.String({
      minLength: 1,
      maxLength: USERNAME_LENGTH_MAX,
      description: 'Whatever the case.',
      examples: ['alice'],
    }),
    password: Type.String({ minLength: 1, maxLength: PASSWORD_LENGTH_MAX, examples: ['a good long one'] }),
    cookie: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'For pages: puts the token into an HttpOnly cookie instead of the answer.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const SessionSchema = Type.Object(
  {
    session_id: IdText,
    created_at: Type.String({ format: 'date-time' }),
    last_used_at: Type.String({ format: 'date-time', description: 'Late by up to five minutes.' }),
    expires_at: Type.String({ format: 'date-time' }),
    user_agent: Type.Union([Type.String(), Type.Null()], {
      description: 'What the program that signed in calls itself.',
    }),
    address: Type.Union([Type.String(), Type.Null()], { description: 'From where it signed in.' }),
    current: Type.Boolean({ description: 'The one that asks.' }),
  },
  { $id: 'Session', title: 'Session' },
);

export const SESSIONS_SCHEMAS = [SessionSchema] as const;

const tags = ['sessions'];

export function sessionsRoutes(app: App, deps: SessionsRoutesDeps): void {
  const { sql, writes, credentials, sessions, profiles, secureCookies } = deps;

  app.post(
    '/sessions',
    {
      config: { access: 'public', limit: 'sign-in', idempotent: false, problems: [401, 403] },
      schema: {
        tags,
        summary: 'Sign in',
        description: 'Each call makes a session, so an Idempotency-Key changes nothing here.',
        operationId: 'createSession',
        body: SignIn,
        response: { 201: SignedIn },
      },
    },
    async (request, reply) => {
      const { username, password, cookie: asCookie } = request.body;
      const { account, passwordHash } = await credentials.check(username, password);
      const session = await sql.transaction((transaction) =>
        sessions.start(transaction, account.userId, passwordHash, clientOf(request)),
      );
      const { token, expiresAt } = session;
      if (asCookie) setSessionCookie(reply, token, { expires: expiresAt, secure: secureCookies });
      const shown = presentNewSession(account, session, await profiles.countsOf(account.userId));
      reply.code(201);
      return asCookie
        ? { ...shown, access_token: null, csrf_token: csrfTokenOf(token) }
        : { ...shown, csrf_token: null };
    },
  );

  app.get(
    '/sessions/current',
    {
      config: { access: 'optional', endedCookie: 'ignored' },
      schema: {
        tags,
        summary: 'Who is signed in here',
        description:
          'What a page asks first. All null for who is not signed in; a cookie that is no longer good is removed.',
        operationId: 'getCurrentSession',
        response: { 200: CurrentSession },
      },
    },
    async (request, reply) => {
      const { principal } = request;
      const token = readSessionCookie(request);
      if (principal === undefined) {
        if (token !== undefined) clearSessionCookie(reply, { secure: secureCookies });
        return { user: null, role: null, csrf_token: null };
      }
      const [profile] = await profiles.describeUsers(undefined, [principal.userId]);
      return {
        user: profile === undefined ? null : presentUser(profile),
        role: principal.role,
        csrf_token: token === undefined ? null : csrfTokenOf(token),
      };
    },
  );

  app.get(
    '/sessions',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Your sessions, the newest first',
        operationId: 'listSessions',
        querystring: PageQuery,
        response: { 200: pageOf(reference(SessionSchema)) },
      },
    },
    async (request) => {
      const { userId, sessionId } = callerOf(request);
      const page = await sessions.page(userId, pageStart(request.query), request.query.limit);
      return presentPage(page, (session) => presentSession(session, sessionId));
    },
  );

  app.delete(
    '/sessions',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Sign out everywhere else',
        operationId: 'deleteOtherSessions',
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        sessions.endAll(transaction, userId, sessionId),
      );
    },
  );

  app.delete(
    '/sessions/current',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Sign out',
        operationId: 'deleteCurrentSession',
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => end(request, reply, callerOf(request).sessionId),
  );

  app.delete(
    '/sessions/:session_id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'End a session of yours',
        operationId: 'deleteSession',
        params: Type.Object({ session_id: IdText }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => end(request, reply, parseId(request.params.session_id, 'session_id')),
  );

  async function end(request: FastifyRequest, reply: FastifyReply, endedId: number): Promise<FastifyReply> {
    const { userId, sessionId } = callerOf(request);
    // A token that ends says nothing of the cookie that the same browser may have beside it.
    const byCookie = request.headers.authorization === undefined;
    if (endedId === sessionId && byCookie) clearSessionCookie(reply, { secure: secureCookies });
    return writes.answer(request, reply, 204, (transaction) => sessions.end(transaction, userId, endedId));
  }
}

/** From where a request comes, as the user will see it in the list of sessions. */
export function clientOf({ headers, ip }: FastifyRequest): Client {
  return { userAgent: headers['user-agent'], address: ip };
}

/** What whoever signs in or up gets. */
export function presentNewSession(
  account: Account,
  { token, expiresAt }: NewSession,
  counts: typeof NO_COUNTS,
) {
  return {
    user: presentUser({ ...account, counts, relationship: null }),
    access_token: token,
    token_type: 'Bearer' as const,
    expires_at: expiresAt.toISOString(),
  };
}

function presentSession(session: Session, currentId: number): Static<typeof SessionSchema> {
  return {
    session_id: String(session.sessionId),
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    user_agent: session.userAgent,
    address: session.address,
    current: session.sessionId === currentId,
  };
}
