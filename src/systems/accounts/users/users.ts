/** Accounts of people: made, found, changed, deleted. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, hasCode, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { UserRole, UserTier } from '../../../core/principal.ts';
import type { FindUsers, User } from '../../../core/user.ts';
import type { EventLog, NewEvent } from '../../../ports/event-log/event-log.ts';
import {
  type SqlSession,
  type SqlStore,
  type SqlTransaction,
  UniqueViolation,
} from '../../../ports/sql-store/sql-store.ts';
import { checkEmail, emailKey, isEmail } from './email.ts';
import { parseBio, parseDisplayName } from './profile-text.ts';
import { createUserCache, type UserCache } from './user-cache.ts';
import { userDeleted, userEvent, userOfEvent } from './user-events.ts';
import { checkUsername, isUsername, usernameKey } from './username.ts';
import {
  type AccountRow,
  eraseUser,
  findAccount,
  findAccountByEmail,
  findUsers,
  getAccount,
  getAccounts,
  getUsernames,
  getUsers,
  insertUser,
  pageAccounts,
  type UserRow,
  updateUser,
} from './users-queries.ts';

/** A user with what only they themselves and the staff may see. */
export interface Account extends User {
  readonly email: string | null;
  readonly role: UserRole;
  readonly tier: UserTier;
  readonly suspendedAt: Date | null;
}

export interface NewUser {
  readonly username: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly role?: UserRole;
}

/** What is left out stays; an empty display name is the username again; a null address is removed. */
export interface UserChange {
  readonly displayName?: string | undefined;
  readonly bio?: string | undefined;
  readonly locked?: boolean | undefined;
  readonly email?: string | null | undefined;
}

export interface Users extends Pick<UserCache, 'getUsers' | 'cachedUser' | 'hear' | 'follow'> {
  readonly findUsers: FindUsers;
  /** Also of who is suspended or deleted. For the staff. */
  getUsernames(userIds: readonly Id[]): Promise<ReadonlyMap<Id, string>>;
  /** Also one that is suspended; `undefined` for one that is deleted or never was. */
  getAccount(userId: Id, session?: SqlSession): Promise<Account | undefined>;
  /** As `getAccount`, those that there are, in no certain order. */
  getAccounts(userIds: readonly Id[]): Promise<Account[]>;
  /** By name, whatever the case. */
  findAccount(username: string): Promise<Account | undefined>;
  findAccountByEmail(email: string): Promise<Account | undefined>;
  /** The newest first, those with ids below `before`. */
  pageAccounts(before: Id, limit: number): Promise<Account[]>;
  /** Fails with `invalid` or `conflict`, naming the field. Announces `users/created`. */
  create(transaction: SqlTransaction, user: NewUser): Promise<Account>;
  /**
   * Fails with `invalid`, `conflict`, or `not_found`. Announces `users/updated` if anything that others see is in
   * the change.
   */
  update(transaction: SqlTransaction, userId: Id, change: UserChange): Promise<Account>;
  /** Erases what the person wrote; the name stays taken. Announces `users/deleted`, so that others erase theirs. */
  erase(transaction: SqlTransaction, userId: Id): Promise<void>;
  /**
   * Tells everyone of what changed about the user. What is cached is, once it is committed, the user as everyone may
   * see them now, or forgotten.
   */
  announce(transaction: SqlTransaction, event: NewEvent, user?: User): Promise<void>;
}

export interface UsersDeps {
  readonly sql: SqlStore;
  readonly events: EventLog;
  readonly ids: IdGenerator;
  readonly clock: Clock;
}

export function createUsers({ sql, events, ids, clock }: UsersDeps): Users {
  const cache = createUserCache({ load, clock });

  async function load(userIds: readonly Id[]): Promise<ReadonlyMap<Id, User>> {
    const rows = await sql.query(getUsers, [userIds]);
    return new Map(rows.map((row) => [row.user_id, userOf(row)]));
  }

  async function announce(transaction: SqlTransaction, event: NewEvent, user?: User): Promise<void> {
    const written = cache.write(event.key);
    transaction.afterCommit(() => written(user));
    await events.append(transaction, [event]);
  }

  return {
    ...cache,
    announce,

    async findUsers(usernames) {
      const keys = [...new Set(usernames.filter(isUsername).map(usernameKey))];
      const rows = keys.length === 0 ? [] : await sql.query(findUsers, [keys]);
      return new Map(rows.map((row) => [usernameKey(row.username), userOf(row)]));
    },

    async getUsernames(userIds) {
      const unique = [...new Set(userIds)];
      const rows = unique.length === 0 ? [] : await sql.query(getUsernames, [unique]);
      return new Map(rows.map((row) => [row.user_id, row.username]));
    },

    async getAccount(userId, session = sql) {
      return (await session.query(getAccount, [userId])).map(accountOf)[0];
    },

    async getAccounts(userIds) {
      return (await sql.query(getAccounts, [userIds])).map(accountOf);
    },

    async findAccount(username) {
      if (!isUsername(username)) return undefined;
      return (await sql.query(findAccount, [usernameKey(username)])).map(accountOf)[0];
    },

    async findAccountByEmail(email) {
      if (!isEmail(email)) return undefined;
      return (await sql.query(findAccountByEmail, [emailKey(email)])).map(accountOf)[0];
    },

    async pageAccounts(before, limit) {
      return (await sql.query(pageAccounts, [before, limit])).map(accountOf);
    },

    async create(transaction, { username, displayName, email, role = 'user' }) {
      checkUsername(username);
      if (email !== undefined) checkEmail(email);
      const name = parseDisplayName(displayName ?? '') || username;
      const userId = ids.next();
      const account = await writeAccount(() =>
        transaction.query(insertUser, [
          userId,
          shardOf(userId),
          username,
          usernameKey(username),
          name,
          email ?? null,
          email === undefined ? null : emailKey(email),
          role,
        ]),
      );
      const event = userEvent('created', account);
      await announce(transaction, event, userOfEvent(event));
      return account;
    },

    async update(transaction, userId, { displayName, bio, locked, email }) {
      if (typeof email === 'string') checkEmail(email);
      const name = displayName === undefined ? undefined : parseDisplayName(displayName);
      const account = await writeAccount(async () =>
        transaction.query(updateUser, [
          userId,
          name === '' ? await usernameOf(transaction, userId) : (name ?? null),
          bio === undefined ? null : parseBio(bio),
          locked ?? null,
          email !== undefined,
          email ?? null,
          typeof email === 'string' ? emailKey(email) : null,
        ]),
      );
      const isPublic = [displayName, bio, locked].some((value) => value !== undefined);
      if (isPublic) {
        const event = userEvent('updated', account);
        await announce(transaction, event, account.suspendedAt === null ? userOfEvent(event) : undefined);
      }
      return account;
    },

    async erase(transaction, userId) {
      const erased = await transaction.query(eraseUser, [userId, new Date(clock.nowMs())]);
      if (erased.length === 0) throw notFound('user');
      await announce(transaction, userDeleted(userId));
    },
  };
}

async function usernameOf(transaction: SqlTransaction, userId: Id): Promise<string | null> {
  const [row] = await transaction.query(getAccount, [userId]);
  return row?.username ?? null;
}

/** The one row written. Fails with `conflict`, naming the field, for a name or address that is another's. */
async function writeAccount(write: () => Promise<AccountRow[]>): Promise<Account> {
  const [row] = await write().catch((error: unknown) => {
    throw takenField(error);
  });
  if (row === undefined) throw notFound('user');
  return accountOf(row);
}

const FIELDS_OF_CONSTRAINTS: Readonly<Record<string, { field: string; message: string }>> = {
  users_username_key: { field: 'username', message: 'is taken. Choose another name.' },
  users_email_key: {
    field: 'email',
    message: 'belongs to another account. Sign in there, or use another address.',
  },
};

function takenField(error: unknown): unknown {
  if (!hasCode(error, 'conflict') || !(error.cause instanceof UniqueViolation)) return error;
  const taken = FIELDS_OF_CONSTRAINTS[error.cause.constraint];
  if (taken === undefined) return error;
  const message = `${taken.field}: ${taken.message}`;
  return new AppError('conflict', message, { fields: [taken], cause: error, outcome: 'not_applied' });
}

export function userOf(row: UserRow): User {
  return {
    userId: row.user_id,
    username: row.username,
    displayName: row.display_name,
    bio: row.bio,
    avatarUrl: row.avatar_url,
    locked: row.locked,
  };
}

export function accountOf(row: AccountRow): Account {
  const { email, role, tier, suspended_at: suspendedAt } = row;
  return { ...userOf(row), email, role, tier, suspendedAt };
}
