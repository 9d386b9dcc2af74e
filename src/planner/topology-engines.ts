/** The engines of a topology, and how they are read from its file: each is started by us, or named by its URL. */
import { PORT_MAX, readCpu, type StartedEngine } from './started-engine.ts';
import { readHaproxy, type StartedHaproxy } from './topology-balancer.ts';
import type { Place, TopologyReader } from './topology-reader.ts';

/** Inside the one process that uses it. */
export interface EmbeddedEngine {
  readonly kind: 'embedded';
}

/** Runs already, and is none of our business but for its address. */
export interface ExternalEngine {
  readonly kind: 'external';
  /** May hold a password. */
  readonly url: string;
}

export interface StartedPostgres extends StartedEngine {
  /** 1, or a primary, a synchronous standby and further replicas, with Patroni that promotes. */
  readonly nodes: number;
}

export interface StartedRedis extends StartedEngine {
  /** 1, or the primaries of a Redis Cluster. */
  readonly nodes: number;
  /** Of each node: beyond it, what was used least recently is forgotten. */
  readonly memoryMb: number;
}

export interface StartedKafka extends StartedEngine {
  /** Folder with Kafka's jars, or with `libs/` that has them. */
  readonly home: string | undefined;
  readonly heapMb: number;
}

export interface TopologyEngines {
  readonly postgres: EmbeddedEngine | ExternalEngine | StartedPostgres;
  readonly redis: ExternalEngine | StartedRedis | undefined;
  readonly kafka: ExternalEngine | StartedKafka | undefined;
  readonly s3: ExternalEngine | undefined;
  readonly haproxy: StartedHaproxy | undefined;
}

export const POSTGRES_NODES_MAX = 8;
export const REDIS_NODES_MAX = 16;
/** With fewer primaries a cluster cannot agree that one of them is dead. */
const CLUSTER_NODES_MIN = 3;
const MEMORY_MB_MIN = 16;
const MEMORY_MB_MAX = 1_048_576;

export function readEngines(read: TopologyReader, place: Place): TopologyEngines {
  const engines = read.fields(place, ['postgres', 'redis', 'kafka', 's3', 'haproxy']);
  const isEmbedded = engines.postgres.value === undefined || engines.postgres.value === 'embedded';
  return {
    postgres: isEmbedded ? { kind: 'embedded' } : readPostgres(read, engines.postgres),
    redis: whereNamed(engines.redis, (redis) => readRedis(read, redis)),
    kafka: whereNamed(engines.kafka, (kafka) => readKafka(read, kafka)),
    s3: whereNamed(engines.s3, (s3) => readS3(read, s3)),
    haproxy: whereNamed(engines.haproxy, (haproxy) => readHaproxy(read, haproxy)),
  };
}

function whereNamed<Engine>(place: Place, readNamed: (place: Place) => Engine): Engine | undefined {
  return place.value === undefined ? undefined : readNamed(place);
}

function readPostgres(read: TopologyReader, place: Place): ExternalEngine | StartedPostgres {
  const fields = read.fields(place, ['url', 'port', 'cpu', 'nodes']);
  const url = /^postgres(ql)?:\/\//;
  const form = 'a URL such as postgres://user:password@db.example:5432/groundswell';
  return (
    readExternal(read, fields, url, form) ?? {
      ...readStarted(read, fields),
      nodes: read.integer(fields.nodes, 1, POSTGRES_NODES_MAX) ?? 1,
    }
  );
}

function readRedis(read: TopologyReader, place: Place): ExternalEngine | StartedRedis {
  const fields = read.fields(place, ['url', 'port', 'cpu', 'nodes', 'memory_mb']);
  const form = 'a URL such as redis://:password@cache.example:6379 or redis-cluster://…';
  const nodesFit = (value: number) =>
    value === 1 || (Number.isInteger(value) && value >= CLUSTER_NODES_MIN && value <= REDIS_NODES_MAX);
  return (
    readExternal(read, fields, /^(rediss?|redis-cluster):\/\//, form) ?? {
      ...readStarted(read, fields),
      nodes:
        read.number(
          fields.nodes,
          `1, or ${CLUSTER_NODES_MIN} to ${REDIS_NODES_MAX} of a cluster`,
          nodesFit,
        ) ?? 1,
      memoryMb: read.integer(fields.memory_mb, MEMORY_MB_MIN, MEMORY_MB_MAX) ?? 256,
    }
  );
}

function readKafka(read: TopologyReader, place: Place): ExternalEngine | StartedKafka {
  const fields = read.fields(place, ['url', 'port', 'cpu', 'home', 'heap_mb']);
  return (
    readExternal(read, fields, /^kafka:\/\//, 'a URL such as kafka://broker.example:9092') ?? {
      ...readStarted(read, fields),
      home: read.text(fields.home, "the path of Kafka's folder"),
      heapMb: read.integer(fields.heap_mb, MEMORY_MB_MIN, MEMORY_MB_MAX) ?? 512,
    }
  );
}

/** Object storage is somebody's service; `up` starts none. */
function readS3(read: TopologyReader, place: Place): ExternalEngine | undefined {
  const fields = read.fields(place, ['url']);
  const form = 'a URL such as s3://key:secret@host:9000/bucket';
  if (fields.url.value === undefined)
    read.complain(fields.url, `must be ${form}; object storage is not started here.`);
  return readExternal(read, fields, /^s3:\/\//, form);
}

/** `undefined` where no URL is named. Whoever names one cannot say how the engine shall be started. */
function readExternal(
  read: TopologyReader,
  { url, ...others }: Readonly<Record<'url', Place>> & Readonly<Record<string, Place>>,
  pattern: RegExp,
  form: string,
): ExternalEngine | undefined {
  if (url.value === undefined) return undefined;
  for (const other of Object.values(others).filter(({ value }) => value !== undefined)) {
    read.complain(
      other,
      'says how an engine is started, and its url says that it runs already. Take one of them out.',
    );
  }
  return { kind: 'external', url: read.text(url, form, pattern) ?? '' };
}

function readStarted(
  read: TopologyReader,
  { port, cpu }: { readonly port: Place; readonly cpu: Place },
): StartedEngine {
  return { kind: 'started', port: read.integer(port, 1, PORT_MAX), cpu: readCpu(read, cpu) };
}
