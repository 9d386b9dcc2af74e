/**
 * Tells riders over the live updates (docs/live.md) what has become of their charges: event `charge`, a state of which the last one
 * counts. Whoever connects is told at once what they owe.
 */
import type { Id } from '../../../core/ids.ts';
import type { OwnChannel, OwnState } from '../../../core/own-state.ts';
import type { LoggedEvent, NewEvent, TailFollower } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { chargeOf, listDebts } from '../payments-queries.ts';
import { chargeTold, PAYMENTS_TOPIC, presentNews } from './charge-events.ts';

export interface ChargeTelling {
  readonly tail: TailFollower;
  /** What there is to tell a user who has just connected. */
  statesOf(userId: Id): Promise<readonly OwnState[]>;
}

export interface ChargeTellingDeps {
  readonly sql: SqlSession;
  readonly channel: OwnChannel;
}

export function createChargeTelling({ sql, channel }: ChargeTellingDeps): ChargeTelling {
  function hear(events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { payload } of events) {
      // The payload of an event that is appended is one that JSON can carry.
      const { userId, data } = chargeTold({ payload: payload as LoggedEvent['payload'] });
      if (channel.isHere(userId)) channel.tell(userId, stateOf(data));
    }
  }

  return {
    tail: { topics: [PAYMENTS_TOPIC], hear, follow: () => undefined },

    async statesOf(userId) {
      // The oldest: one is enough to be told to pay.
      const rows = await sql.query(listDebts, [userId, 1]);
      return rows.map((row) => stateOf(presentNews(chargeOf(row))));
    },
  };
}

function stateOf(data: object): OwnState {
  return { event: 'charge', data: JSON.stringify(data), passing: false };
}
