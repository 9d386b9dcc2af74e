/** How accounts begin. */
import { AppError } from '../../core/errors.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import type { Credentials } from './credentials/credentials.ts';
import type { Client, NewSession, Sessions } from './sessions/sessions.ts';
import type { Account } from './users/user-rows.ts';
import type { NewUser, Users } from './users/users.ts';

export interface Registered {
  readonly account: Account;
  readonly session: NewSession;
}

export interface Registration {
  /** Whether anybody may make an account. */
  readonly isOpen: boolean;
  /** Hashes the password of a new user. Fails with `forbidden` where registration is closed, or with `invalid`. */
  prepare(username: string, password: string): Promise<string>;
  /** Creates the account and signs it in. Fails with `conflict` or `invalid`, naming the field. */
  register(
    transaction: SqlTransaction,
    user: NewUser,
    passwordHash: string,
    client: Client,
  ): Promise<Registered>;
}

export interface RegistrationDeps {
  readonly users: Users;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  /** Closed: only administrators create accounts, by the command line. */
  readonly registration: 'open' | 'closed';
}

export function createRegistration(deps: RegistrationDeps): Registration {
  const { users, credentials, sessions, registration } = deps;
  const isOpen = registration === 'open';
  return {
    isOpen,

    async prepare(username, password) {
      if (!isOpen) throw registrationClosed();
      return credentials.hash(password, username);
    },

    async register(transaction, user, passwordHash, client) {
      const account = await users.create(transaction, user);
      await credentials.create(transaction, account.userId, passwordHash);
      const session = await sessions.start(transaction, account.userId, passwordHash, client);
      return { account, session };
    },
  };
}

function registrationClosed(): AppError {
  return new AppError(
    'forbidden',
    'Registration is closed. Ask the people who run this server for an account.',
  );
}
