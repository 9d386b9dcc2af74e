/** Kafka by the client of Platformatic (Kafka 3.5 and later). */
import {
  Admin,
  type BaseOptions,
  type ClusterMetadata,
  Consumer,
  type fetchV17,
  ProduceAcks,
  Producer,
  UserError,
} from '@platformatic/kafka';
import type { Clock } from '../../core/clock.ts';
import { AppError, assert } from '../../core/errors.ts';
import type { KafkaAddress } from '../../core/kafka-address.ts';
import { PARTITIONS } from './event-log.ts';
import {
  FETCH_BYTES_PER_PARTITION,
  type FetchedRecords,
  type KafkaBatch,
  type KafkaCluster,
  type KafkaPartition,
  type KafkaPlace,
  type KafkaRecord,
  type TopicPlace,
} from './kafka-cluster.ts';

export interface KafkaClusterOptions {
  readonly address: KafkaAddress;
  readonly clock: Clock;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** For the answer to one request. */
const REQUEST_TIMEOUT_MS = 4_000;
/** How long a broker may wait for replicas, or for what is not there yet. */
const PRODUCE_TIMEOUT_MS = 3_000;
const FETCH_WAIT_MS = 100;
/** While another broker takes over, or a new topic is made known to all. */
const STALE_RETRIES_MAX = 40;
const STALE_RETRY_DELAY_MS = 50;
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION';
const NOT_LEADER = 'NOT_LEADER_OR_FOLLOWER';
/** What brokers answer who are not, or not yet, where the client thinks that a partition is. */
const STALE_API_IDS = new Set([
  UNKNOWN_TOPIC,
  NOT_LEADER,
  'UNKNOWN_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);
/** The offset that stands for the end of a partition. */
const LATEST = -1n;
/** And that of its beginning. */
const EARLIEST = -2n;
/** As Kafka's default, which a broker may have been told otherwise. */
const DEFAULT_REPLICAS = -1;
const TOPIC_CONFIG: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  // By `deleteExpired`, which knows who has yet to read it. Kafka frees whole segments.
  'retention.ms': '-1',
  'segment.bytes': '134217728',
  'message.timestamp.type': 'CreateTime',
};

export function createKafkaCluster(options: KafkaClusterOptions): KafkaCluster {
  const { address, clock } = options;
  const { prefix } = address;
  const base = baseOptions(address);
  // Each has connections of its own: a broker answers one after the other what comes on one.
  const admin = new Admin(base);
  const producer = new Producer({ ...base, acks: ProduceAcks.ALL });
  const consumer = new Consumer({ ...base, groupId: `${prefix}tail` });
  const named = (topic: string): string => prefix + topic;
  const unnamed = (name: string): string => name.slice(prefix.length);

  async function createTopics(topics: readonly string[]): Promise<void> {
    const existing = new Set(await admin.listTopics({ includeInternals: false }));
    const absent = topics.map(named).filter((name) => !existing.has(name));
    if (absent.length > 0) await createAbsent(absent);
    const { topics: found } = await admin.metadata({ topics: topics.map(named), forceUpdate: true });
    for (const [name, { partitionsCount }] of found) {
      if (partitionsCount < PARTITIONS) throw tooFewPartitions(name, partitionsCount);
    }
  }

  async function createAbsent(names: readonly string[]): Promise<void> {
    const configs = Object.entries(TOPIC_CONFIG).map(([name, value]) => ({ name, value }));
    const replicas = address.replicas ?? DEFAULT_REPLICAS;
    try {
      await admin.createTopics({ topics: [...names], partitions: PARTITIONS, replicas, configs });
    } catch (error) {
      // Another process was faster.
      if (!hasApiId(error, 'TOPIC_ALREADY_EXISTS')) throw error;
    }
  }

  /** Creates those that are absent: whoever is the first to say something of a topic need not wait to be told. */
  async function knownTopics(topics: readonly string[]): Promise<ClusterMetadata['topics']> {
    const names = topics.map(named);
    try {
      return (await producer.metadata({ topics: names })).topics;
    } catch (error) {
      if (!hasApiId(error, UNKNOWN_TOPIC)) throw error;
      await createTopics(topics);
      return (await producer.metadata({ topics: names, forceUpdate: true })).topics;
    }
  }

  async function produce(batches: readonly KafkaBatch[]): Promise<readonly TopicPlace[]> {
    const messages = batches.flatMap(({ topic, partition, records }) =>
      records.map(({ key, value, headers, timestampMs }) => ({
        topic: named(topic),
        partition,
        key: Buffer.from(key),
        value,
        headers: new Map(
          Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
        ),
        timestamp: BigInt(timestampMs),
      })),
    );
    const topics = await knownTopics([...new Set(batches.map(({ topic }) => topic))]);
    const { offsets = [] } = await producer.send({ messages, acks: ProduceAcks.ALL });
    const firsts = new Map(offsets.map((each) => [`${each.topic} ${each.partition}`, Number(each.offset)]));
    return batches.map(({ topic, partition }) => {
      const [offset, found] = [firsts.get(`${named(topic)} ${partition}`), topics.get(named(topic))];
      assert(
        offset !== undefined && found !== undefined,
        `Kafka says where ${topic}/${partition} was appended`,
      );
      return { topic, partition, topicId: found.id, offset };
    });
  }

  async function fetch(places: readonly TopicPlace[]): Promise<readonly FetchedRecords[]> {
    const topics = [...new Set(places.map(({ topic }) => named(topic)))];
    const metadata = await consumer.metadata({ topics });
    const isHere = ({ topic, topicId }: TopicPlace) => metadata.topics.get(named(topic))?.id === topicId;
    const elsewhere = places.filter((place) => !isHere(place));
    const answers = await Promise.all(
      [...byLeader(places.filter(isHere), metadata, named)].map(([node, own]) => fetchFrom(node, own)),
    );
    return [...answers.flat(), ...elsewhere.map((place) => ({ ...place, records: [], deleted: true }))];
  }

  async function fetchFrom(node: number, places: readonly TopicPlace[]): Promise<FetchedRecords[]> {
    const maxBytes = FETCH_BYTES_PER_PARTITION * places.length;
    const wait = { maxWaitTime: FETCH_WAIT_MS, minBytes: 1, maxBytes, isolationLevel: 0 } as const;
    const responses = await consumer
      .fetch({ node, topics: fetchTopics(places), ...wait })
      .then(({ responses: found }) => found, answersBesideErrors);
    const found = new Map(
      responses.flatMap(({ topicId, partitions }) =>
        partitions.map((each) => [`${topicId} ${each.partitionIndex}`, each] as const),
      ),
    );
    const answers = places.map((place) => {
      return { place, answer: found.get(`${place.topicId} ${place.partition}`) };
    });
    const outside = answers.filter(({ answer }) => answer?.errorCode === OUT_OF_RANGE);
    const starts =
      outside.length === 0
        ? []
        : await listOffsets(
            outside.map(({ place }) => place),
            EARLIEST,
          );
    return answers.map(({ place, answer }) => fetchedAt(place, answer, starts));
  }

  async function offsetsAt(
    partitions: readonly KafkaPartition[],
    timestampMs: number,
  ): Promise<readonly KafkaPlace[]> {
    const young = await listOffsets(partitions, BigInt(timestampMs));
    const missing = young.filter(({ offset }) => offset < 0);
    const ends = missing.length === 0 ? [] : await listOffsets(missing, LATEST);
    return [...young.filter(({ offset }) => offset >= 0), ...ends];
  }

  async function listOffsets(
    partitions: readonly KafkaPartition[],
    timestamp: bigint,
  ): Promise<readonly KafkaPlace[]> {
    const topics = groupByTopic(partitions).map(([topic, own]) => ({
      name: named(topic),
      partitions: own.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
    }));
    const found = await admin.listOffsets({ topics });
    return found.flatMap(({ name, partitions: own }) =>
      own.map(({ partitionIndex, offset }) => ({
        topic: unnamed(name),
        partition: partitionIndex,
        offset: Number(offset),
      })),
    );
  }

  const offsetsByTopic = (places: readonly KafkaPlace[]) =>
    groupByTopic(places).map(([topic, own]) => ({
      name: named(topic),
      offsets: own.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) })),
    }));

  const call =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      for (let retries = 0; ; retries += 1) {
        try {
          return await work(...args);
        } catch (error) {
          if (retries === STALE_RETRIES_MAX || !isStale(error)) throw translate(error);
        }
        for (const client of [admin, producer, consumer]) client.clearMetadata();
        await clock.sleep(STALE_RETRY_DELAY_MS);
      }
    };

  return {
    createTopics: call(createTopics),
    produce: call(produce),
    fetch: call(fetch),
    offsetsAt: call(offsetsAt),

    deleteBefore: call(async (places: readonly KafkaPlace[]) => {
      const topics = offsetsByTopic(places).map(({ name, offsets }) => ({ name, partitions: offsets }));
      await admin.deleteRecords({ topics });
    }),

    commit: call(async (group: string, places: readonly KafkaPlace[]) => {
      const topics = offsetsByTopic(places).map(({ name, offsets }) => ({ name, partitionOffsets: offsets }));
      await admin.alterConsumerGroupOffsets({ groupId: named(group), topics });
    }),

    ping: call(async () => {
      const all = { topics: [], forceUpdate: true };
      await Promise.all([producer.metadata(all), consumer.metadata(all)]);
    }),

    async close() {
      await Promise.all([admin.close(), producer.close(true), consumer.close(true)]);
    },
  };
}

function baseOptions({ brokers, tls, login }: KafkaAddress): BaseOptions {
  return {
    clientId: 'groundswell',
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    timeout: PRODUCE_TIMEOUT_MS,
    // Whoever calls decides what is tried again.
    retries: 0,
    autocreateTopics: false,
    ...(tls && { tls: {} }),
    ...(login !== undefined && {
      sasl: { mechanism: login.mechanism, username: login.user, password: login.password },
    }),
  };
}

function byLeader(
  places: readonly TopicPlace[],
  { topics }: ClusterMetadata,
  named: (topic: string) => string,
): Map<number, TopicPlace[]> {
  const leaders = new Map<number, TopicPlace[]>();
  for (const place of places) {
    const leader = topics.get(named(place.topic))?.partitions[place.partition]?.leader;
    if (leader === undefined || leader < 0) throw new UserError(`Unknown topic ${place.topic}`);
    leaders.set(leader, [...(leaders.get(leader) ?? []), place]);
  }
  return leaders;
}

function fetchTopics(places: readonly TopicPlace[]): fetchV17.FetchRequestTopic[] {
  return groupByTopic(places).map(([, own]) => ({
    topicId: own[0]?.topicId ?? '',
    partitions: own.map(({ partition, offset }) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES_PER_PARTITION,
    })),
  }));
}

type FetchedTopics = readonly {
  readonly topicId: string;
  readonly partitions: fetchV17.FetchResponsePartition[];
}[];

/** The client fails as a whole when a broker refuses one of the partitions. */
function answersBesideErrors(error: unknown): FetchedTopics {
  const response = isRecord(error) ? error['response'] : undefined;
  if (!hasApiId(error, 'OFFSET_OUT_OF_RANGE') || !isRecord(response)) throw error;
  return response['responses'] as FetchedTopics; // What its parser has made of the answer.
}

/** Kafka's OFFSET_OUT_OF_RANGE. */
const OUT_OF_RANGE = 1;

function fetchedAt(
  place: TopicPlace,
  answer: fetchV17.FetchResponsePartition | undefined,
  starts: readonly KafkaPlace[],
): FetchedRecords {
  if (answer?.errorCode === OUT_OF_RANGE) {
    const start = starts.find(
      ({ topic, partition }) => topic === place.topic && partition === place.partition,
    );
    return { ...place, records: [], deleted: place.offset < (start?.offset ?? 0) };
  }
  if (answer !== undefined && answer.errorCode !== 0) throw away(new Error(`error ${answer.errorCode}`));
  const records: KafkaRecord[] = [];
  for (const batch of answer?.records ?? []) {
    for (const { key, value, headers, offsetDelta, timestampDelta } of batch.records) {
      // A batch comes as a whole, however late in it the place is.
      if (Number(batch.firstOffset) + offsetDelta !== place.offset + records.length) continue;
      records.push({
        key: key?.toString() ?? '',
        value: value ?? Buffer.alloc(0),
        headers: Object.fromEntries(headers.map(([name, text]) => [String(name), String(text)])),
        timestampMs: Number(batch.firstTimestamp + timestampDelta),
      });
    }
  }
  return { ...place, records, deleted: false };
}

function groupByTopic<Place extends KafkaPartition>(places: readonly Place[]): [string, Place[]][] {
  const topics = new Map<string, Place[]>();
  for (const place of places) topics.set(place.topic, [...(topics.get(place.topic) ?? []), place]);
  return [...topics];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function hasApiId(error: unknown, apiId: string): boolean {
  return apiIdsOf(error).includes(apiId);
}

function isStale(error: unknown): boolean {
  const apiIds = apiIdsOf(error);
  return apiIds.length > 0 && apiIds.every((apiId) => STALE_API_IDS.has(apiId));
}

/** What Kafka said, anywhere in an error of the client. */
function apiIdsOf(error: unknown): string[] {
  if (!isRecord(error)) return [];
  const { apiId, errors, cause, code } = error;
  const own = typeof apiId === 'string' ? [apiId] : [];
  // The client says by itself when it has heard of no such topic.
  if (error instanceof UserError && error.message.startsWith('Unknown topic')) own.push(UNKNOWN_TOPIC);
  // NOTE: this release stumbles over what brokers add to a refusal: who is the leader now.
  if (code === 'OUT_OF_BOUNDS') own.push(NOT_LEADER);
  const inner: unknown[] = Array.isArray(errors) ? errors : [];
  return [...own, ...inner.flatMap(apiIdsOf), ...apiIdsOf(cause)];
}

function translate(error: unknown): unknown {
  return error instanceof AppError ? error : away(error);
}

function away(cause: unknown): AppError {
  return new AppError('unavailable', 'The event log is away. Try again shortly.', { cause });
}

function tooFewPartitions(name: string, found: number): AppError {
  return new AppError(
    'conflict',
    `The topic ${name} has ${found} partitions and needs ${PARTITIONS}: add some, or use another prefix.`,
  );
}
