/** Keys by which a user lets programs act for them, each limited to scopes. Decision 18. */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, assert, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Scope } from '../../../core/scope.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { hashToken } from '../sessions/session-token.ts';
import { parseLine } from '../text.ts';
import { createApiKey, shownPrefixOf } from './api-key-token.ts';
import {
  type ApiKeyRow,
  deleteApiKey,
  deleteApiKeysOf,
  deleteExpiredApiKeys,
  insertApiKey,
  listApiKeys,
  lockApiKeyOwner,
} from './api-keys-queries.ts';

export const API_KEYS_PER_USER_MAX = 50;
export const API_KEY_NAME_GRAPHEMES_MAX = 100;
/** One that has expired is still listed for so long, so that its owner learns why a program stopped. */
export const EXPIRED_KEPT_MS = 30 * 24 * 3_600_000;
const EXPIRED_BATCH = 1_000;

export interface ApiKey {
  readonly apiKeyId: Id;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** How it begins. */
  readonly prefix: string;
  readonly createdAt: Date;
  /** Late by up to five minutes. */
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface NewApiKey extends ApiKey {
  /** Shown once: only its hash is stored. */
  readonly key: string;
}

export interface ApiKeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}

export interface ApiKeys {
  /**
   * Fails with `invalid` for an empty name or a time that has passed, `conflict` when the user has as many as are
   * allowed, `unauthenticated` when the account was suspended or deleted meanwhile.
   */
  create(transaction: SqlTransaction, userId: Id, request: ApiKeyRequest): Promise<NewApiKey>;
  /** All of the user's, the newest first. */
  list(userId: Id): Promise<ApiKey[]>;
  /** Refused everywhere within a second. Fails with `not_found` for one that is not the user's. */
  delete(transaction: SqlTransaction, userId: Id, apiKeyId: Id): Promise<void>;
  /** Deletes all of the user's. */
  erase(transaction: SqlTransaction, userId: Id): Promise<void>;
  /** Removes a batch of those that expired long ago; answers how many. */
  deleteExpired(): Promise<number>;
}

export interface ApiKeysDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Called after the commit of whatever ends a key of the user. */
  readonly revoked: (userId: Id) => void;
}

export function createApiKeys({ sql, ids, clock, randomness, revoked }: ApiKeysDeps): ApiKeys {
  return {
    async create(transaction, userId, { name, scopes, expiresAt }) {
      const parsedName = parseName(name);
      const createdAt = new Date(clock.nowMs());
      if (expiresAt !== null && expiresAt <= createdAt) {
        throw invalidField(
          'expires_at',
          'must be in the future. Leave it out for a key that does not expire.',
        );
      }
      const [owner] = await transaction.query(lockApiKeyOwner, [userId]);
      if (owner === undefined) throw accountChanged();
      const key = createApiKey(randomness);
      const [row] = await transaction.query(insertApiKey, [
        ids.next(),
        shardOf(userId),
        userId,
        parsedName,
        [...new Set(scopes)].sort(),
        shownPrefixOf(key),
        hashToken(key),
        createdAt,
        expiresAt,
        API_KEYS_PER_USER_MAX,
      ]);
      if (row === undefined) throw tooMany();
      return { ...apiKeyOf(row), key };
    },

    async list(userId) {
      const rows = await sql.query(listApiKeys, [userId]);
      return rows.map(apiKeyOf);
    },

    async delete(transaction, userId, apiKeyId) {
      const deleted = await transaction.query(deleteApiKey, [userId, apiKeyId]);
      if (deleted.length === 0) throw notFound('API key of yours');
      transaction.afterCommit(() => revoked(userId));
    },

    async erase(transaction, userId) {
      await transaction.query(deleteApiKeysOf, [userId]);
      transaction.afterCommit(() => revoked(userId));
    },

    async deleteExpired() {
      const [row] = await sql.query(deleteExpiredApiKeys, [
        new Date(clock.nowMs() - EXPIRED_KEPT_MS),
        EXPIRED_BATCH,
      ]);
      assert(row !== undefined, 'a count has one row');
      return row.deleted;
    },
  };
}

function parseName(text: string): string {
  const name = parseLine('name', text, API_KEY_NAME_GRAPHEMES_MAX);
  if (name === '') throw invalidField('name', 'must say what the key is for.');
  return name;
}

function accountChanged(): AppError {
  return new AppError('unauthenticated', 'The account has just changed. Sign in again.', {
    outcome: 'not_applied',
  });
}

function tooMany(): AppError {
  const message = `You have ${API_KEYS_PER_USER_MAX} API keys, which is as many as are allowed. Delete one first.`;
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function apiKeyOf(row: ApiKeyRow): ApiKey {
  return {
    apiKeyId: row.api_key_id,
    name: row.name,
    scopes: row.scopes,
    prefix: row.prefix,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  };
}
