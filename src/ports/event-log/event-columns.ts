/** Events as the columns of the statement that adds them. */
import { assert } from '../../core/errors.ts';
import { shardOf } from '../../core/ids.ts';
import { EVENT_PAYLOAD_BYTES_MAX, type NewEvent, partitionOf } from './event-log.ts';

const TOPIC = /^[a-z_]{1,40}$/;

export type EventColumns = [
  shards: number[],
  topics: string[],
  partitions: number[],
  keys: number[],
  kinds: string[],
  payloads: string[],
  traceparents: (string | null)[],
];

/** Asserts that each may be added. `traceparent` is of those that have none of their own. */
export function columnsOf(events: readonly NewEvent[], traceparent: string | undefined): EventColumns {
  return [
    events.map(({ ownerId }) => shardOf(ownerId)),
    events.map(({ topic }) => checkedTopic(topic)),
    events.map(({ key }) => partitionOf(key)),
    events.map(({ key }) => key),
    events.map(({ kind }) => kind),
    events.map(({ payload }) => payloadText(payload)),
    events.map((event) => event.traceparent ?? traceparent ?? null),
  ];
}

export function joinColumns(parts: readonly EventColumns[]): EventColumns {
  return [
    parts.flatMap(([shards]) => shards),
    parts.flatMap(([, topics]) => topics),
    parts.flatMap(([, , partitions]) => partitions),
    parts.flatMap(([, , , keys]) => keys),
    parts.flatMap(([, , , , kinds]) => kinds),
    parts.flatMap(([, , , , , payloads]) => payloads),
    parts.flatMap(([, , , , , , traceparents]) => traceparents),
  ];
}

export function isTopic(topic: string): boolean {
  return TOPIC.test(topic);
}

function checkedTopic(topic: string): string {
  assert(isTopic(topic), `${topic} is the name of a topic`);
  return topic;
}

function payloadText(payload: object): string {
  const text = JSON.stringify(payload);
  assert(Buffer.byteLength(text) <= EVENT_PAYLOAD_BYTES_MAX, 'the payload of an event is too large');
  return text;
}
