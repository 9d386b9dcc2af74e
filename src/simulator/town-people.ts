/** Makes the people of a town, each with a session: in the database, because to sign up takes a password hash, and thousands of them minutes. */
import type { Clock, Randomness } from '../core/clock.ts';
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
  const nowMs = clock.nowMs();
  const [createdAt, expiresAt] = [new Date(nowMs), new Date(nowMs + SESSION_MS)];
  const sessions = users.map(({ userId }, index) => ({
    ...{ sessionId: bulkSessionId(index, nowMs), userId, token: createSessionToken(randomness) },
    ...{ createdAt, expiresAt },
  }));
  await bulkLoadSessions(sql, sessions);
  const people = sessions.map(({ userId, token }) => ({ userId: String(userId), token }));
  return { drivers: people.slice(0, drivers), riders: people.slice(drivers) };
}

function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${kind}${number}`);
}
