/** What people do to their own account. */
import { AppError, invalidField } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Principal } from '../../core/principal.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import type { ApiKeys } from './api-keys/api-keys.ts';
import type { Credentials, PasswordChange } from './credentials/credentials.ts';
import type { PasswordResets } from './credentials/password-resets.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Account } from './users/user-rows.ts';
import type { UserChange, Users } from './users/users.ts';

export interface OwnAccount {
  get(userId: Id): Promise<Account>;
  /** Checks the current password and hashes the new one. Fails with `invalid`. */
  preparePassword(userId: Id, current: string | undefined, password: string): Promise<PasswordChange>;
  /** With a new password, all sessions but the caller's end. Fails with `invalid` or `conflict`. */
  change(
    transaction: SqlTransaction,
    caller: Principal,
    change: UserChange,
    password: PasswordChange | undefined,
  ): Promise<Account>;
  /** Fails with `invalid` if the password is not the user's. */
  checkPassword(userId: Id, password: string): Promise<void>;
  /** Ends all sessions and API keys and erases the person's data; the name stays taken. */
  close(transaction: SqlTransaction, userId: Id): Promise<void>;
}

export interface OwnAccountDeps {
  readonly users: Users;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly passwordResets: PasswordResets;
  readonly apiKeys: ApiKeys;
}

export function createOwnAccount({
  users,
  credentials,
  sessions,
  passwordResets,
  apiKeys,
}: OwnAccountDeps): OwnAccount {
  async function get(userId: Id): Promise<Account> {
    const account = await users.getAccount(userId);
    if (account === undefined) throw gone();
    return account;
  }

  return {
    get,

    async preparePassword(userId, current, password) {
      return credentials.prepareChange(await get(userId), current, password);
    },

    async change(transaction, { userId, sessionId }, change, password) {
      const account = await users.update(transaction, userId, change);
      if (password !== undefined) {
        await credentials.change(transaction, userId, password);
        await passwordResets.erase(transaction, userId);
        await sessions.endAll(transaction, userId, sessionId);
      }
      return account;
    },

    async checkPassword(userId, password) {
      if (!(await credentials.verify(userId, password))) {
        throw invalidField('password', 'is wrong.');
      }
    },

    async close(transaction, userId) {
      await users.erase(transaction, userId);
      await credentials.erase(transaction, userId);
      await passwordResets.erase(transaction, userId);
      await apiKeys.erase(transaction, userId);
      await sessions.endAll(transaction, userId);
    },
  };
}

/** The session was good a moment ago. */
function gone(): AppError {
  return new AppError('unauthenticated', 'This account was deleted.');
}
