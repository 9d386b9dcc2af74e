/** Who proves to be who: passwords of accounts, checked and changed. Hashing is never done inside a transaction. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Account, UserRows } from '../users/user-rows.ts';
import { isUsername, usernameKey } from '../users/username.ts';
import {
  deleteCredentials,
  findCredentials,
  getPasswordHash,
  insertCredentials,
  putPasswordHash,
  replacePasswordHash,
} from './credentials-queries.ts';
import { checkPassword, type Passwords } from './password.ts';

/** An account and the hash against which its password has just been checked. */
export interface CheckedAccount {
  readonly account: Account;
  readonly passwordHash: string;
}

/** A change of password, ready to be written. */
export interface PasswordChange {
  readonly passwordHash: string;
  /** Of the password that was right when it was checked. */
  readonly checkedHash: string;
}

export interface Credentials {
  /**
   * The account of this name and password. Fails with `unauthenticated`, in the same words and after the same
   * time, for an unknown name and a wrong password; with `forbidden` for a suspended account, if the password is right.
   */
  check(username: string, password: string): Promise<CheckedAccount>;
  /** Whether this is the user's password now. */
  verify(userId: Id, password: string): Promise<boolean>;
  /** The hash of a password that is good enough for a user of this name. Fails with `invalid`. */
  hash(password: string, username: string): Promise<string>;
  create(transaction: SqlTransaction, userId: Id, passwordHash: string): Promise<void>;
  /** Checks the current and hashes the new password. Fails with `invalid`. */
  prepareChange(account: Account, current: string | undefined, password: string): Promise<PasswordChange>;
  /** Fails with `conflict` when the password was changed since the check. The sessions are the caller's to end. */
  change(transaction: SqlTransaction, userId: Id, change: PasswordChange): Promise<void>;
  /** Sets a password, whatever it was before. */
  set(transaction: SqlTransaction, userId: Id, passwordHash: string): Promise<void>;
  erase(transaction: SqlTransaction, userId: Id): Promise<void>;
}

export interface CredentialsDeps {
  readonly sql: SqlStore;
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly accountOf: UserRows['accountOf'];
}

export function createCredentials({ sql, passwords, clock, accountOf }: CredentialsDeps): Credentials {
  const now = (): Date => new Date(clock.nowMs());

  async function passwordHashOf(userId: Id): Promise<string | undefined> {
    const [row] = await sql.query(getPasswordHash, [userId]);
    return row?.password_hash;
  }

  return {
    async check(username, password) {
      const [row] = isUsername(username) ? await sql.query(findCredentials, [usernameKey(username)]) : [];
      const passwordHash = row?.password_hash ?? undefined;
      const right = await passwords.verify(passwordHash, password);
      if (row === undefined || passwordHash === undefined || !right) throw wrongPassword();
      const account = accountOf(row);
      if (account.suspendedAt !== null) throw suspended();
      return { account, passwordHash };
    },

    async verify(userId, password) {
      return passwords.verify(await passwordHashOf(userId), password);
    },

    async hash(password, username) {
      checkPassword(password, username);
      return passwords.hash(password);
    },

    async create(transaction, userId, passwordHash) {
      await transaction.query(insertCredentials, [userId, shardOf(userId), passwordHash, now()]);
    },

    async prepareChange({ userId, username }, current, password) {
      checkPassword(password, username);
      if (current === undefined) throw invalidField('current_password', 'is needed to set a new password.');
      const checkedHash = await passwordHashOf(userId);
      const right = await passwords.verify(checkedHash, current);
      if (checkedHash === undefined || !right) {
        throw invalidField('current_password', 'is wrong.');
      }
      return { passwordHash: await passwords.hash(password), checkedHash };
    },

    async change(transaction, userId, { passwordHash, checkedHash }) {
      const replaced = await transaction.query(replacePasswordHash, [
        userId,
        passwordHash,
        now(),
        checkedHash,
      ]);
      if (replaced.length === 0) throw changedMeanwhile();
    },

    async set(transaction, userId, passwordHash) {
      await transaction.query(putPasswordHash, [userId, shardOf(userId), passwordHash, now()]);
    },

    async erase(transaction, userId) {
      await transaction.query(deleteCredentials, [userId]);
    },
  };
}

function wrongPassword(): AppError {
  return new AppError('unauthenticated', 'The username or the password is wrong.');
}

function suspended(): AppError {
  return new AppError('forbidden', 'This account is suspended. Contact the people who run this server.');
}

function changedMeanwhile(): AppError {
  return new AppError('conflict', 'The password was changed by another request. Sign in with the new one.', {
    outcome: 'not_applied',
  });
}
