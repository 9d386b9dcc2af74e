/** Makes the people of a town, each with a session: in the database, because to sign up takes a password hash, and thousands of them minutes. */
import type { Clock, Randomness } from '../core/clock.ts';
import type { Id } from '../core/ids.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import { seededUser } from '../seed/seeded-content.ts';
import { bulkLoadSessions, bulkSessionId } from '../systems/accounts/sessions/bulk-load.ts';
import { createSessionToken } from '../systems/accounts/sessions/session-token.ts';
import { bulkLoadUsers } from '../systems/accounts/users/bulk-load.ts';
import type { Person } from './ride-calls.ts';

export interface TownPeopleDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

export interface TownPeople {
  readonly drivers: readonly Person[];
  readonly riders: readonly Person[];
}

const SESSION_MS = 24 * 3_600_000;

/** `prefix`: of their names, which tells the people of one simulation from those of others. */
export async function makeTownPeople(
  { sql, clock, randomness }: TownPeopleDeps,
  { prefix, drivers, riders }: { readonly prefix: string; readonly drivers: number; readonly riders: number },
): Promise<TownPeople> {
  const users = [...names('d', drivers), ...names('r', riders)].map((name) => seededUser(name, `${prefix}_`));
  await bulkLoadUsers(sql, users);
  const people = await signIn(
    { sql, clock, randomness },
    users.map(({ userId }) => userId),
  );
  return { drivers: people.slice(0, drivers), riders: people.slice(drivers) };
}

/** A session of a day for each of them, without the password hash that it takes to sign in. */
export async function signIn(
  { sql, clock, randomness }: TownPeopleDeps,
  userIds: readonly Id[],
): Promise<Person[]> {
  const nowMs = clock.nowMs();
  const [createdAt, expiresAt] = [new Date(nowMs), new Date(nowMs + SESSION_MS)];
  const sessions = userIds.map((userId, index) => ({
    ...{ sessionId: bulkSessionId(index, nowMs), userId, token: createSessionToken(randomness) },
    ...{ createdAt, expiresAt },
  }));
  await bulkLoadSessions(sql, sessions);
  return sessions.map(({ userId, token }) => ({ userId: String(userId), token }));
}

function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${kind}${number}`);
}
