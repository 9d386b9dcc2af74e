/**
 * Where drivers were, in the event log (topic `driver_positions`, kind `recorded`): many in one event, of drivers of one
 * partition. Handling an event twice writes the same rows again, so it need not be told from another.
 */
import { assert } from '../../../core/errors.ts';
import { type Id, isIdText } from '../../../core/ids.ts';
import {
  EVENT_PAYLOAD_BYTES_MAX,
  type LoggedEvent,
  type NewEvent,
  partitionOf,
} from '../../../ports/event-log/event-log.ts';
import { UNITS_PER_DEGREE } from './binary-points.ts';
import type { ReportedPoint } from './reported-point.ts';

export const POSITIONS_TOPIC = 'driver_positions';
/** Of a record as JSON, with all digits. */
const RECORD_BYTES_MAX = 80;
/** In one event. */
export const RECORDS_MAX = Math.floor((EVENT_PAYLOAD_BYTES_MAX - 1_024) / RECORD_BYTES_MAX);
const FORMAT = 1;
/** Numbers of each: time, latitude, longitude, accuracy, sequence. */
const FIELDS = 5;

export interface PositionRecord {
  readonly driverId: Id;
  readonly point: ReportedPoint;
  readonly sequence: number;
}

/** As the table has it. */
export interface StoredPosition {
  readonly driverId: Id;
  readonly atMs: number;
  readonly latE7: number;
  readonly lngE7: number;
  readonly accuracyDm: number;
  readonly sequence: number;
}

/** The events of the records, in their order. */
export function eventsOf(records: readonly PositionRecord[]): NewEvent[] {
  const partitions = new Map<number, PositionRecord[][]>();
  for (const record of records) {
    const partition = partitionOf(record.driverId);
    const batches = partitions.get(partition) ?? [];
    partitions.set(partition, batches);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === RECORDS_MAX) batches.push([record]);
    else batch.push(record);
  }
  return [...partitions.values()].flat().map(eventOf);
}

function eventOf(records: readonly PositionRecord[]): NewEvent {
  // One of its drivers stands for the partition.
  const key = records[0]?.driverId ?? 0;
  return {
    ...{ topic: POSITIONS_TOPIC, kind: 'recorded', key, ownerId: key },
    payload: {
      format: FORMAT,
      driver_ids: records.map(({ driverId }) => String(driverId)),
      numbers: records.flatMap(({ point, sequence }) => [
        Math.round(point.atMs),
        Math.round(point.lat * UNITS_PER_DEGREE),
        Math.round(point.lng * UNITS_PER_DEGREE),
        Math.round(point.accuracyM * 10),
        sequence,
      ]),
    },
  };
}

/** Fails where the event is none that this release knows: it becomes a dead letter, for a later one. */
export function positionsOf({ kind, payload }: Pick<LoggedEvent, 'kind' | 'payload'>): StoredPosition[] {
  const { format, driver_ids: driverIds, numbers } = payload;
  assert(kind === 'recorded' && format === FORMAT, `positions of format ${FORMAT}`);
  assert(Array.isArray(driverIds) && Array.isArray(numbers), 'positions are lists');
  assert(numbers.length === driverIds.length * FIELDS, 'each driver has all numbers');
  assert(numbers.every(Number.isSafeInteger), 'numbers are whole');
  return driverIds.map((driverId: unknown, index) => {
    assert(typeof driverId === 'string' && isIdText(driverId), 'a driver is named by their id');
    const [atMs, latE7, lngE7, accuracyDm, sequence] = numbers.slice(index * FIELDS, (index + 1) * FIELDS);
    return { driverId: Number(driverId), atMs, latE7, lngE7, accuracyDm, sequence };
  });
}
