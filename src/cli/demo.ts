/** What `serve --demo` begins with: some people and posts to look at, an account to look with, and one that moderates. */
import type { Clock, Randomness } from '../core/clock.ts';
import type { Id } from '../core/ids.ts';
import type { UserRole } from '../core/principal.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Product } from '../roles/compose.ts';
import { type FollowGraph, followerCounts, generateFollowGraph } from '../seed/follow-graph.ts';
import { seed } from '../seed/seed.ts';
import { type SeededUser, seededPost, seededUser } from '../seed/seeded-content.ts';
import { seedTarget } from './seed.ts';

export interface DemoAccount {
  readonly userId: Id;
  readonly username: string;
  readonly role: UserRole;
  /** Only when the account has just been made; nobody knows it afterwards. */
  readonly password: string | undefined;
}

export interface Demo {
  /** Who has an account to look with, and follows many of the people. */
  readonly reader: DemoAccount;
  readonly administrator: DemoAccount;
  /** The most followed first. */
  readonly people: readonly SeededUser[];
}

const GRAPH = { people: 300, followsMean: 12, seed: 42 };
const POSTS = 2_000;
const PREFIX = 'person_';
const READER = { username: 'demo', displayName: 'You', role: 'user' } as const;
const ADMINISTRATOR = {
  username: 'demo_admin',
  displayName: 'Administrator',
  role: 'administrator',
} as const;
const FOLLOWS = 25;
/** Whom one hears in the demo: those, and some more. */
const SPEAKERS = 36;
const PASSWORD_BYTES = 9;

/** Makes what is not there yet; a second start with `--demo` finds it all. */
export async function prepareDemo(
  ports: Ports,
  product: Product,
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
): Promise<Demo> {
  // So that the newest is of today: a page on which nobody has written for months looks broken.
  const writtenUntilMs = clock.nowMs();
  const { users, administration } = product.accounts;

  async function account(user: typeof READER | typeof ADMINISTRATOR): Promise<DemoAccount> {
    const { username, role } = user;
    const known = await users.findAccount(username);
    if (known !== undefined) return { userId: known.userId, username, role: known.role, password: undefined };
    const password = randomness.bytes(PASSWORD_BYTES).toString('base64url');
    const { userId } = await administration.createUser({ ...user, password });
    return { userId, username, role, password };
  }

  const graph = generateFollowGraph(GRAPH);
  const famous = mostFollowed(graph);
  // Before the account, whose being there says that the people are.
  if ((await users.findAccount(READER.username)) === undefined)
    await seed(seedTarget(ports), {
      graph,
      posts: POSTS,
      prefix: PREFIX,
      writtenUntilMs,
      onProgress: () => undefined,
    });
  const reader = await account(READER);
  if (reader.password !== undefined) await followAll(ports, product, famous.slice(0, FOLLOWS));
  const administrator = await account(ADMINISTRATOR);
  if (administrator.password !== undefined) await reportOne(ports, product, famous, writtenUntilMs);
  return { reader, administrator, people: famous.slice(0, SPEAKERS) };
}

/** The most followed first. */
function mostFollowed(graph: FollowGraph): SeededUser[] {
  const counts = followerCounts(graph);
  return [...graph.labels]
    .sort((left, right) => (counts[Number(right)] ?? 0) - (counts[Number(left)] ?? 0))
    .map((label) => seededUser(label, PREFIX));
}

async function followAll(
  { sql }: Ports,
  { accounts, feed }: Product,
  people: readonly SeededUser[],
): Promise<void> {
  const reader = await accounts.users.findAccount(READER.username);
  if (reader === undefined) return;
  for (const { userId } of people) {
    const target = await feed.relationships.getTarget(userId);
    await sql.transaction((transaction) => feed.follows.follow(transaction, reader.userId, target));
  }
}

/** So that whoever moderates has something to decide. */
async function reportOne(
  { sql }: Ports,
  { accounts, feed }: Product,
  people: readonly SeededUser[],
  writtenUntilMs: number,
): Promise<void> {
  const [author, reporter] = people;
  if (author === undefined || reporter === undefined) return;
  const { postId } = seededPost(author, 0, writtenUntilMs);
  if (!(await feed.posts.isVisible(reporter.userId, postId))) return;
  const report = { postId, reason: 'spam', comment: 'The same again and again.' };
  await sql.transaction((transaction) => accounts.reports.create(transaction, reporter.userId, report));
}
