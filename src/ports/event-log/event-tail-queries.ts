/** The SQL of tails. Of the kind write, though it writes nothing: a replica may not have yet what was committed. */

import { writeStatement } from '../sql-store/sql-store.ts';
import { EVENT_COLUMNS, type EventRow } from './event-log-queries.ts';

export type HeadRow = Pick<EventRow, 'topic' | 'partition'> & { readonly next_offset: number };

/** Where the partitions end now; those that have never had an event are not among them. */
export const listHeads = writeStatement<[topics: readonly string[]], HeadRow>(
  'event_log_list_heads',
  'SELECT topic, partition, next_offset FROM event_log_heads WHERE topic = ANY ($1)',
);

interface OutboxEdges {
  /** The least id in the outbox, null when it is empty. */
  readonly first_id: number | null;
  /** The last id that was drawn, by whomever: nothing in the outbox has a greater one. */
  readonly last_id: number;
}

/** One event and the end of its partition; no event (`offset` null) where the log has none left of what is asked for. */
type NewsRow = HeadRow & (Omit<EventRow, 'shard'> | { readonly offset: null });

export type TailRow = OutboxEdges & (NewsRow | { readonly topic: null });

/**
 * What is in the log from the given offsets on, by partition and offset, at most `eventsMax`; and what the outbox
 * holds at the same moment. A single row where nothing is new. Each partition that is behind has an equal share.
 * The sequence is no part of the snapshot, but read after it was taken, which does as well. max(id) would walk past
 * all rows that were moved since the last vacuum.
 */
export const readTail = writeStatement<
  [topics: readonly string[], partitions: readonly number[], offsets: readonly number[], eventsMax: number],
  TailRow
>(
  'event_log_read_tail',
  `WITH edges AS (
     SELECT (SELECT min(id) FROM outbox) AS first_id, last_value AS last_id FROM outbox_id_seq
   ), behind AS MATERIALIZED (
     SELECT topic, partition, place."offset", head.next_offset,
       greatest($4::integer / count(*) OVER (), 1) AS share
     FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS place (topic, partition, "offset")
       JOIN event_log_heads AS head USING (topic, partition)
     WHERE head.next_offset > place."offset"
   )
   SELECT edges.first_id, edges.last_id, behind.topic, behind.partition, behind.next_offset,
     event."offset", event.key, event.kind, event.payload, event.traceparent, event.created_at
   FROM edges LEFT JOIN (
     behind LEFT JOIN LATERAL (
       SELECT ${EVENT_COLUMNS} FROM event_log AS logged
       WHERE logged.topic = behind.topic AND logged.partition = behind.partition
         AND logged."offset" >= behind."offset"
       ORDER BY logged."offset" LIMIT behind.share
     ) AS event ON true
   ) ON true`,
);

/**
 * What is in the log of the given ranges, by range and offset, at most `eventsMax`: each range has an equal share. Of the
 * kind write for the reason given above.
 */
export const readRanges = writeStatement<
  [
    topics: readonly string[],
    partitions: readonly number[],
    froms: readonly number[],
    tos: readonly number[],
    eventsMax: number,
  ],
  EventRow
>(
  'event_log_read_ranges',
  `SELECT event.*
   FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[])
       WITH ORDINALITY AS range (topic, partition, since, until, number)
     CROSS JOIN LATERAL (
       SELECT ${EVENT_COLUMNS} FROM event_log AS logged
       WHERE logged.topic = range.topic AND logged.partition = range.partition
         AND logged."offset" >= range.since AND logged."offset" < range.until
       ORDER BY logged."offset" LIMIT greatest($5::integer / cardinality($1::text[]), 1)
     ) AS event
   ORDER BY range.number, event."offset"`,
);
