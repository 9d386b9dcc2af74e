/** What `serve --demo` begins with: some people and posts to look at, and an account to look with. */
import type { Randomness } from '../core/clock.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Product } from '../roles/compose.ts';
import { followerCounts, generateFollowGraph } from '../seed/follow-graph.ts';
import { seed } from '../seed/seed.ts';
import { seededUser } from '../seed/seeded-content.ts';
import { seedTarget } from './seed.ts';

export interface DemoAccount {
  readonly username: string;
  /** Only when the account has just been made; nobody knows it afterwards. */
  readonly password: string | undefined;
}

const GRAPH = { people: 300, followsMean: 12, seed: 42 };
const POSTS = 2_000;
const PREFIX = 'person_';
const USERNAME = 'demo';
const FOLLOWS = 25;
const PASSWORD_BYTES = 9;

/** Makes what is not there yet; a second start with `--demo` finds it all. */
export async function prepareDemo(
  ports: Ports,
  product: Product,
  randomness: Randomness,
): Promise<DemoAccount> {
  const { users, administration } = product.accounts;
  const known = await users.findAccount(USERNAME);
  if (known !== undefined) return { username: USERNAME, password: undefined };
  const graph = generateFollowGraph(GRAPH);
  await seed(seedTarget(ports), { graph, posts: POSTS, prefix: PREFIX, onProgress: () => undefined });
  const password = randomness.bytes(PASSWORD_BYTES).toString('base64url');
  const account = await administration.createUser({ username: USERNAME, displayName: 'You', password });
  const counts = followerCounts(graph);
  const byFame = [...graph.labels].sort(
    (left, right) => (counts[Number(right)] ?? 0) - (counts[Number(left)] ?? 0),
  );
  for (const label of byFame.slice(0, FOLLOWS)) {
    const target = await product.feed.relationships.getTarget(seededUser(label, PREFIX).userId);
    await ports.sql.transaction((transaction) =>
      product.feed.follows.follow(transaction, account.userId, target),
    );
  }
  return { username: USERNAME, password };
}
