/** What people do, as loads. */

import { API } from './api-client.ts';
import type { HttpRequest } from './http-client.ts';
import type { Population } from './population.ts';
import { type RequestMix, UNIQUE_MARK } from './request-mix.ts';

export const SCENARIO_NAMES = ['post', 'post-keyed', 'read', 'profile', 'feed', 'sign-in'] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export interface Scenario {
  readonly name: ScenarioName;
  readonly purpose: string;
  readonly mix: Omit<RequestMix, 'seed' | 'uniquePrefix'>;
  /** Its text is unlike any other. */
  readonly unique: boolean;
  /** Has the yardstick of one-row inserts too. */
  readonly durable: boolean;
  /** By the ends of their paths: how the bare server tells the requests of one operation apart. */
  readonly suffixes: readonly string[];
}

export function createScenarios({ members, postIds }: Population, skew: number): Scenario[] {
  const tokens = members.map(({ token }) => token);
  const read = { skew, tokens, unique: false, durable: false };
  const scenario = (
    name: ScenarioName,
    purpose: string,
    operations: readonly (readonly HttpRequest[])[],
    { unique, durable, ...mix }: typeof read & { readonly keyed?: boolean },
    suffixes: readonly string[] = [''],
  ): Scenario => ({ name, purpose, mix: { ...mix, operations }, unique, durable, suffixes });

  return [
    scenario('post', 'POST /posts, durable', [[WRITE]], { ...read, unique: true, durable: true }),
    scenario('post-keyed', 'the same with Idempotency-Key', [[WRITE]], {
      ...read,
      unique: true,
      keyed: true,
      durable: true,
    }),
    scenario(
      'read',
      'GET /posts/{post_id}',
      postIds.map((postId) => [get(`/posts/${postId}`)]),
      read,
    ),
    scenario('profile', 'GET /users/{user_id} and its posts', members.map(profile), read, ['/posts', '']),
    scenario('feed', 'GET /feed', [[get('/feed')]], read),
    // Last, because an account has so many sessions at most: these end those that the others use.
    scenario('sign-in', 'POST /sessions', members.map(signIn), { ...read, tokens: [] }),
  ];
}

function get(path: string): HttpRequest {
  return { method: 'GET', path: `${API}${path}` };
}

function signIn({ username, password }: { username: string; password: string }): HttpRequest[] {
  return [{ method: 'POST', path: `${API}/sessions`, body: JSON.stringify({ username, password }) }];
}

function profile({ userId }: { userId: string }): HttpRequest[] {
  return [get(`/users/${userId}`), get(`/users/${userId}/posts`)];
}

/** Of the inserts that posts are held against too. */
export const POST_TEXT = `${UNIQUE_MARK} The sea is calm tonight, the tide is full, the moon lies fair upon the straits.`;

const WRITE: HttpRequest = {
  method: 'POST',
  path: `${API}/posts`,
  body: JSON.stringify({ text: POST_TEXT }),
};
