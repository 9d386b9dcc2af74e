/** Whether any process has drivers: a dispatcher of an index that all share need not lead cities while nobody drives. */
import type { Clock } from '../../../core/clock.ts';
import type { DriverContacts } from '../drivers/driver-contacts.ts';

/** How long an answer is believed: an idle system is asked so seldom, and its first driver waits so long for an offer. */
export const PRESENCE_MS = 5_000;

export interface DriverPresenceDeps {
  readonly contacts: Pick<DriverContacts, 'any'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export function createDriverPresence({ contacts, clock }: DriverPresenceDeps): () => Promise<boolean> {
  let known = false;
  let askedMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - askedMs < PRESENCE_MS) return known;
    known = await contacts.any();
    askedMs = nowMs;
    return known;
  };
}
