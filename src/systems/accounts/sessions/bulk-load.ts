/** Starts many sessions at once, for benchmarks: signing in costs a password hash each, which takes the time of an hour. */
import { batchesOf } from '../../../core/batches.ts';
import { assert } from '../../../core/errors.ts';
import {
  composeId,
  FIRST_BULK_WRITER,
  IDS_PER_MS_PER_WRITER,
  type Id,
  shardOf,
  WRITERS_MAX,
} from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { hashToken, isSessionToken } from './session-token.ts';
import { BULK_TARGET } from './sessions-queries.ts';

export interface BulkSession {
  /** Made by the caller, as a bulk writer. */
  readonly sessionId: Id;
  readonly userId: Id;
  /** Made by the caller and kept there: only its hash is stored. */
  readonly token: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Sessions copied at a time; each batch is a transaction of its own. */
export const BULK_BATCH = 10_000;

/**
 * Inserts the sessions and answers how many. Fails with `conflict` when an id or a token is there already. Who has
 * more sessions than is allowed loses the surplus at the next sign-in.
 */
export async function bulkLoadSessions(
  sql: SqlStore,
  sessions: AsyncIterable<BulkSession> | Iterable<BulkSession>,
): Promise<number> {
  let inserted = 0;
  for await (const batch of batchesOf(sessions, BULK_BATCH)) {
    await sql.copyIn(BULK_TARGET, batch.map(copyLine));
    inserted += batch.length;
  }
  return inserted;
}

/** Ids that bulk writers can make in a millisecond. */
const BULK_IDS_PER_MS = (WRITERS_MAX - FIRST_BULK_WRITER) * IDS_PER_MS_PER_WRITER;

/** For the session `index` of a load: back from now on, so that no later load has the same. */
export function bulkSessionId(index: number, nowMs: number): Id {
  const place = index % BULK_IDS_PER_MS;
  return composeId(
    nowMs - Math.floor(index / BULK_IDS_PER_MS),
    FIRST_BULK_WRITER + Math.floor(place / IDS_PER_MS_PER_WRITER),
    place % IDS_PER_MS_PER_WRITER,
  );
}

/** In COPY text format, in the order of `BULK_TARGET`. */
function copyLine({ sessionId, userId, token, createdAt, expiresAt }: BulkSession): string {
  assert(isSessionToken(token), 'a token to load is none');
  const created = createdAt.toISOString();
  // COPY takes the first backslash of a bytea's two for itself.
  const hash = `\\\\x${hashToken(token).toString('hex')}`;
  return [sessionId, shardOf(userId), userId, hash, created, created, expiresAt.toISOString()].join('\t');
}
