/** Fills a database with the people of a follow graph, what they wrote, and a session for each. */

import { createHmac } from 'node:crypto';
import type { Clock, Randomness } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { FollowGraph } from '../../seed/follow-graph.ts';
import { type SeedTarget, seed } from '../../seed/seed.ts';
import { seededUser } from '../../seed/seeded-content.ts';
import {
  type BulkSession,
  bulkLoadSessions,
  bulkSessionId,
} from '../../systems/accounts/sessions/bulk-load.ts';
import { createSessionToken } from '../../systems/accounts/sessions/session-token.ts';
import { type Crowd, createCrowd, type Star } from './crowd.ts';
import { type CrowdNote, newTokenKey, writeCrowdNote } from './crowd-folder.ts';
import { STAR, starFollows } from './star.ts';

export interface CrowdPlan {
  readonly graph: FollowGraph;
  readonly posts: number;
  /** 0: there need not be a star. */
  readonly starFollowers: number;
  readonly seed: number;
  /** Where the data and the note about it are. */
  readonly folder: string;
  readonly note: CrowdNote;
  readonly onProgress: (text: string) => void;
}

export interface CrowdDeps {
  readonly sql: SqlStore;
  readonly target: SeedTarget;
  /** Called after a load: tidies up what would be tidied up during the bench. */
  readonly vacuum: () => Promise<void>;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

const PREFIX = 'person_';
const DAY_MS = 24 * 3_600_000;
const SESSION_MS = 60 * DAY_MS;

/** Loads what is not there yet. */
export async function prepareCrowd(deps: CrowdDeps, plan: CrowdPlan): Promise<Crowd> {
  const { graph, folder, note, onProgress } = plan;
  const users = graph.labels.map((label) => seededUser(label, PREFIX));
  const userIds = users.map(({ userId }) => userId);
  if (!note.complete) await loadGraph(deps, plan);
  const star = seededUser(STAR, PREFIX);
  const starFollowers = Math.max(note.starFollowers, plan.starFollowers);
  if (starFollowers > note.starFollowers) {
    onProgress('the followers of the star');
    await deps.target.loadUsers([star]);
    await deps.target.loadFollows(starFollows(star, userIds, starFollowers));
  }
  onProgress('sessions');
  const readerIds = starFollowers === 0 ? userIds : [...userIds, star.userId];
  const known = starFollowers === note.starFollowers ? note : { ...note, sessionsExpireMs: 0 };
  const signedIn = await renewSessions(deps, known, readerIds);
  if (signedIn !== note) {
    onProgress('vacuum');
    await deps.vacuum();
  }
  await writeCrowdNote(folder, { ...signedIn, starFollowers, complete: true });
  const tokenOf = tokensBy(signedIn.tokenKey);
  const shining: Star | undefined =
    starFollowers === 0 ? undefined : { token: tokenOf(star.userId), followers: starFollowers };
  return createCrowd({ graph, userIds, tokenOf, star: shining, seed: plan.seed });
}

async function loadGraph({ target }: CrowdDeps, { graph, posts, onProgress }: CrowdPlan): Promise<void> {
  await seed(target, {
    graph,
    posts,
    prefix: PREFIX,
    onProgress: (fraction, what) => onProgress(`${what}: ${Math.floor(fraction * 100)} %`),
  });
}

/** All anew when those that there are end within a day: with another key, for a token must not be there twice. */
async function renewSessions(
  { sql, clock, randomness }: CrowdDeps,
  note: CrowdNote,
  userIds: readonly Id[],
): Promise<CrowdNote> {
  const nowMs = clock.nowMs();
  if (note.sessionsExpireMs > nowMs + DAY_MS) return note;
  const renewed = {
    ...note,
    tokenKey: newTokenKey(randomness),
    sessionsExpireMs: nowMs + SESSION_MS,
  };
  await bulkLoadSessions(sql, sessionsOf(userIds, nowMs, renewed));
  return renewed;
}

function* sessionsOf(userIds: readonly Id[], nowMs: number, note: CrowdNote): Generator<BulkSession> {
  const tokenOf = tokensBy(note.tokenKey);
  const createdAt = new Date(nowMs);
  const expiresAt = new Date(note.sessionsExpireMs);
  for (const [index, userId] of userIds.entries()) {
    yield { sessionId: bulkSessionId(index, nowMs), userId, token: tokenOf(userId), createdAt, expiresAt };
  }
}

/** Tokens that follow from a key need not be kept by the ten thousand. */
function tokensBy(tokenKey: string): (userId: Id) => string {
  const key = Buffer.from(tokenKey, 'base64');
  return (userId) =>
    createSessionToken({ bytes: () => createHmac('sha256', key).update(String(userId)).digest() });
}
