/** The session of a browser: an HttpOnly cookie. Read only where a request has no bearer token. */
import type { FastifyReply, FastifyRequest } from 'fastify';

export const SESSION_COOKIE = 'groundswell_session';

const OPTIONS = { path: '/', httpOnly: true, sameSite: 'lax' } as const;

/** The token in the request's cookie. */
export function readSessionCookie({ headers, server }: FastifyRequest): string | undefined {
  return headers.cookie === undefined ? undefined : server.parseCookie(headers.cookie)[SESSION_COOKIE];
}

/** `secure`: clients reach the server by https, so the cookie goes no other way. */
export function setSessionCookie(
  reply: FastifyReply,
  token: string,
  { expires, secure }: { readonly expires: Date; readonly secure: boolean },
): void {
  reply.header(
    'set-cookie',
    reply.server.serializeCookie(SESSION_COOKIE, token, { ...OPTIONS, expires, secure }),
  );
}

export function clearSessionCookie(reply: FastifyReply, { secure }: { readonly secure: boolean }): void {
  setSessionCookie(reply, '', { expires: new Date(0), secure });
}
