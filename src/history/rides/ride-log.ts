/** What the event log says of rides and offers, as marks of a history: each event as `ride-history.ts` describes it, in order. */
import { AppError } from '../../core/errors.ts';
import {
  type EventLog,
  type LoggedEvent,
  type LogRange,
  PARTITIONS,
  READ_EVENTS_MAX,
} from '../../ports/event-log/event-log.ts';

export const RIDE_TOPICS = ['rides', 'offers'] as const;
/** What a checker holds in memory, with what clients were told. */
export const LOGGED_EVENTS_MAX = 900_000;

export interface LogMark {
  readonly f: 'log-ride' | 'log-offer' | 'log-read';
  readonly value: object;
}

/**
 * All that the log has of rides and their offers, of these riders or of everybody; then whether that is all there ever was. What was
 * committed before the call is there. Fails with `invalid` for too many.
 */
export async function* rideLogMarks(
  eventLog: Pick<EventLog, 'read' | 'tail'>,
  riderIds?: ReadonlySet<string>,
): AsyncGenerator<LogMark> {
  await catchUp(eventLog);
  const rideIds = new Set<unknown>();
  let complete = true;
  let count = 0;
  for (const topic of RIDE_TOPICS) {
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      for await (const { logged, first } of eventsOf(eventLog, { topic, partition })) {
        const { ride_id: rideId, rider_id: riderId } = logged.payload;
        // Those of a run are young; of everybody's, the oldest may have been deleted.
        if (riderIds === undefined && first && logged.offset > 0) complete = false;
        if (topic === 'rides' && (riderIds?.has(String(riderId)) ?? true)) rideIds.add(rideId);
        if (!rideIds.has(rideId)) continue;
        count += 1;
        if (count > LOGGED_EVENTS_MAX) throw tooMany();
        yield topic === 'rides' ? rideMark(logged) : offerMark(logged);
      }
    }
  }
  yield { f: 'log-read', value: { complete } };
}

/** All that the log has of rides, as it was announced: those of one ride in order. What was committed before the call is there. */
export async function* loggedRides(eventLog: Pick<EventLog, 'read' | 'tail'>): AsyncGenerator<LoggedEvent> {
  await catchUp(eventLog);
  const [topic] = RIDE_TOPICS;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    for await (const { logged } of eventsOf(eventLog, { topic, partition })) yield logged;
  }
}

/** Until all that is committed now is in the log, too. */
async function catchUp(eventLog: Pick<EventLog, 'tail'>): Promise<void> {
  const tail = await eventLog.tail({ topics: RIDE_TOPICS, hear: () => undefined });
  try {
    await tail.catchUp();
  } finally {
    await tail.close();
  }
}

function tooMany(): AppError {
  const text = `The log has over ${LOGGED_EVENTS_MAX} events of rides. Check a shorter run.`;
  return new AppError('invalid', text);
}

async function* eventsOf(
  eventLog: Pick<EventLog, 'read'>,
  { topic, partition }: Pick<LogRange, 'topic' | 'partition'>,
): AsyncGenerator<{ readonly logged: LoggedEvent; readonly first: boolean }> {
  let from = 0;
  for (;;) {
    const range = { topic, partition, from, to: Number.MAX_SAFE_INTEGER };
    const events = await eventLog.read([range], READ_EVENTS_MAX);
    for (const logged of events) yield { logged, first: from === 0 && logged === events[0] };
    const last = events.at(-1);
    if (last === undefined) return;
    from = last.offset + 1;
  }
}

function rideMark({ kind, payload, createdAt }: LoggedEvent): LogMark {
  const { ride_id, city, status, reason, driver_id } = payload;
  return {
    f: 'log-ride',
    value: { ride_id, city, kind, status, reason, driver_id, at_ms: createdAt.getTime() },
  };
}

function offerMark({ kind, payload, createdAt }: LoggedEvent): LogMark {
  const { offer_id, driver_id, ride_id, expires_at, dispatch_token = null } = payload;
  const expires_ms = Date.parse(String(expires_at));
  const at_ms = createdAt.getTime();
  return { f: 'log-offer', value: { offer_id, driver_id, ride_id, kind, expires_ms, dispatch_token, at_ms } };
}
