/** What riders pay with: one method each, of which only the provider's token is here. */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { Subscription } from '../../../ports/event-log/event-log.ts';
import type { PaymentProvider } from '../../../ports/payment-provider/payment-provider.ts';
import type { SqlSession, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { retryDeclined } from '../charges/charges-queries.ts';
import {
  deleteMethods,
  erasePayments,
  getMethod,
  insertErased,
  type MethodRow,
  putMethod,
  removeMethod,
} from './methods-queries.ts';

const USERS_TOPIC = 'users';

export interface Method {
  /** Such as `Visa ending in 4242`. */
  readonly label: string;
  readonly createdAt: Date;
}

export interface Methods {
  /** How the provider calls it. Fails with `invalid` for a token that it does not know. */
  describe(token: string): Promise<string>;
  /** In place of the one before. Whatever the rider owes because it was declined is charged to it at once. Fails with `unauthenticated` where their account is deleted. */
  put(transaction: SqlTransaction, userId: Id, token: string, label: string): Promise<Method>;
  /**
   * Fails with `conflict` while a charge is being made to it. There is none: nothing happens. What the rider still owes they owe,
   * and the next ride is owed from its end on.
   */
  remove(transaction: SqlTransaction, userId: Id): Promise<void>;
  /** Undefined: they have none. */
  get(session: SqlSession, userId: Id): Promise<Method | undefined>;
  /** Methods go with their users, and so does every description of them. What was paid and owed stays, under numbers. */
  readonly erasure: Subscription;
}

export interface MethodsDeps {
  readonly provider: Pick<PaymentProvider, 'describeMethod'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onDue: () => void;
}

export function createMethods({ provider, clock, onDue }: MethodsDeps): Methods {
  return {
    describe: (token) => provider.describeMethod(token),

    async put(transaction, userId, token, label) {
      const now = new Date(clock.nowMs());
      const [row] = await transaction.query(putMethod, [userId, shardOf(userId), token, label, now]);
      if (row === undefined) throw new AppError('unauthenticated', 'This account is deleted.');
      const retried = await transaction.query(retryDeclined, [userId, now]);
      if (retried.length > 0) transaction.afterCommit(onDue);
      return methodOf(row);
    },

    async remove(transaction, userId) {
      const [row] = await transaction.query(removeMethod, [userId]);
      if (row?.has_due === true) throw beingCharged();
    },

    async get(session, userId) {
      const [row] = await session.query(getMethod, [userId]);
      return row && methodOf(row);
    },

    erasure: {
      ...{ group: 'payment-erasure', topics: [USERS_TOPIC], from: 'beginning' },
      async handle(events, transaction) {
        const deleted = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
        if (deleted.length === 0) return;
        // First: what is charged meanwhile finds it when it is settled.
        await transaction.query(insertErased, [deleted, deleted.map(shardOf)]);
        await transaction.query(deleteMethods, [deleted]);
        await transaction.query(erasePayments, [deleted]);
      },
    },
  };
}

function beingCharged(): AppError {
  return new AppError('conflict', 'A ride is being charged to it. Remove it when that is done.', {
    outcome: 'not_applied',
    retryAfterS: 2,
  });
}

function methodOf({ label, created_at: createdAt }: MethodRow): Method {
  return { label, createdAt };
}
