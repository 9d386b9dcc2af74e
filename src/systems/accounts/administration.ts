/** What whoever has the command line of the server can do; there, users go by their names. */

import type { Clock } from '../../core/clock.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Page } from '../../core/page.ts';
import type { UserRole } from '../../core/principal.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import type { Credentials } from './credentials/credentials.ts';
import { PASSWORD_RESET_MS, type PasswordResets, resetLink } from './credentials/password-resets.ts';
import { type AuditAction, type AuditEntry, type AuditLog, COMMAND_LINE } from './moderation/audit-log.ts';
import type { Moderation } from './moderation/moderation.ts';
import { pageFrom } from './page.ts';
import type { Account } from './users/user-rows.ts';
import type { NewUser, Users } from './users/users.ts';

/** A way to set a password, once, for the administrator to pass on. */
export interface ResetLink {
  readonly url: string;
  readonly token: string;
  readonly expiresAt: Date;
}

/** With names, which are easier to tell apart than ids. */
export interface NamedAuditEntry extends AuditEntry {
  /** `undefined` for the command line. */
  readonly actor: string | undefined;
  /** `undefined` where the act was about no user. */
  readonly username: string | undefined;
}

/** Names are found whatever their case; a name that nobody has fails with `not_found`. */
export interface Administration {
  /** Also where registration is closed. Without a password the user needs a reset link to sign in. */
  createUser(user: NewUser & { readonly password?: string | undefined }): Promise<Account>;
  promoteUser(username: string, role: UserRole): Promise<Account>;
  suspendUser(username: string, reason: string): Promise<Account>;
  restoreUser(username: string): Promise<Account>;
  /** The newest first, those with ids below `before`. */
  listUsers(before: Id, limit: number): Promise<Page<Account>>;
  /** What the staff did. The newest first, those with ids below `before`. */
  listAuditEntries(before: Id, limit: number): Promise<Page<NamedAuditEntry>>;
  /** What the command line does about the whole server, in the transaction of that. */
  recordAct(transaction: SqlTransaction, action: AuditAction, detail: string): Promise<void>;
  /** Fails with `conflict` when too many links of the account are outstanding. */
  resetPassword(username: string): Promise<ResetLink>;
}

export interface AdministrationDeps {
  readonly sql: SqlStore;
  readonly users: Users;
  readonly credentials: Credentials;
  readonly passwordResets: PasswordResets;
  readonly moderation: Moderation;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly publicUrl: () => string;
}

export function createAdministration(deps: AdministrationDeps): Administration {
  const { sql, users, credentials, passwordResets, moderation, auditLog, clock, publicUrl } = deps;

  async function idOf(username: string): Promise<Id> {
    const account = await users.findAccount(username);
    if (account === undefined) throw notFound(`user as ${username}`);
    return account.userId;
  }

  return {
    async createUser({ password, ...user }) {
      const passwordHash =
        password === undefined ? undefined : await credentials.hash(password, user.username);
      return sql.transaction(async (transaction) => {
        const account = await users.create(transaction, user);
        const { userId, role } = account;
        if (passwordHash !== undefined) await credentials.create(transaction, userId, passwordHash);
        await auditLog.add(transaction, COMMAND_LINE, { action: 'user_created', userId, detail: role });
        return account;
      });
    },

    async promoteUser(username, role) {
      const userId = await idOf(username);
      return sql.transaction((transaction) => moderation.setRole(transaction, COMMAND_LINE, userId, role));
    },

    async suspendUser(username, reason) {
      const userId = await idOf(username);
      return sql.transaction((transaction) => moderation.suspend(transaction, COMMAND_LINE, userId, reason));
    },

    async restoreUser(username) {
      const userId = await idOf(username);
      return sql.transaction((transaction) => moderation.restore(transaction, COMMAND_LINE, userId));
    },

    async listUsers(before, limit) {
      const accounts = await users.pageAccounts(before, limit + 1);
      return pageFrom(
        accounts,
        limit,
        ({ userId }) => userId,
        (account) => account,
      );
    },

    async listAuditEntries(before, limit) {
      const { items, nextBefore } = await auditLog.page(before, limit);
      const userIds = items.flatMap(({ actorId, userId }) => [actorId ?? [], userId ?? []].flat());
      const names = await users.getUsernames(userIds);
      const nameOf = (userId: Id | null) => (userId === null ? undefined : names.get(userId));
      return {
        items: items.map((entry) => ({
          ...entry,
          actor: nameOf(entry.actorId),
          username: nameOf(entry.userId),
        })),
        nextBefore,
      };
    },

    recordAct: (transaction, action, detail) => auditLog.add(transaction, COMMAND_LINE, { action, detail }),

    async resetPassword(username) {
      const userId = await idOf(username);
      const expiresAt = new Date(clock.nowMs() + PASSWORD_RESET_MS);
      const token = await passwordResets.create(userId);
      if (token === undefined) throw tooManyOutstanding();
      await sql.transaction((transaction) =>
        auditLog.add(transaction, COMMAND_LINE, { action: 'password_reset_created', userId }),
      );
      return { url: resetLink(token, publicUrl()), token, expiresAt };
    },
  };
}

function tooManyOutstanding(): AppError {
  return new AppError(
    'conflict',
    'Enough links to reset this password are outstanding. Use one of them, or wait an hour.',
  );
}
