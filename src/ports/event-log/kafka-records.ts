/**
 * Events as records of Kafka. Others may read them too: the key is the id of what the event is about, the value its
 * payload as JSON, and the headers say the rest. `id` is the same however often a record was sent.
 */
import { assert } from '../../core/errors.ts';
import type { LoggedEvent } from './event-log.ts';
import type { KafkaRecord } from './kafka-cluster.ts';
import type { OutboxRow } from './kafka-log-queries.ts';

/** An event before it has a place in the log. */
export type UnloggedEvent = Omit<OutboxRow, 'id'> & {
  /** None where no row of the outbox was it. */
  readonly id: number | undefined;
};

export function topicsOf(events: readonly UnloggedEvent[]): string[] {
  return [...new Set(events.map(({ topic }) => topic))];
}

/** An event of the log with what only its copies need. */
export interface StoredEvent {
  readonly event: LoggedEvent;
  readonly shard: number;
  readonly payloadText: string;
}

/** `offset`: that which the event will have in the log, where that is known before. */
export function recordOf(event: UnloggedEvent, offset: number | undefined): KafkaRecord {
  const { id, shard, key, kind, payload, traceparent } = event;
  return {
    key: String(key),
    value: Buffer.from(payload),
    headers: {
      kind,
      shard: String(shard),
      ...(id !== undefined && { id: String(id) }),
      ...(offset !== undefined && { offset: String(offset) }),
      ...(traceparent !== null && { traceparent }),
    },
    timestampMs: event.created_at.getTime(),
  };
}

/** The event at that place. Fails where Kafka holds another: it has lost what it had acknowledged. */
export function storedEventOf(
  { topic, partition, offset }: Pick<LoggedEvent, 'topic' | 'partition' | 'offset'>,
  { key, value, headers, timestampMs }: KafkaRecord,
): StoredEvent {
  const { kind, shard, offset: offsetThen, traceparent } = headers;
  assert(
    kind !== undefined && (offsetThen === undefined || offsetThen === String(offset)),
    `Kafka holds ${topic}/${partition}/${offset}`,
  );
  const payloadText = value.toString();
  const payload: Readonly<Record<string, unknown>> = JSON.parse(payloadText);
  const createdAt = new Date(timestampMs);
  const event = { topic, partition, offset, key: Number(key), kind, payload, createdAt, traceparent };
  return { event, shard: Number(shard), payloadText };
}

/** What it will be once it is at that offset. */
export function loggedOf(event: UnloggedEvent, offset: number): LoggedEvent {
  const { topic, partition, key, kind, payload, traceparent, created_at: createdAt } = event;
  return {
    ...{ topic, partition, offset, key, kind, createdAt },
    payload: JSON.parse(payload),
    traceparent: traceparent ?? undefined,
  };
}
