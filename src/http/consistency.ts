/**
 * The header Consistency-Token: up to where a client has seen what is committed. A client that sends back the one of its
 * latest answer may be answered from a replica, and still reads its own writes and nothing older than it has read. Who is
 * signed in and sends none is answered from the primary. There is no cookie: answers may overtake each other, and the older
 * would then be kept; of tokens, the greater text is the later one.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CommitPosition, Seen, SqlSessions, SqlVisit } from '../ports/sql-store/sql-sessions.ts';
import { readSessionCookie } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    sqlVisit: SqlVisit | undefined;
  }
}

export const CONSISTENCY_HEADER = 'consistency-token';

const READ_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const TIMELINE_DIGITS = 8;
const POSITION_DIGITS = 16;
const TOKEN = /^[0-9a-f]{24}$/;

export function registerConsistency(app: FastifyInstance, sessions: SqlSessions): void {
  app.decorateRequest('sqlVisit', undefined);
  app.addHook('onRequest', (request, _reply, done) => {
    request.sqlVisit = sessions.visit(seenBy(request), { writes: !READ_METHODS.has(request.method) });
    request.sqlVisit.run(done);
  });
  // A body arrives in callbacks of its connection, which belong to no visit.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.sqlVisit === undefined) done();
    else request.sqlVisit.run(done);
  });
  app.addHook('onSend', async (request, reply) => {
    // It has shown nothing; and while the primary is away, its place could only be guessed.
    if (reply.statusCode >= 500) return;
    const seen = await request.sqlVisit?.seen();
    if (seen !== undefined) reply.header(CONSISTENCY_HEADER, tokenOf(seen));
  });
}

function seenBy(request: FastifyRequest): Seen {
  const token = request.headers[CONSISTENCY_HEADER];
  if (token !== undefined) return positionOf(token) ?? 'unreadable';
  const isSomebody = request.headers.authorization !== undefined || readSessionCookie(request) !== undefined;
  return isSomebody ? 'everything' : 'nothing';
}

export function tokenOf({ timeline, position }: CommitPosition): string {
  const digits = (value: number, count: number) => value.toString(16).padStart(count, '0');
  return digits(timeline, TIMELINE_DIGITS) + digits(position, POSITION_DIGITS);
}

/** `undefined`: it is none. A place that never was costs nobody but who names it: it is read from the primary. */
export function positionOf(token: unknown): CommitPosition | undefined {
  if (typeof token !== 'string' || !TOKEN.test(token)) return undefined;
  const timeline = Number.parseInt(token.slice(0, TIMELINE_DIGITS), 16);
  const position = Number.parseInt(token.slice(TIMELINE_DIGITS), 16);
  return Number.isSafeInteger(position) ? { timeline, position } : undefined;
}
