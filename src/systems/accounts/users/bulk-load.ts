/**
 * Loads many users at once, for seeds. They have no password, so they cannot sign in until an administrator makes
 * them a link to set one.
 */
import { batchesOf } from '../../../core/batches.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { checkUsername, usernameKey } from './username.ts';
import { BULK_TARGET, existingUserIds } from './users-queries.ts';

export interface BulkUser {
  /** Made by the caller, as a bulk writer: the same user has the same id each time it is loaded. */
  readonly userId: Id;
  readonly username: string;
  readonly displayName: string;
  readonly bio?: string;
  readonly locked?: boolean;
}

export interface BulkLoaded {
  readonly inserted: number;
  /** There before, and left as they are. */
  readonly present: number;
}

/** Users looked for and copied at a time; each batch is a transaction of its own. */
export const BULK_BATCH = 10_000;

/**
 * Inserts the users whose ids are not there yet. A load that was cut off is completed by running it again. Fails
 * with `conflict` when a name is that of a user with another id. No events: nobody is to be told.
 */
export async function bulkLoadUsers(
  sql: SqlStore,
  rows: AsyncIterable<BulkUser> | Iterable<BulkUser>,
): Promise<BulkLoaded> {
  let inserted = 0;
  let present = 0;
  for await (const batch of batchesOf(rows, BULK_BATCH)) {
    const existing = await sql.query(existingUserIds, [batch.map(({ userId }) => userId)]);
    const known = new Set(existing.map((row) => row.user_id));
    const missing = batch.filter(({ userId }) => !known.has(userId));
    if (missing.length > 0) await sql.copyIn(BULK_TARGET, missing.map(copyLine));
    inserted += missing.length;
    present += known.size;
  }
  return { inserted, present };
}

/** In COPY text format, in the order of `BULK_TARGET`. */
function copyLine({ userId, username, displayName, bio = '', locked = false }: BulkUser): string {
  checkUsername(username);
  const fields = [userId, shardOf(userId), username, usernameKey(username), displayName, bio, locked];
  return fields.map((field) => escapeField(String(field))).join('\t');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeField(text: string): string {
  return text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
