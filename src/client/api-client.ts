/** The few calls of the product's API with which a bench or a fault test sets its stage. */

import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { type HttpResponse, headerOf } from './http-response-parser.ts';

export const API = '/api/v1';

export interface Member {
  readonly userId: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
}

export interface ApiClient {
  signUp(username: string): Promise<Member>;
  follow(member: Member, userId: string): Promise<void>;
  post(member: Member, text: string): Promise<{ readonly postId: string }>;
}

/** Long enough for any rule on passwords; these accounts hold nothing. */
const PASSWORD = 'correct horse battery staple 42';

/** A server that is turning calls away is asked again so often before a call fails. */
const ATTEMPTS_MAX = 10;
const TURNED_AWAY = new Set([429, 503]);

/** Every call fails with `unavailable`, naming the answer, if it is not the expected one. */
export function createApiClient(http: HttpClient, clock: Clock): ApiClient {
  const call = (request: HttpRequest) => callPatiently(http, clock, request);
  return {
    async signUp(username) {
      const body = JSON.stringify({ username, password: PASSWORD });
      const answer = await call({ method: 'POST', path: `${API}/users`, body });
      const userId = textAt(answer, 'user', 'user_id');
      return { userId, username, password: PASSWORD, token: textAt(answer, 'access_token') };
    },
    async follow({ token }, userId) {
      await call({ method: 'PUT', path: `${API}/users/${userId}/follow`, token });
    },
    async post({ token }, text) {
      const body = JSON.stringify({ text });
      return {
        postId: textAt(await call({ method: 'POST', path: `${API}/posts`, token, body }), 'post_id'),
      };
    },
  };
}

/** Fails likewise, once a server that turns calls away has done so often enough. */
export async function callPatiently(http: HttpClient, clock: Clock, request: HttpRequest): Promise<unknown> {
  let response = await http.send(request);
  for (let attempt = 1; attempt < ATTEMPTS_MAX && TURNED_AWAY.has(response.status); attempt += 1) {
    await clock.sleep(Number(headerOf(response, 'retry-after') ?? 1) * 1000);
    response = await http.send(request);
  }
  requireSuccess(request, response);
  return response.body.length === 0 ? undefined : JSON.parse(response.body.toString());
}

/** Fails with `unavailable`, naming the answer, unless it is a success. */
export function requireSuccess({ method, path }: HttpRequest, response: HttpResponse): void {
  if (isSuccess(response)) return;
  const answer = `${response.status} ${response.body.toString().slice(0, 300)}`;
  throw new AppError('unavailable', `${method} ${path} was answered with ${answer}`);
}

export function isSuccess({ status }: HttpResponse): boolean {
  // A redirect is what was asked for.
  return status >= 200 && status <= 399;
}

/** The text at a path of names in a parsed answer. */
export function textAt(answer: unknown, ...names: readonly string[]): string {
  let value: unknown = answer;
  for (const name of names) {
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([key]) => key === name)?.[1]
        : undefined;
  }
  if (typeof value === 'string') return value;
  throw new AppError('unavailable', `an answer of the server has no ${names.join('.')}`);
}
