/**
 * What the event log asks of Kafka, in Kafka's own terms: topics, partitions, and offsets that Kafka gives out.
 * Everything fails with `unavailable` while the brokers that it needs are away.
 */

export interface KafkaPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Shown by Kafka's tools, and what the log's age is told by. */
  readonly timestampMs: number;
}

export interface KafkaBatch extends KafkaPartition {
  /** Their keys and values at most BATCH_BYTES_MAX together. */
  readonly records: readonly KafkaRecord[];
}

export interface KafkaPlace extends KafkaPartition {
  readonly offset: number;
}

/** A place of a certain topic, whatever else has its name: one that was made anew, or another cluster's. */
export interface TopicPlace extends KafkaPlace {
  /** As Kafka gives it to a topic. */
  readonly topicId: string;
}

export interface FetchedRecords extends TopicPlace {
  /** From `offset` on, without a gap. Empty when Kafka has none yet, or is slow. */
  readonly records: readonly KafkaRecord[];
  /** What was there is there no more, or nowhere in this cluster. */
  readonly deleted: boolean;
}

/** Kafka takes batches of 1,048,588 bytes unless told otherwise; this leaves room for headers. */
export const BATCH_BYTES_MAX = 800_000;
/** Asked of a partition at a time; Kafka answers one batch at least, however large. */
export const FETCH_BYTES_PER_PARTITION = 131_072;

export interface KafkaCluster {
  /** Creates the topics that do not exist, as the log needs them. Fails with `conflict` where one has too few partitions. */
  createTopics(topics: readonly string[]): Promise<void>;

  /**
   * Appends each batch to its partition as a whole, and answers the places of their first records. Resolves when all
   * replicas in sync have them. Topics that are absent are created. After a failure any of them may be in Kafka, more than once. At most one batch a partition.
   */
  produce(batches: readonly KafkaBatch[]): Promise<readonly TopicPlace[]>;

  /** What Kafka has at the places, at most FETCH_BYTES_PER_PARTITION of each. */
  fetch(places: readonly TopicPlace[]): Promise<readonly FetchedRecords[]>;

  /** The first offset of each partition whose record is as young as that; where there is none, the end. */
  offsetsAt(partitions: readonly KafkaPartition[], timestampMs: number): Promise<readonly KafkaPlace[]>;

  /** Deletes what is before the places. */
  deleteBefore(places: readonly KafkaPlace[]): Promise<void>;

  /** Says for Kafka's own tools how far a group is; nothing here reads it. */
  commit(group: string, places: readonly KafkaPlace[]): Promise<void>;

  /** Resolves if Kafka answers now. Opens connections, which the next call then need not. */
  ping(): Promise<void>;

  close(): Promise<void>;
}
