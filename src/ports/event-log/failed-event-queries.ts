/** The SQL of events that wait to be tried again, and of dead letters. */

import { readStatement, writeStatement } from '../sql-store/sql-store.ts';
import { EVENT_COLUMNS, type EventRow } from './event-log-queries.ts';

export interface FailedEventRow extends EventRow {
  readonly attempts: number;
}

/** Sets events of the log aside for the group; with 0 attempts and no delay they only wait for those before. */
export const setEventsAside = writeStatement<
  [
    group: string,
    topic: string,
    partition: number,
    offsets: number[],
    attempts: number,
    delayMs: number,
    error: string | null,
    dead: boolean,
  ]
>(
  'failed_events_set_aside',
  `INSERT INTO failed_events (consumer_group, ${EVENT_COLUMNS}, attempts, retry_at, error, dead_at)
   SELECT $1, ${EVENT_COLUMNS}, $5::integer, clock_timestamp() + $6::double precision * interval '1 ms', $7::text,
     CASE WHEN $8::boolean THEN clock_timestamp() END
   FROM event_log
   WHERE topic = $2 AND partition = $3 AND "offset" = ANY($4::bigint[])`,
);

/** Locks an event whose time has come and behind which, in its key, no other is waiting to be tried before. */
export const claimRetry = writeStatement<[group: string, topics: string[]], FailedEventRow>(
  'failed_events_claim',
  `SELECT ${EVENT_COLUMNS}, attempts FROM failed_events failed
   WHERE consumer_group = $1 AND topic = ANY($2) AND dead_at IS NULL AND retry_at <= clock_timestamp()
     AND NOT EXISTS (
       SELECT 1 FROM failed_events earlier
       WHERE earlier.consumer_group = failed.consumer_group AND earlier.topic = failed.topic
         AND earlier.key = failed.key AND earlier.dead_at IS NULL AND earlier."offset" < failed."offset"
     )
   ORDER BY retry_at, "offset"
   LIMIT 1
   FOR UPDATE SKIP LOCKED`,
);

export const deleteFailedEvent = writeStatement<
  [group: string, topic: string, partition: number, offset: number]
>(
  'failed_events_delete',
  'DELETE FROM failed_events WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND "offset" = $4::bigint',
);

/** If it is as the one who failed has seen it. */
export const postponeRetry = writeStatement<
  [
    group: string,
    topic: string,
    partition: number,
    offset: number,
    attempts: number,
    attemptsNow: number,
    delayMs: number,
    error: string,
    dead: boolean,
  ]
>(
  'failed_events_postpone',
  `UPDATE failed_events
   SET attempts = $6::integer,
     retry_at = clock_timestamp() + $7::double precision * interval '1 ms', error = $8,
     dead_at = CASE WHEN $9::boolean THEN clock_timestamp() END
   WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND "offset" = $4::bigint AND attempts = $5::integer
     AND dead_at IS NULL`,
);

export interface DeadLetterRow extends FailedEventRow {
  readonly consumer_group: string;
  readonly error: string | null;
  readonly dead_at: Date;
}

export const pageDead = readStatement<
  [
    only: string | null,
    afterGroup: string,
    afterTopic: string,
    afterPartition: number,
    afterOffset: number,
    limit: number,
  ],
  DeadLetterRow
>(
  'failed_events_page_dead',
  `SELECT consumer_group, ${EVENT_COLUMNS}, attempts, error, dead_at FROM failed_events
   WHERE dead_at IS NOT NULL AND ($1::text IS NULL OR consumer_group = $1)
     AND (consumer_group, topic, partition, "offset") > ($2, $3, $4::smallint, $5::bigint)
   ORDER BY consumer_group, topic, partition, "offset"
   LIMIT $6::integer`,
);

/** All of the group's, or those named by the arrays. */
export const reviveDead = writeStatement<
  [group: string, all: boolean, topics: string[], partitions: number[], offsets: number[]],
  { topic: string }
>(
  'failed_events_revive',
  `UPDATE failed_events SET attempts = 0, retry_at = clock_timestamp(), dead_at = NULL
   WHERE consumer_group = $1 AND dead_at IS NOT NULL AND (
     $2::boolean OR (topic, partition, "offset") IN (
       SELECT topic, partition, "offset"
       FROM unnest($3::text[], $4::smallint[], $5::bigint[]) AS named (topic, partition, "offset")
     )
   )
   RETURNING topic`,
);

export const removeFailedEvents = writeStatement<[group: string]>(
  'failed_events_remove',
  'DELETE FROM failed_events WHERE consumer_group = $1',
);
