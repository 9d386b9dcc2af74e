/** What people do, as loads. */

import { API } from '../client/api-client.ts';
import type { HttpRequest } from '../client/http-client.ts';
import type { Population } from './population.ts';
import { type RequestMix, UNIQUE_MARK } from './request-mix.ts';

/** On users and posts that are made through the API. */
export const BASIC_SCENARIO_NAMES = ['post', 'post-keyed', 'read', 'profile', 'feed', 'sign-in'] as const;
/** On the people of a follow graph. */
export const CROWD_SCENARIO_NAMES = ['home', 'home-alone', 'profile-posts', 'crowd-posts', 'mix'] as const;
/** On links of one owner. */
export const LINK_SCENARIO_NAMES = ['redirect', 'link-create', 'link-create-keyed'] as const;
/** On riders of their own. */
export const RIDE_SCENARIO_NAMES = ['quotes'] as const;
export const SCENARIO_NAMES = [
  ...BASIC_SCENARIO_NAMES,
  ...LINK_SCENARIO_NAMES,
  ...RIDE_SCENARIO_NAMES,
  ...CROWD_SCENARIO_NAMES,
] as const;
export type LinkScenarioName = (typeof LINK_SCENARIO_NAMES)[number];
export type CrowdScenarioName = (typeof CROWD_SCENARIO_NAMES)[number];
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export function isCrowdScenario(name: string): name is CrowdScenarioName {
  return CROWD_SCENARIO_NAMES.some((known) => known === name);
}

export function isLinkScenario(name: string): name is LinkScenarioName {
  return LINK_SCENARIO_NAMES.some((known) => known === name);
}

export function isRideScenario(name: string): boolean {
  return RIDE_SCENARIO_NAMES.some((known) => known === name);
}

export interface Scenario {
  readonly name: ScenarioName;
  readonly purpose: string;
  readonly mix: Omit<RequestMix, 'seed' | 'uniquePrefix'>;
  /** Its text is unlike any other. */
  readonly unique: boolean;
  /** Has the yardstick of one-row inserts too. */
  readonly durable: boolean;
  /** Requests in one operation. */
  readonly requests: number;
  /** By the ends of their paths: how the bare server tells requests apart. The first that fits counts. */
  readonly suffixes: readonly string[];
  /** Runs on the people of a graph, or on very many links, whose caches take longer to warm up. */
  readonly crowd: boolean;
  /** Of its capacity, at which latency is measured; half of it by default. */
  readonly loadShare?: number;
  /** Has the yardstick of nginx too, which redirects there whatever it is asked for. */
  readonly redirectsTo?: string;
  /** Reads home timelines, so that it is of interest where these came from. */
  readonly homeReads: boolean;
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
  ): Scenario => ({
    ...{ name, purpose, mix: { ...mix, operations }, unique, durable, suffixes },
    ...{ requests: suffixes.length, crowd: false, homeReads: name === 'feed' },
  });

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

export function get(path: string): HttpRequest {
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

export const WRITE: HttpRequest = {
  method: 'POST',
  path: `${API}/posts`,
  body: JSON.stringify({ text: POST_TEXT }),
};
