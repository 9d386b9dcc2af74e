/**
 * New passwords for who forgot theirs: a secret goes to the account's address by mail, once used it is gone, and so
 * are all sessions. Only its hash is stored, so the mail is sent from memory, after the commit: a crash in between
 * loses it, and the person asks again.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { Mailer } from '../../../ports/mailer/mailer.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { hashToken } from '../sessions/session-token.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Account } from '../users/user-rows.ts';
import type { Users } from '../users/users.ts';
import { lockAccount } from '../users/users-queries.ts';
import type { Credentials } from './credentials.ts';
import {
  countPasswordResets,
  deleteExpiredPasswordResets,
  deletePasswordResets,
  getPasswordReset,
  insertPasswordReset,
  takePasswordReset,
} from './password-resets-queries.ts';

export const PASSWORD_RESET_MS = 3_600_000;
/** Secrets of one account that are good at the same time, hence mails an hour that a stranger can cause. */
export const OUTSTANDING_MAX = 3;
/** Requests whose mail is on its way; the next is refused, whoever it is for. */
export const PENDING_MAX = 100;
const TOKEN_BYTES = 32;
const EXPIRED_BATCH = 1_000;

export interface PreparedReset {
  readonly tokenHash: Buffer;
  readonly passwordHash: string;
}

export interface PasswordResets {
  /**
   * Looks for the account of this name or address and mails a secret, after it has returned: so nobody can tell, not
   * even by the time it takes, whether there is one. Fails with `unavailable` when too many are under way.
   */
  request(usernameOrEmail: string): void;
  /** A secret for the account, or `undefined` when enough are outstanding. For mail, and for administrators. */
  create(userId: Id): Promise<string | undefined>;
  /** Fails with `not_found` for a secret that is unknown, used or expired, with `invalid` for a weak password. */
  prepare(token: string, password: string): Promise<PreparedReset>;
  /** Sets the password and ends all sessions. Fails with `not_found` when the secret was used since. */
  use(transaction: SqlTransaction, reset: PreparedReset | undefined): Promise<void>;
  erase(transaction: SqlTransaction, userId: Id): Promise<void>;
  /** Removes a batch of those that have expired; answers how many. Call again while there are many. */
  deleteExpired(): Promise<number>;
  /** Waits for mail that is on its way. */
  close(): Promise<void>;
}

export interface PasswordResetsDeps {
  readonly sql: SqlStore;
  readonly users: Users;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Where people reach this server, without a slash at the end; known once it listens. */
  readonly publicUrl: () => string;
}

export function createPasswordResets(deps: PasswordResetsDeps): PasswordResets {
  const { sql, users, credentials, sessions, mailer, clock, randomness, log, publicUrl } = deps;
  const pending = new Set<Promise<void>>();
  const now = (): Date => new Date(clock.nowMs());

  async function create(userId: Id): Promise<string | undefined> {
    const token = randomness.bytes(TOKEN_BYTES).toString('base64url');
    return sql.transaction(async (transaction) => {
      const [account] = await transaction.query(lockAccount, [userId]);
      const [row] = await transaction.query(countPasswordResets, [userId, now()]);
      if (account === undefined || (row?.outstanding ?? 0) >= OUTSTANDING_MAX) return undefined;
      const expiresAt = new Date(clock.nowMs() + PASSWORD_RESET_MS);
      await transaction.query(insertPasswordReset, [hashToken(token), shardOf(userId), userId, expiresAt]);
      return token;
    });
  }

  async function sendMail(usernameOrEmail: string): Promise<void> {
    const isAddress = usernameOrEmail.includes('@');
    const account = await (isAddress
      ? users.findAccountByEmail(usernameOrEmail)
      : users.findAccount(usernameOrEmail));
    if (account === undefined || account.email === null) return;
    const token = await create(account.userId);
    if (token === undefined) {
      log.info({ user_id: account.userId }, 'enough password resets are outstanding: no mail sent');
      return;
    }
    await mailer.send({ to: account.email, ...resetMail(account, token, publicUrl()) });
  }

  return {
    create,

    request(usernameOrEmail) {
      if (pending.size >= PENDING_MAX) throw tooManyPending();
      const work = sendMail(usernameOrEmail)
        .catch((error: unknown) => log.error({ err: error }, 'a password reset could not be mailed'))
        .finally(() => pending.delete(work));
      pending.add(work);
    },

    async prepare(token, password) {
      const tokenHash = hashToken(token);
      const [reset] = await sql.query(getPasswordReset, [tokenHash, now()]);
      const account = reset === undefined ? undefined : await users.getAccount(reset.user_id);
      if (account === undefined) throw unknownReset();
      return { tokenHash, passwordHash: await credentials.hash(password, account.username) };
    },

    async use(transaction, reset) {
      if (reset === undefined) throw unknownReset();
      const { tokenHash, passwordHash } = reset;
      const [taken] = await transaction.query(takePasswordReset, [tokenHash, now()]);
      if (taken === undefined) throw unknownReset();
      await transaction.query(deletePasswordResets, [taken.user_id]);
      await credentials.set(transaction, taken.user_id, passwordHash);
      await sessions.endAll(transaction, taken.user_id);
    },

    async erase(transaction, userId) {
      await transaction.query(deletePasswordResets, [userId]);
    },

    async deleteExpired() {
      const [row] = await sql.query(deleteExpiredPasswordResets, [now(), EXPIRED_BATCH]);
      return row?.deleted ?? 0;
    },

    async close() {
      await Promise.all(pending);
    },
  };
}

/** The secret stands behind the `#`, which browsers never send, so that it is in no server's log. */
export function resetLink(token: string, publicUrl: string): string {
  return `${publicUrl}/password-reset#${token}`;
}

function resetMail(
  { username }: Account,
  token: string,
  publicUrl: string,
): { subject: string; text: string } {
  return {
    subject: 'Set a new password',
    text: `Hello ${username},

someone, hopefully you, asked for a new password for your account at ${publicUrl}.
Set it here within an hour:

${resetLink(token, publicUrl)}

Programs send it instead: PUT ${publicUrl}/api/v1/password-resets/${token}
with {"password": "the new one"}.

If it was not you, do nothing: your password stays as it is.
`,
  };
}

function unknownReset(): AppError {
  return new AppError(
    'not_found',
    'This password reset is unknown, was used, or is older than an hour. Ask for a new one.',
  );
}

function tooManyPending(): AppError {
  return new AppError('unavailable', 'Too many password resets are under way. Try again shortly.', {
    retryAfterS: 5,
    outcome: 'not_applied',
  });
}

/** What names an account in a request: either its username or its address. Fails with `invalid` otherwise. */
export function accountNamed({
  username,
  email,
}: {
  readonly username?: string;
  readonly email?: string;
}): string {
  const given = username ?? email;
  if (given === undefined || (username !== undefined && email !== undefined)) {
    throw invalidField('username', 'send either the username or the email of the account.');
  }
  return given;
}
