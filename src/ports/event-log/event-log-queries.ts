/** The SQL of outbox, log and positions. What failed has failed-event-queries.ts. */

import { readStatement, writeStatement } from '../sql-store/sql-store.ts';
import type { EventColumns } from './event-columns.ts';

export interface EventRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly shard: number;
  readonly key: number;
  readonly kind: string;
  readonly payload: Record<string, unknown>;
  readonly traceparent: string | null;
  readonly created_at: Date;
}

export interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly attempts: number;
}

export const EVENT_COLUMNS = 'topic, partition, "offset", shard, key, kind, payload, traceparent, created_at';

/** Of the columns of EventColumns, in their order. */
export const INSERT_EVENTS = `INSERT INTO outbox (shard, topic, partition, key, kind, payload, traceparent)
   SELECT shard, topic, partition, key, kind, payload::json, traceparent
   FROM unnest($1::smallint[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::text[])
     WITH ORDINALITY AS event (shard, topic, partition, key, kind, payload, traceparent, position)
   ORDER BY position`;

export const appendEvents = writeStatement<EventColumns>('event_log_append', INSERT_EVENTS);

/** A row for each event of the topics asked for; if there was none, one without an event. */
export type MovedRow = { readonly picked: number; readonly topics: string[] } & (
  | Omit<EventRow, 'shard'>
  | { readonly topic: null }
);

/**
 * Moves the oldest visible rows of the outbox to the ends of their partitions and tells the other processes. One
 * relay at a time: each waits for the lock, and its snapshot, taken before, holds all that made it start. Rows that
 * another relay has moved meanwhile count as picked, so that whoever picked a full batch looks again. Answers the
 * events of the topics in `wanted`, those of a partition in order.
 *
 * Rows are deleted by their place (ctid), which stays theirs while the statement's snapshot has them, for nothing updates one.
 */
export const moveOutbox = writeStatement<
  [batchMax: number, lock: number, channel: string, process: string, wanted: readonly string[]],
  MovedRow
>(
  'event_log_move_outbox',
  `WITH held AS MATERIALIZED (
     SELECT pg_advisory_xact_lock($2::bigint)
   ), picked AS MATERIALIZED (
     SELECT outbox.ctid AS place FROM held, outbox ORDER BY outbox.id LIMIT $1::integer
   ), moved AS (
     DELETE FROM outbox WHERE ctid = ANY (ARRAY(SELECT place FROM picked)) RETURNING *
   ), arrivals AS (
     SELECT topic, partition, count(*) AS events FROM moved GROUP BY topic, partition
   ), heads AS (
     INSERT INTO event_log_heads AS head (topic, partition, next_offset)
     SELECT topic, partition, events FROM arrivals
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = head.next_offset + excluded.next_offset
     RETURNING topic, partition, next_offset
   ), logged AS (
     INSERT INTO event_log (${EVENT_COLUMNS})
     SELECT topic, partition,
       next_offset - events + row_number() OVER (PARTITION BY topic, partition ORDER BY id) - 1,
       shard, key, kind, payload, traceparent, created_at
     FROM moved JOIN arrivals USING (topic, partition) JOIN heads USING (topic, partition)
     RETURNING topic, partition, "offset", key, kind, payload, traceparent, created_at
   ), summary AS MATERIALIZED (
     SELECT (SELECT count(*) FROM picked) AS picked, names AS topics,
       CASE WHEN names <> '{}' THEN
         pg_notify($3::text, json_build_object('process', $4::text, 'topics', names)::text)
       END
     FROM (SELECT coalesce(array_agg(DISTINCT topic), '{}') AS names FROM arrivals) AS arrived
   )
   SELECT summary.picked, summary.topics, logged.*
   FROM summary LEFT JOIN logged ON logged.topic = ANY ($5::text[])
   ORDER BY logged.topic, logged.partition, logged."offset"`,
);

/** Gives the group a position in every partition of the topics where it has none yet. */
export const createPositions = writeStatement<
  [group: string, topics: string[], partitions: number, fromBeginning: boolean]
>(
  'event_log_create_positions',
  `INSERT INTO consumer_positions (consumer_group, topic, partition, "offset")
   SELECT $1, topics.topic, partitions.partition, coalesce(
     CASE WHEN $4::boolean THEN least(
       (
         SELECT min("offset") FROM event_log
         WHERE event_log.topic = topics.topic AND event_log.partition = partitions.partition
       ), (
         SELECT min("offset") FROM kafka_runs
         WHERE kafka_runs.topic = topics.topic AND kafka_runs.partition = partitions.partition
       )
     ) END,
     (
       SELECT next_offset FROM event_log_heads head
       WHERE head.topic = topics.topic AND head.partition = partitions.partition
     ),
     0
   )
   FROM unnest($2::text[]) AS topics (topic) CROSS JOIN generate_series(0, $3::integer - 1) AS partitions (partition)
   ON CONFLICT DO NOTHING`,
);

export interface ClaimedRow extends PositionRow {
  /** Where the partition ended when it was looked at. */
  readonly next_offset: number;
  /** There were more partitions than a batch needs. */
  readonly left_some: boolean;
  /** There was something in other topics, too. */
  readonly left_topics: boolean;
}

/**
 * Locks partitions of one topic in which the group has something to do and that nobody else is at: the longest idle
 * one, and the next ones as long as those before do not fill a batch, so that little is handled together.
 */
export const claimPartitions = writeStatement<
  [group: string, topics: string[], eventsMax: number, partitionsMax: number],
  ClaimedRow
>(
  'event_log_claim_partitions',
  `WITH longest AS MATERIALIZED (
     SELECT position.topic, position.partition, position."offset", position.attempts, head.next_offset
     FROM consumer_positions position JOIN event_log_heads head USING (topic, partition)
     WHERE position.consumer_group = $1 AND position.topic = ANY($2)
       AND head.next_offset > position."offset"
       AND (position.retry_at IS NULL OR position.retry_at <= clock_timestamp())
     ORDER BY position.moved_at
     LIMIT 1
     FOR UPDATE OF position SKIP LOCKED
   ), others AS (
     SELECT other.partition,
       longest.next_offset - longest."offset" + sum(head.next_offset - other."offset") OVER turns
         - (head.next_offset - other."offset") AS before
     FROM longest JOIN consumer_positions other
         ON other.consumer_group = $1 AND other.topic = longest.topic AND other.partition <> longest.partition
       JOIN event_log_heads head ON head.topic = other.topic AND head.partition = other.partition
     WHERE head.next_offset > other."offset"
       AND (other.retry_at IS NULL OR other.retry_at <= clock_timestamp())
     WINDOW turns AS (ORDER BY other.moved_at, other.partition ROWS UNBOUNDED PRECEDING)
     ORDER BY other.moved_at, other.partition
     LIMIT $4::integer - 1
   ), next AS MATERIALIZED (
     SELECT position.topic, position.partition, position."offset", position.attempts, head.next_offset
     FROM longest JOIN consumer_positions position
         ON position.consumer_group = $1 AND position.topic = longest.topic
       JOIN event_log_heads head ON head.topic = position.topic AND head.partition = position.partition
     WHERE position.partition = ANY (ARRAY(SELECT partition FROM others WHERE before < $3::integer))
       AND head.next_offset > position."offset"
       AND (position.retry_at IS NULL OR position.retry_at <= clock_timestamp())
     FOR UPDATE OF position SKIP LOCKED
   )
   SELECT claimed.*, EXISTS (SELECT 1 FROM others WHERE before >= $3::integer) AS left_some, EXISTS (
       SELECT 1 FROM consumer_positions position JOIN event_log_heads head USING (topic, partition)
       WHERE position.consumer_group = $1 AND position.topic = ANY($2) AND position.topic <> claimed.topic
         AND head.next_offset > position."offset"
     ) AS left_topics
   FROM (SELECT * FROM longest UNION ALL SELECT * FROM next) AS claimed`,
);

/** Locks this partition if nobody else is at it. */
export const claimNamedPartition = writeStatement<
  [group: string, topic: string, partition: number],
  PositionRow
>(
  'event_log_claim_named_partition',
  `SELECT topic, partition, "offset", attempts
   FROM consumer_positions
   WHERE consumer_group = $1 AND topic = $2 AND partition = $3
   FOR UPDATE SKIP LOCKED`,
);

/** Whether the group has events of the topic that are still to be tried again, so that others must wait behind them. */
export const findRetries = readStatement<[group: string, topic: string], { readonly found: boolean }>(
  'event_log_find_retries',
  `SELECT EXISTS (
     SELECT 1 FROM failed_events WHERE consumer_group = $1 AND topic = $2 AND dead_at IS NULL
   ) AS found`,
);

/** The next events, by partition, and of each whether one of its key is still to be tried again before it. */
export const readEvents = readStatement<
  [group: string, topic: string, partitions: readonly number[], offsets: readonly number[], limit: number],
  EventRow & { readonly must_wait: boolean }
>(
  'event_log_read',
  `SELECT event.*, EXISTS (
     SELECT 1 FROM failed_events failed
     WHERE failed.consumer_group = $1 AND failed.topic = $2 AND failed.key = event.key AND failed.dead_at IS NULL
   ) AS must_wait
   FROM unnest($3::smallint[], $4::bigint[]) WITH ORDINALITY AS place (partition, "offset", turn), LATERAL (
     SELECT ${EVENT_COLUMNS} FROM event_log AS logged
     WHERE logged.topic = $2 AND logged.partition = place.partition AND logged."offset" >= place."offset"
     ORDER BY logged."offset" LIMIT $5::integer
   ) AS event
   ORDER BY place.turn, event."offset"
   LIMIT $5::integer`,
);

export const movePositions = writeStatement<
  [group: string, topic: string, partitions: readonly number[], offsets: readonly number[]]
>(
  'event_log_move_positions',
  `UPDATE consumer_positions AS position
   SET "offset" = place."offset", moved_at = clock_timestamp(), attempts = 0, retry_at = NULL
   FROM unnest($3::smallint[], $4::bigint[]) AS place (partition, "offset")
   WHERE position.consumer_group = $1 AND position.topic = $2 AND position.partition = place.partition`,
);

/** If nobody has moved them meanwhile. */
export const pausePartitions = writeStatement<
  [group: string, topic: string, partitions: readonly number[], offsets: readonly number[], delayMs: number]
>(
  'event_log_pause_partitions',
  `UPDATE consumer_positions AS position
   SET attempts = attempts + 1, retry_at = clock_timestamp() + $5::double precision * interval '1 ms'
   FROM unnest($3::smallint[], $4::bigint[]) AS place (partition, "offset")
   WHERE position.consumer_group = $1 AND position.topic = $2 AND position.partition = place.partition
     AND position."offset" = place."offset"`,
);

/** What is still in the outbox counts for every group of its topic. */
export const listLag = readStatement<
  [],
  { consumer_group: string; topic: string; waiting: number; retrying: number; dead: number }
>(
  'event_log_lag',
  `WITH unmoved AS (
     SELECT topic, count(*) AS events FROM outbox GROUP BY topic
   ), behind AS (
     SELECT consumer_group, topic, sum(greatest(next_offset - "offset", 0))::bigint AS events
     FROM consumer_positions LEFT JOIN event_log_heads USING (topic, partition)
     GROUP BY consumer_group, topic
   ), failed AS (
     SELECT consumer_group, topic,
       count(*) FILTER (WHERE dead_at IS NULL) AS retrying, count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead
     FROM failed_events GROUP BY consumer_group, topic
   )
   SELECT consumer_group, topic, coalesce(behind.events, 0) + coalesce(unmoved.events, 0) AS waiting,
     coalesce(retrying, 0) AS retrying, coalesce(dead, 0) AS dead
   FROM behind LEFT JOIN unmoved USING (topic) LEFT JOIN failed USING (consumer_group, topic)
   ORDER BY consumer_group, topic`,
);

/** No row if it is empty. Transactions commit out of order, so the oldest id is nearly the oldest event. */
export const readOutboxAge = readStatement<[], { age_ms: number }>(
  'event_log_outbox_age',
  `SELECT extract(epoch FROM clock_timestamp() - created_at)::double precision * 1000 AS age_ms
   FROM outbox ORDER BY id LIMIT 1`,
);

/** The named positions of the group, or all of them, which then go to the beginning of what there is. */
export const seekPositions = writeStatement<
  [
    group: string,
    all: boolean,
    topics: readonly string[],
    partitions: readonly number[],
    offsets: readonly number[],
  ],
  { readonly moved: number }
>(
  'event_log_seek_positions',
  `WITH wanted AS MATERIALIZED (
     SELECT position.topic, position.partition,
       least(
         greatest(coalesce(place."offset", 0), coalesce(kept."first", head.next_offset, 0)),
         coalesce(head.next_offset, 0)
       ) AS "offset"
     FROM consumer_positions AS position
       LEFT JOIN event_log_heads AS head ON head.topic = position.topic AND head.partition = position.partition
       LEFT JOIN unnest($3::text[], $4::smallint[], $5::bigint[]) AS place (topic, partition, "offset")
         ON place.topic = position.topic AND place.partition = position.partition
       CROSS JOIN LATERAL (
         SELECT least(
           (
             SELECT min("offset") FROM event_log
             WHERE event_log.topic = position.topic AND event_log.partition = position.partition
           ), (
             SELECT min("offset") FROM kafka_runs
             WHERE kafka_runs.topic = position.topic AND kafka_runs.partition = position.partition
           )
         ) AS "first"
       ) AS kept
     WHERE position.consumer_group = $1 AND ($2::boolean OR place."offset" IS NOT NULL)
     ORDER BY position.topic, position.partition
     FOR UPDATE OF position
   ), moved AS (
     UPDATE consumer_positions AS position
     SET "offset" = wanted."offset", moved_at = clock_timestamp(), attempts = 0, retry_at = NULL
     FROM wanted
     WHERE position.consumer_group = $1 AND position.topic = wanted.topic AND position.partition = wanted.partition
     RETURNING 1
   ), forgotten AS (
     DELETE FROM failed_events AS failed USING wanted
     WHERE failed.consumer_group = $1 AND failed.topic = wanted.topic AND failed.partition = wanted.partition
       AND failed."offset" >= wanted."offset"
   )
   SELECT count(*) AS moved FROM moved`,
);

export const removePositions = writeStatement<[group: string]>(
  'event_log_remove_positions',
  'DELETE FROM consumer_positions WHERE consumer_group = $1',
);

/** A bounded number of the oldest events of every partition, as far as all groups have passed them. */
export const deleteExpiredEvents = writeStatement<
  [retentionMs: number, batchMax: number],
  { deleted: number }
>(
  'event_log_delete_expired',
  `WITH passed AS (
     SELECT head.topic, head.partition, least(head.next_offset, min(position."offset")) AS below
     FROM event_log_heads head LEFT JOIN consumer_positions position USING (topic, partition)
     GROUP BY head.topic, head.partition, head.next_offset
   ), expired AS (
     SELECT topic, partition, oldest."offset"
     FROM passed, LATERAL (
       SELECT event."offset", event.created_at FROM event_log event
       WHERE event.topic = passed.topic AND event.partition = passed.partition AND event."offset" < passed.below
       ORDER BY event."offset"
       LIMIT $2::integer
     ) AS oldest
     WHERE oldest.created_at < clock_timestamp() - $1::double precision * interval '1 ms'
   ), deleted AS (
     DELETE FROM event_log USING expired
     WHERE event_log.topic = expired.topic AND event_log.partition = expired.partition
       AND event_log."offset" = expired."offset"
     RETURNING 1
   )
   SELECT count(*) AS deleted FROM deleted`,
);
