/** Accounts of people: made, found, changed, deleted. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, hasCode, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { UserRole } from '../../../core/principal.ts';
import type { FindUsers, GetUsers, User } from '../../../core/user.ts';
import type { EventLog, NewEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import {
  type SqlSession,
  type SqlStore,
  type SqlTransaction,
  UniqueViolation,
} from '../../../ports/sql-store/sql-store.ts';
import { checkEmail, emailKey, isEmail } from './email.ts';
import { createProfilePictures, type OwnPictures, type PictureChoices } from './profile-pictures.ts';
import { parseBio, parseDisplayName } from './profile-text.ts';
import { createUserCache, type UserCache } from './user-cache.ts';
import { userDeleted, userEvent } from './user-events.ts';
import { type Account, createUserRows, type UserRows, type UserRowsDeps } from './user-rows.ts';
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
  listUsers,
  pageAccounts,
  updateUser,
} from './users-queries.ts';

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
  readonly pictures?: PictureChoices;
}

export interface Users
  extends Pick<UserCache, 'getUsers' | 'listUsers' | 'cachedUser' | 'hear' | 'follow'>,
    Pick<UserRows, 'accountOf'> {
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
  /** Shows pictures of theirs that have been processed. */
  readonly subscription: Subscription;
}

export interface UsersDeps extends UserRowsDeps {
  readonly sql: SqlStore;
  readonly events: EventLog;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly ownPictures: OwnPictures;
  readonly isPrimaryAway?: () => boolean;
}

export function createUsers({ sql, events, ids, clock, ownPictures, ...deps }: UsersDeps): Users {
  const { userOf, accountOf } = createUserRows(deps);
  const cache = createUserCache({ ...deps, load: loadBy(getUsers), loadStale: loadBy(listUsers), clock });

  function loadBy(statement: typeof getUsers): GetUsers {
    return async (userIds) => {
      const rows = await sql.query(statement, [userIds]);
      return new Map(rows.map((row) => [row.user_id, userOf(row)]));
    };
  }

  async function announce(transaction: SqlTransaction, event: NewEvent, user?: User): Promise<void> {
    const written = cache.write(event.key);
    transaction.afterCommit(() => written(user));
    await events.append(transaction, [event]);
  }

  async function announceUpdated(transaction: SqlTransaction, row: AccountRow): Promise<void> {
    const user = userOf(row);
    await announce(transaction, userEvent('updated', user), row.suspended_at === null ? user : undefined);
  }

  const profilePictures = createProfilePictures({ ownPictures, announceUpdated });

  return {
    ...cache,
    accountOf,
    announce,
    subscription: profilePictures.subscription,

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
      const row = await writeAccount(() =>
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
      const user = userOf(row);
      await announce(transaction, userEvent('created', user), user);
      return accountOf(row);
    },

    async update(transaction, userId, { displayName, bio, locked, email, pictures = {} }) {
      if (typeof email === 'string') checkEmail(email);
      const name = displayName === undefined ? undefined : parseDisplayName(displayName);
      const isSeen = await profilePictures.choose(transaction, userId, pictures);
      const row = await writeAccount(async () =>
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
      const isPublic = isSeen || [displayName, bio, locked].some((value) => value !== undefined);
      if (isPublic) await announceUpdated(transaction, row);
      return accountOf(row);
    },

    async erase(transaction, userId) {
      await profilePictures.releaseAll(transaction, userId);
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
async function writeAccount(write: () => Promise<AccountRow[]>): Promise<AccountRow> {
  const [row] = await write().catch((error: unknown) => {
    throw takenField(error);
  });
  if (row === undefined) throw notFound('user');
  return row;
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
