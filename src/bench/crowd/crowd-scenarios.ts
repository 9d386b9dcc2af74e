/** What the people of a follow graph do, as loads. */

import type { OperationKind } from '../request-mix.ts';
import { type CrowdScenarioName, get, type Scenario, WRITE } from '../scenarios.ts';
import type { Crowd } from './crowd.ts';

export const HOME_PATH = '/feed?limit=20';
const PROFILE_SUFFIX = '/posts?limit=20';
const POST_SUFFIX = '/posts';

/** The shares of DeathStarBench's social network (Gan et al., ASPLOS 2019): home, profile, post. */
const PROFILE_SHARE = 0.3;
const POST_SHARE = 0.1;

/** Readers are drawn from all people of the graph, and what they look at by fame. */
export function createCrowdScenarios(crowd: Crowd, skew: number): Scenario[] {
  const tokens = crowd.readerTokens;
  const home = [[get(HOME_PATH)]];
  const profiles = crowd.byFame.map((person) => [get(`/users/${crowd.userId(person)}${PROFILE_SUFFIX}`)]);
  const posts = [[WRITE]];

  const scenario = (
    name: CrowdScenarioName,
    purpose: string,
    operations: Scenario['mix']['operations'],
    suffixes: readonly string[],
    others: readonly OperationKind[] = [],
  ): Scenario => ({
    ...{ name, purpose, mix: { skew, tokens, operations, others }, suffixes },
    ...{ unique: true, durable: name === 'crowd-posts', requests: 1, crowd: true },
    homeReads: operations === home,
  });

  const posting = { share: POST_SHARE, operations: posts };
  return [
    scenario(
      'home',
      'GET /feed, with posts in the background: 1 in 10',
      home,
      [HOME_PATH, POST_SUFFIX],
      [{ ...posting, background: true }],
    ),
    scenario('home-alone', 'GET /feed and nothing else', home, [HOME_PATH]),
    scenario('profile-posts', 'GET /users/{user_id}/posts', profiles, [PROFILE_SUFFIX]),
    scenario('crowd-posts', 'POST /posts', posts, [POST_SUFFIX]),
    scenario(
      'mix',
      '60 % GET /feed, 30 % GET /users/{user_id}/posts, 10 % POST /posts',
      home,
      [HOME_PATH, PROFILE_SUFFIX, POST_SUFFIX],
      [{ share: PROFILE_SHARE, operations: profiles }, posting],
    ),
  ];
}
