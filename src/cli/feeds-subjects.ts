/** What `groundswell feeds` is asked about, and by whom it is answered. */
import { systemClock } from '../core/clock.ts';
import { AppError, invalidField } from '../core/errors.ts';
import { isIdText } from '../core/ids.ts';
import type { Account } from '../systems/accounts/users/user-rows.ts';
import { createTimelineChecks, type TimelineChecks } from '../systems/feed/checks/timeline-checks.ts';
import type { OpenProduct } from './open-product.ts';

/** By name or id; `argument` names what was written. Fails with `not_found`, or `invalid` where nothing was. */
export async function findReader({ product }: OpenProduct, argument: string, text: string): Promise<Account> {
  if (text.trim() === '') throw invalidField(argument, 'must be a username or a user id; it is empty.');
  const { users } = product.accounts;
  const byId = isIdText(text) ? await users.getAccount(Number(text)) : undefined;
  const account = byId ?? (await users.findAccount(text));
  if (account !== undefined) return account;
  throw new AppError(
    'not_found',
    `${argument}: there is no user ${text}. Write a username or a user id; groundswell admin users lists them.`,
  );
}

export function checksOf({ ports }: OpenProduct): TimelineChecks {
  return createTimelineChecks({ ...ports, clock: systemClock });
}
