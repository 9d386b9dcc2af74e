/** What moderators and administrators do to accounts. Each act is in the audit log. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { UserRole } from '../../../core/principal.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { parseLines } from '../text.ts';
import { userEvent } from '../users/user-events.ts';
import type { Account } from '../users/user-rows.ts';
import type { Users } from '../users/users.ts';
import { type AccountRow, lockAccount, setRole, setSuspendedAt } from '../users/users-queries.ts';
import type { Actor, AuditLog } from './audit-log.ts';

export const SUSPENSION_REASON_GRAPHEMES_MAX = 1_000;

export interface Moderation {
  /**
   * Ends the user's sessions and hides them and what they wrote. Fails with `forbidden` for oneself, and for staff
   * unless the actor is an administrator. One who is suspended stays so, with the first reason.
   */
  suspend(transaction: SqlTransaction, actor: Actor, userId: Id, reason: string): Promise<Account>;
  /** Undoes a suspension, and changes nothing where there is none. Fails as `suspend`. */
  restore(transaction: SqlTransaction, actor: Actor, userId: Id): Promise<Account>;
  /** Fails as `suspend` where the actor may not act on the user, or what is theirs. */
  checkSubject(transaction: SqlTransaction, actor: Actor, userId: Id): Promise<void>;
  /** Fails with `forbidden` for oneself, so that an administrator always remains. */
  setRole(transaction: SqlTransaction, actor: Actor, userId: Id, role: UserRole): Promise<Account>;
}

export interface ModerationDeps {
  readonly sessions: Sessions;
  readonly auditLog: AuditLog;
  readonly users: Users;
  readonly clock: Clock;
  /** Called after the commit of what changes a user's role. */
  readonly revoked: (userId: Id) => void;
}

export function createModeration(deps: ModerationDeps): Moderation {
  const { users, sessions, auditLog, clock, revoked } = deps;

  /** The account, locked, if the actor may act on it. */
  async function lockSubject(transaction: SqlTransaction, actor: Actor, userId: Id): Promise<Account> {
    if (actor.userId === userId) {
      throw new AppError('forbidden', 'Nobody can do this to themselves. Ask another administrator.');
    }
    const [row] = await transaction.query(lockAccount, [userId]);
    if (row === undefined) throw notFound('user');
    if (row.role !== 'user' && actor.role !== 'administrator') throw forAdministrators();
    return users.accountOf(row);
  }

  function written([row]: readonly AccountRow[]): Account {
    if (row === undefined) throw notFound('user');
    return users.accountOf(row);
  }

  return {
    async suspend(transaction, actor, userId, reason) {
      const detail = parseLines('reason', reason, SUSPENSION_REASON_GRAPHEMES_MAX);
      const account = await lockSubject(transaction, actor, userId);
      if (account.suspendedAt !== null) return account;
      const suspended = written(await transaction.query(setSuspendedAt, [userId, new Date(clock.nowMs())]));
      await sessions.endAll(transaction, userId);
      await auditLog.add(transaction, actor, { action: 'user_suspended', userId, detail });
      await users.announce(transaction, userEvent('suspended', suspended));
      return suspended;
    },

    async restore(transaction, actor, userId) {
      const account = await lockSubject(transaction, actor, userId);
      if (account.suspendedAt === null) return account;
      const restored = written(await transaction.query(setSuspendedAt, [userId, null]));
      await auditLog.add(transaction, actor, { action: 'user_restored', userId });
      await users.announce(transaction, userEvent('restored', restored));
      return restored;
    },

    async checkSubject(transaction, actor, userId) {
      await lockSubject(transaction, actor, userId);
    },

    async setRole(transaction, actor, userId, role) {
      if (actor.role !== 'administrator') throw forAdministrators();
      const account = await lockSubject(transaction, actor, userId);
      if (account.role === role) return account;
      const changed = written(await transaction.query(setRole, [userId, role]));
      const detail = `${account.role} -> ${role}`;
      await auditLog.add(transaction, actor, { action: 'role_changed', userId, detail });
      transaction.afterCommit(() => revoked(userId));
      return changed;
    },
  };
}

function forAdministrators(): AppError {
  return new AppError('forbidden', 'Only an administrator can do this to moderators and administrators.');
}
