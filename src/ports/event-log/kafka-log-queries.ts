/** The SQL of a log whose events are in Kafka: what is sent there, and where it came to be. */

import { readStatement, writeStatement } from '../sql-store/sql-store.ts';
import type { EventColumns } from './event-columns.ts';
import { EVENT_COLUMNS, INSERT_EVENTS } from './event-log-queries.ts';
import type { LocatedRow, RunHead } from './kafka-runs.ts';

/** Until the end of the transaction. `held` is false while another relay has it. */
export const tryRelayLock = writeStatement<[lock: number], { readonly held: boolean }>(
  'kafka_try_relay_lock',
  'SELECT pg_try_advisory_xact_lock($1::bigint) AS held',
);

export interface OutboxRow {
  readonly id: number;
  readonly shard: number;
  readonly topic: string;
  readonly partition: number;
  readonly key: number;
  readonly kind: string;
  /** As it was written. */
  readonly payload: string;
  readonly traceparent: string | null;
  readonly created_at: Date;
}

/** The oldest visible rows. Of the kind write: a replica may not have yet what was committed. */
export const pickOutbox = writeStatement<[limit: number], OutboxRow>(
  'kafka_pick_outbox',
  `SELECT id, shard, topic, partition, key, kind, payload::text AS payload, traceparent, created_at
   FROM outbox ORDER BY id LIMIT $1::integer`,
);

/** Adds to the outbox what Kafka does not take now, and answers the last of it. */
export const appendPublished = writeStatement<EventColumns, { readonly last_id: number }>(
  'kafka_append_published',
  `WITH added AS (
     ${INSERT_EVENTS} RETURNING id
   )
   SELECT max(id) AS last_id FROM added`,
);

/** Of the kind write, as pickOutbox. */
export const isInOutbox = writeStatement<[id: number], { readonly waits: boolean }>(
  'kafka_is_in_outbox',
  'SELECT EXISTS (SELECT 1 FROM outbox WHERE id = $1::bigint) AS waits',
);

export const createHeads = writeStatement<[topics: readonly string[], partitions: number]>(
  'kafka_create_heads',
  `INSERT INTO event_log_heads (topic, partition, next_offset)
   SELECT topics.topic, partitions.partition, 0
   FROM unnest($1::text[]) AS topics (topic) CROSS JOIN generate_series(0, $2::integer - 1) AS partitions (partition)
   ORDER BY topics.topic, partitions.partition
   ON CONFLICT DO NOTHING`,
);

/** Of the kind write, as all reads of what was just committed. */
export const listRunHeads = writeStatement<
  [topics: readonly string[], partitions: readonly number[]],
  RunHead
>(
  'kafka_list_run_heads',
  `SELECT head.topic, head.partition, head.next_offset, head.kafka_end, head.kafka_next, head.kafka_topic_id
   FROM unnest($1::text[], $2::smallint[]) AS place (topic, partition)
     JOIN event_log_heads AS head USING (topic, partition)
   ORDER BY head.topic, head.partition`,
);

/**
 * Moves heads, if they are still where they were expected, deletes from the outbox what Kafka has taken, and tells the
 * other processes. `heads` are those of `RunChanges` as JSON, in one order everywhere, for that is how they are locked.
 * `moved` is fewer where others were faster: then the transaction is to be rolled back.
 */
export const moveHeads = writeStatement<
  [heads: string, ids: readonly number[], channel: string, notification: string],
  { readonly deleted: number; readonly moved: number }
>(
  'kafka_move_heads',
  `WITH moved AS (
     UPDATE event_log_heads AS head
     SET next_offset = news.next_offset, kafka_end = news.next_offset, kafka_next = news.kafka_next,
       kafka_topic_id = news.kafka_topic_id
     FROM json_to_recordset($1::json) AS news (
       topic text, partition smallint, expected bigint, next_offset bigint, kafka_next bigint, kafka_topic_id text
     )
     WHERE head.topic = news.topic AND head.partition = news.partition AND head.next_offset = news.expected
     RETURNING 1
   ), gone AS (
     DELETE FROM outbox WHERE id = ANY ($2::bigint[]) RETURNING 1
   )
   SELECT (SELECT count(*) FROM gone) AS deleted, (SELECT count(*) FROM moved) AS moved,
     pg_notify($3::text, $4::text)`,
);

/** Ends the last runs of partitions and begins others: the runs of `RunChanges` as JSON. */
export const changeRuns = writeStatement<[closed: string, opened: string]>(
  'kafka_change_runs',
  `WITH closed AS (
     UPDATE kafka_runs AS run SET end_offset = ended.end_offset
     FROM json_to_recordset($1::json) AS ended (topic text, partition smallint, end_offset bigint)
     WHERE run.topic = ended.topic AND run.partition = ended.partition AND run.end_offset IS NULL
   )
   INSERT INTO kafka_runs (topic, partition, "offset", end_offset, kafka_offset, kafka_topic_id)
   SELECT topic, partition, "offset", end_offset, kafka_offset, kafka_topic_id
   FROM json_to_recordset($2::json) AS run (
     topic text, partition smallint, "offset" bigint, end_offset bigint, kafka_offset bigint, kafka_topic_id text
   )`,
);

const FIRST_RUN_AFTER = `LATERAL (
     SELECT run."offset" AS run_offset, coalesce(run.end_offset, head.kafka_end) AS run_end, run.kafka_offset,
       run.kafka_topic_id
     FROM kafka_runs AS run
     WHERE run.topic = head.topic AND run.partition = head.partition
       AND coalesce(run.end_offset, head.kafka_end) > place."offset"
     ORDER BY run."offset" LIMIT 1
   ) AS run`;

/** Where the log goes on from each place, which is told by its number from 1; none for those at the end. */
export const locatePlaces = writeStatement<
  [topics: readonly string[], partitions: readonly number[], offsets: readonly number[]],
  LocatedRow & { readonly number: number }
>(
  'kafka_locate_places',
  `SELECT place.number, place.topic, place.partition, place."offset" AS "from", head.next_offset,
     run.run_offset, run.run_end, run.kafka_offset, run.kafka_topic_id
   FROM unnest($1::text[], $2::smallint[], $3::bigint[])
       WITH ORDINALITY AS place (topic, partition, "offset", number)
     JOIN event_log_heads AS head ON head.topic = place.topic AND head.partition = place.partition
     LEFT JOIN ${FIRST_RUN_AFTER} ON true
   WHERE head.next_offset > place."offset"
   ORDER BY place.number`,
);

/** As `readTail`, with the places where the events are in place of the events. */
export const locateTail = writeStatement<
  [topics: readonly string[], partitions: readonly number[], offsets: readonly number[]],
  { readonly first_id: number | null; readonly last_id: number } & (LocatedRow | { readonly topic: null })
>(
  'kafka_locate_tail',
  `WITH edges AS (
     SELECT (SELECT min(id) FROM outbox) AS first_id, last_value AS last_id FROM outbox_id_seq
   ), behind AS (
     SELECT place.topic, place.partition, place."offset" AS "from", head.next_offset,
       run.run_offset, run.run_end, run.kafka_offset, run.kafka_topic_id
     FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS place (topic, partition, "offset")
       JOIN event_log_heads AS head ON head.topic = place.topic AND head.partition = place.partition
       LEFT JOIN ${FIRST_RUN_AFTER} ON true
     WHERE head.next_offset > place."offset"
   )
   SELECT edges.first_id, edges.last_id, behind.* FROM edges LEFT JOIN behind ON true`,
);

/** Of the keys, those of which an event is still to be tried again. */
export const findWaitingKeys = readStatement<
  [group: string, topic: string, keys: readonly number[]],
  { readonly key: number }
>(
  'kafka_find_waiting_keys',
  `SELECT DISTINCT key FROM failed_events
   WHERE consumer_group = $1 AND topic = $2 AND key = ANY ($3::bigint[]) AND dead_at IS NULL`,
);

/** Events that are at hand, as `setEventsAside` does with those of the table. */
export const insertAsideEvents = writeStatement<
  [
    group: string,
    topic: string,
    partition: number,
    offsets: readonly number[],
    shards: readonly number[],
    keys: readonly number[],
    kinds: readonly string[],
    payloads: readonly string[],
    traceparents: readonly (string | null)[],
    createdAt: readonly Date[],
    attempts: number,
    delayMs: number,
    error: string | null,
    dead: boolean,
  ]
>(
  'kafka_insert_aside_events',
  `INSERT INTO failed_events (consumer_group, ${EVENT_COLUMNS}, attempts, retry_at, error, dead_at)
   SELECT $1, $2, $3::smallint, "offset", shard, key, kind, payload::json, traceparent, created_at, $11::integer,
     clock_timestamp() + $12::double precision * interval '1 ms', $13::text,
     CASE WHEN $14::boolean THEN clock_timestamp() END
   FROM unnest($4::bigint[], $5::smallint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::timestamptz[])
     AS event ("offset", shard, key, kind, payload, traceparent, created_at)`,
);

/** Appends a copy of a dead letter, as an event of a topic of its own, if it is one. */
export const announceDeadLetter = writeStatement<
  [group: string, topic: string, partition: number, offset: number, topicOfDead: string]
>(
  'kafka_announce_dead_letter',
  `INSERT INTO outbox (shard, topic, partition, key, kind, payload, traceparent)
   SELECT shard, $5::text, partition, key, kind, json_build_object(
     'group', consumer_group, 'topic', topic, 'partition', partition, 'offset', "offset",
     'attempts', attempts, 'error', error, 'payload', payload
   ), traceparent
   FROM failed_events
   WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND "offset" = $4::bigint AND dead_at IS NOT NULL`,
);

export interface ExpirableRun {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly end_offset: number;
  readonly is_last: boolean;
  /** Of the topic that is written to: another one of its name, whatever its offsets say, has nothing to do with it. */
  readonly is_current: boolean;
  readonly kafka_offset: number;
  /** Groups have passed what is before. */
  readonly passed: number;
}

/** The runs of every partition, oldest first, and how far all groups of the topic have passed it. */
export const listExpirableRuns = readStatement<[], ExpirableRun>(
  'kafka_list_expirable_runs',
  `SELECT run.topic, run.partition, run."offset", coalesce(run.end_offset, head.kafka_end) AS end_offset,
     run.end_offset IS NULL AS is_last, run.kafka_topic_id = head.kafka_topic_id AS is_current, run.kafka_offset,
     least(head.next_offset, (
       SELECT min(position."offset") FROM consumer_positions AS position
       WHERE position.topic = run.topic AND position.partition = run.partition
     )) AS passed
   FROM kafka_runs AS run JOIN event_log_heads AS head USING (topic, partition)
   ORDER BY run.topic, run.partition, run."offset"`,
);

/** Lets runs begin later, unless somebody has done so meanwhile. */
export const shortenRuns = writeStatement<
  [
    topics: readonly string[],
    partitions: readonly number[],
    offsets: readonly number[],
    by: readonly number[],
  ]
>(
  'kafka_shorten_runs',
  `UPDATE kafka_runs AS run SET "offset" = run."offset" + shorter.by, kafka_offset = run.kafka_offset + shorter.by
   FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) AS shorter (topic, partition, "offset", by)
   WHERE run.topic = shorter.topic AND run.partition = shorter.partition AND run."offset" = shorter."offset"`,
);

/** Forgets runs of which nothing is left. Never the last one. */
export const deleteRuns = writeStatement<
  [topics: readonly string[], partitions: readonly number[], offsets: readonly number[]]
>(
  'kafka_delete_runs',
  `DELETE FROM kafka_runs AS run
   USING unnest($1::text[], $2::smallint[], $3::bigint[]) AS ended (topic, partition, "offset")
   WHERE run.topic = ended.topic AND run.partition = ended.partition AND run."offset" = ended."offset"
     AND run.end_offset IS NOT NULL`,
);

export interface GroupPlaceRow extends LocatedRow {
  readonly kafka_end: number | null;
  readonly kafka_next: number | null;
}

/** How far a group has come in each partition, and where it goes on. */
export const listGroupPlaces = readStatement<[group: string], GroupPlaceRow>(
  'kafka_list_group_places',
  `SELECT place.topic, place.partition, place."offset" AS "from", head.next_offset, head.kafka_end, head.kafka_next,
     run.run_offset, run.run_end, run.kafka_offset, run.kafka_topic_id
   FROM consumer_positions AS place
     JOIN event_log_heads AS head ON head.topic = place.topic AND head.partition = place.partition
     LEFT JOIN ${FIRST_RUN_AFTER} ON true
   WHERE place.consumer_group = $1`,
);
