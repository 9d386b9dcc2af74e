-- Where the events are that went to Kafka (docs/decisions/0023).

-- The offset that follows the last event which went to Kafka; the topic there, and the offset that its next record has
-- if nobody else writes to the partition: then the last run goes on. Null before the first run.
ALTER TABLE event_log_heads
    ADD COLUMN kafka_end bigint, ADD COLUMN kafka_next bigint, ADD COLUMN kafka_topic_id text;

-- Runs of events that follow each other in the log as in Kafka, so that the offset of one tells that of all. A new run
-- begins where Kafka holds what is not of the log: what a relay sent that died before it said so. Events of no run are
-- in the table event_log. Bookkeeping of the log, of no owner: no shard.
CREATE TABLE kafka_runs (
    topic text NOT NULL,
    partition smallint NOT NULL,
    -- Of the first event.
    "offset" bigint NOT NULL,
    -- That follows the last one. Null in the last run of the partition, which ends at the head's kafka_end.
    end_offset bigint,
    -- Of the first event, in Kafka.
    kafka_offset bigint NOT NULL,
    -- As Kafka says it: a topic that was made anew, or is another cluster's, has other events at the same offsets.
    kafka_topic_id text NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);
