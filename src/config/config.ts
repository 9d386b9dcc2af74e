/** The configuration: validated and nested, with every mistake reported at once, by the variable's name. */
import { resolve } from 'node:path';
import { isAddressRange } from '../core/address-range.ts';
import { KAFKA_URL_FORM, type KafkaAddress, parseKafkaUrl } from '../core/kafka-address.ts';
import { type ClusterNode, isClusterUrl, parseClusterUrl } from '../core/postgres-cluster.ts';
import { parseRedisUrl, REDIS_URL_FORM, type RedisAddress } from '../core/redis-address.ts';
import { parseRoutingUrl, ROUTING_URL_FORM, type RoutingAddress } from '../core/routing-address.ts';
import type { LogLevel } from '../telemetry/log.ts';
import { CITIES_FORM, type CityBox, parseCity } from './cities.ts';
import { EDGE_URL_FORM, type EdgeLocation, parseEdgeUrl } from './edge-locations.ts';
import type { Environment } from './env.ts';
import { FARES_FORM, type FareSetting, parseFare } from './fares.ts';
import { ROLES, type Role } from './roles.ts';
import { parseS3Url, S3_URL_FORM, type S3Location } from './s3-location.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';
import { parseSurge, SURGE_FORM, type SurgeLevelSetting } from './surge.ts';
import { SYSTEM_NAMES, type SystemName } from './systems.ts';

export interface Config {
  readonly roles: readonly Role[];
  /** Whose calls this process answers; `undefined`: all. */
  readonly systems: readonly SystemName[] | undefined;
  /** Absolute path of the folder that holds everything the embedded engines keep. */
  readonly dataFolder: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Where health and metrics are besides; `undefined`: nowhere. */
    readonly operationsPort: number | undefined;
    /** What clients use to reach this server; no trailing slash. `undefined`: the address it listens on. */
    readonly publicUrl: string | undefined;
    readonly trustedProxies: readonly string[];
    /** Whether connections of these begin with who is behind them. */
    readonly proxyProtocol: boolean;
    readonly corsOrigins: readonly string[];
  };
  readonly database: {
    /** `undefined`: the embedded PostgreSQL. May hold a password, so it is never logged. */
    readonly url: string | undefined;
    /** Where the URL names several servers with the same data. */
    readonly nodes: readonly ClusterNode[] | undefined;
    /** A pooler before the one server, for all that needs no session of its own. May hold a password. */
    readonly pooledUrl: string | undefined;
    /** Of each server. */
    readonly poolSize: number;
  };
  /** Where events are kept; `undefined`: in the database. Its password is never logged. */
  readonly eventLogKafka: KafkaAddress | undefined;
  readonly blobs: BlobsLocation;
  /** Caches before this server. Their secrets are never logged. */
  readonly edges: readonly EdgeLocation[];
  /** How many readers' home timelines are cached in memory. */
  readonly timelinesMax: number;
  /** Where they are cached; `undefined`: in the memory of one process. */
  readonly timelinesRedis: RedisAddress | undefined;
  /** Where requests are counted; `undefined`: in the memory of each process. */
  readonly rateLimitsRedis: RedisAddress | undefined;
  /** Where it is kept where drivers are; `undefined`: in the memory of each process, of those who are connected to it. */
  readonly geoIndexRedis: RedisAddress | undefined;
  readonly diskReserveBytes: number;
  readonly rateLimits: boolean;
  /** WebSockets and event streams of this process at most. */
  readonly liveConnectionsMax: number;
  readonly registration: 'open' | 'closed';
  /** Whether URLs of users may lead to addresses that are not of the public internet. */
  readonly outboundPrivate: 'refuse' | 'allow';
  /** Above which an author is pulled: followers, and followers times entries a day. */
  readonly pullLimits: { readonly pullFollowers: number; readonly pullDeliveries: number };
  /** How long the clicks of a link are kept by day. */
  readonly clickRetentionDays: number;
  readonly rides: {
    readonly cities: readonly CityBox[];
    readonly fares: readonly FareSetting[];
    /** The first is that without surge. One alone: there is no surge. */
    readonly surgeLevels: readonly SurgeLevelSetting[];
    readonly surgeRetentionDays: number;
    /** In the memory of this process. */
    readonly driversMax: number;
    /** Of drivers who are offered rides, from 1 to 5; those who are not rated yet are, too. */
    readonly ratingAbove: number;
    /** How long it is kept where drivers were. */
    readonly positionRetentionDays: number;
  };
  /** `undefined`: the roads in the data folder, or the great circle. */
  readonly routing: RoutingAddress | undefined;
  /** Absolute path of the operator's country table. */
  readonly geoDatabase: string | undefined;
  readonly links: {
    /** Where links are opened by their code alone; no trailing slash. `undefined`: below /l/ of this server. */
    readonly url: string | undefined;
    readonly cacheBytes: number;
    /** From so many people's reports on a link is warned of. 0: never. */
    readonly warnReports: number;
    /** Whether workers look whether targets are there. */
    readonly checks: boolean;
  };
  readonly log: { readonly level: LogLevel; readonly format: 'auto' | 'pretty' | 'json' };
  readonly trace: { readonly endpoint: string | undefined; readonly ratio: number };
}

/** Where pictures are kept: in a folder (absolute), or in an object storage, whose key is never logged. */
export type BlobsLocation =
  | { readonly kind: 'disk'; readonly folder: string }
  | { readonly kind: 's3'; readonly s3: S3Location };

/** Says every mistake of a configuration, or of a file; `problems` has one line each, naming the place and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], subject = 'The configuration') {
    super(`${subject} has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:`);
    this.problems = problems;
  }
}

const DATABASE_SCHEMES = ['embedded:', 'postgres:', 'postgresql:'];
const DATABASE_URL_FORM =
  'embedded: or a URL such as postgres://user:password@db.example:5432/groundswell, with further servers as docs/growing.md says';

const POOLED_URL = 'GROUNDSWELL_DATABASE_POOLED_URL';
const POOLED_SCHEMES = ['postgres:', 'postgresql:'];
const POOLED_URL_FORM = 'a URL such as postgres://user:password@pooler.example:6432/groundswell';

/** Reads and checks the whole environment. Throws a `ConfigError` that lists every mistake. */
export function loadConfig(environment: Environment): Config {
  const problems: string[] = [...unknownVariables(environment)];
  const read = createReader(environment, problems);
  const config: Config = {
    roles: read.list('GROUNDSWELL_ROLES', (text) => ROLES.find((role) => role === text), ROLES.join(', ')),
    systems: systemsOf(read),
    dataFolder: resolve(read.text('GROUNDSWELL_DATA')),
    http: {
      host: read.text('GROUNDSWELL_HOST'),
      port: read.integer('GROUNDSWELL_PORT', 0, 65_535),
      operationsPort: read.optionalInteger('GROUNDSWELL_OPERATIONS_PORT', 1, 65_535),
      publicUrl: read.url('GROUNDSWELL_PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, ''),
      trustedProxies: read.list(
        'GROUNDSWELL_TRUSTED_PROXIES',
        (text) => (isAddressRange(text) ? text : undefined),
        'addresses or ranges such as 10.0.0.0/8',
      ),
      proxyProtocol: read.choice('GROUNDSWELL_PROXY_PROTOCOL', ['on', 'off']) === 'on',
      corsOrigins: read.list('GROUNDSWELL_CORS_ORIGINS', origin, 'origins such as https://app.example'),
    },
    database: {
      ...databaseLocation(read),
      poolSize: read.integer('GROUNDSWELL_DATABASE_POOL_SIZE', 2, 200),
    },
    eventLogKafka: kafkaAddress(read),
    blobs: blobsLocation(read),
    edges: read.list('GROUNDSWELL_EDGE_URLS', parseEdgeUrl, EDGE_URL_FORM),
    timelinesRedis: redisAddress(read, 'GROUNDSWELL_TIMELINES_URL'),
    rateLimitsRedis: redisAddress(read, 'GROUNDSWELL_RATE_LIMITS_URL'),
    geoIndexRedis: redisAddress(read, 'GROUNDSWELL_GEO_INDEX_URL'),
    timelinesMax: read.integer('GROUNDSWELL_TIMELINES_MAX', 1, 10_000_000),
    diskReserveBytes: read.integer('GROUNDSWELL_DISK_RESERVE_MB', 0, 1_000_000) * 1_048_576,
    rateLimits: read.choice('GROUNDSWELL_RATE_LIMITS', ['on', 'off']) === 'on',
    liveConnectionsMax: read.integer('GROUNDSWELL_LIVE_CONNECTIONS', 0, 1_000_000),
    registration: read.choice('GROUNDSWELL_REGISTRATION', ['open', 'closed']),
    outboundPrivate: read.choice('GROUNDSWELL_OUTBOUND_PRIVATE', ['refuse', 'allow']),
    pullLimits: {
      pullFollowers: read.integer('GROUNDSWELL_PULL_FOLLOWERS', 1, 1_000_000_000),
      pullDeliveries: read.integer('GROUNDSWELL_PULL_DELIVERIES', 1, 1_000_000_000_000),
    },
    clickRetentionDays: read.integer('GROUNDSWELL_CLICK_RETENTION_DAYS', 1, 3_650),
    rides: {
      cities: read.list('GROUNDSWELL_CITIES', parseCity, CITIES_FORM),
      fares: read.list('GROUNDSWELL_FARES', parseFare, FARES_FORM),
      surgeLevels: surgeLevels(read),
      surgeRetentionDays: read.integer('GROUNDSWELL_SURGE_RETENTION_DAYS', 1, 3_650),
      driversMax: read.integer('GROUNDSWELL_DRIVERS_MAX', 1, 10_000_000),
      ratingAbove: read.decimal('GROUNDSWELL_DRIVER_RATING_ABOVE', 0, 5),
      positionRetentionDays: read.integer('GROUNDSWELL_POSITION_RETENTION_DAYS', 1, 3_650),
    },
    routing: routingAddress(read),
    geoDatabase: optionalPath(read.text('GROUNDSWELL_GEO_DATABASE')),
    links: {
      url: read.url('GROUNDSWELL_LINKS_URL', ['http:', 'https:'])?.replace(/\/+$/, ''),
      cacheBytes: read.integer('GROUNDSWELL_LINKS_CACHE_MB', 1, 100_000) * 1_048_576,
      warnReports: read.integer('GROUNDSWELL_LINKS_WARN_REPORTS', 0, 1_000),
      checks: read.choice('GROUNDSWELL_LINKS_CHECKS', ['on', 'off']) === 'on',
    },
    log: {
      level: read.choice('GROUNDSWELL_LOG_LEVEL', [
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
        'silent',
      ]),
      format: read.choice('GROUNDSWELL_LOG_FORMAT', ['auto', 'pretty', 'json']),
    },
    trace: {
      endpoint: read.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']),
      ratio: read.fraction('GROUNDSWELL_TRACE_RATIO'),
    },
  };
  problems.push(...rolesProblems(config), ...proxyProtocolProblems(config), ...linksUrlProblems(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function systemsOf(read: ReturnType<typeof createReader>): SystemName[] | undefined {
  const parse = (text: string) => SYSTEM_NAMES.find((name) => name === text);
  const systems = read.list('GROUNDSWELL_SYSTEMS', parse, SYSTEM_NAMES.join(', '));
  return systems.length === 0 ? undefined : systems;
}

/** Without trusted proxies, the word of any client would be taken. */
function proxyProtocolProblems({ http }: Config): string[] {
  if (!http.proxyProtocol || http.trustedProxies.length > 0) return [];
  return [
    'GROUNDSWELL_PROXY_PROTOCOL must be off without GROUNDSWELL_TRUSTED_PROXIES, which says whose connections begin with it.',
  ];
}

/** Without a Redis, where drivers are is in the memory of the process that has their streams. */
function rolesProblems({ roles, systems, geoIndexRedis }: Config): string[] {
  if (systems !== undefined && !roles.includes('api')) {
    return ['GROUNDSWELL_SYSTEMS must be empty without the role api: it says whose calls are answered.'];
  }
  if (!roles.includes('dispatch') || roles.includes('api') || geoIndexRedis !== undefined) return [];
  return [
    'GROUNDSWELL_ROLES must have api beside dispatch, such as api,dispatch, or GROUNDSWELL_GEO_INDEX_URL name a Redis: without one, where drivers are is known only by the process to which they connect.',
  ];
}

/** A host of links has no other paths: the API would be out of reach at the same one. */
function linksUrlProblems({ links, http }: Config): string[] {
  if (links.url === undefined) return [];
  const { host, pathname } = new URL(links.url);
  const isShared = http.publicUrl !== undefined && new URL(http.publicUrl).host === host;
  if (pathname === '/' && !isShared) return [];
  return [
    'GROUNDSWELL_LINKS_URL must be a URL without a path, of another host than GROUNDSWELL_PUBLIC_URL, such as https://go.example.',
  ];
}

function unknownVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('GROUNDSWELL_') && !name.startsWith('GROUNDSWELL_TEST_'))
    .filter((name) => !(name in SETTINGS))
    .map((name) => `${name} is not a setting. The settings are listed by: groundswell serve --help`);
}

/** Reads one variable a method; what is wrong is added to `problems`, and reading goes on with the default. */
function createReader(environment: Environment, problems: string[]) {
  const text = (name: SettingName): string => {
    const value = environment[name]?.trim();
    return value === undefined || value === '' ? SETTINGS[name].fallback : value;
  };
  const complain = (name: SettingName, must: string): void => {
    const found = isSecret(name) ? '' : `; it is ${JSON.stringify(text(name))}`;
    const problem = `${name} must be ${must}${found}.`;
    if (!problems.includes(problem)) problems.push(problem);
  };
  const number = (name: SettingName, pattern: RegExp, min: number, max: number, must: string): number => {
    const value = Number(text(name));
    if (pattern.test(text(name)) && value >= min && value <= max) return value;
    complain(name, must);
    return Number(SETTINGS[name].fallback);
  };
  const integer = (name: SettingName, min: number, max: number): number =>
    number(name, /^\d+$/, min, max, `a whole number from ${min} to ${max}`);
  return {
    text,
    complain,
    integer,
    optionalInteger: (name: SettingName, min: number, max: number): number | undefined =>
      text(name) === '' ? undefined : integer(name, min, max),
    decimal: (name: SettingName, min: number, max: number): number =>
      number(name, /^\d*\.?\d+$/, min, max, `a number from ${min} to ${max}`),
    fraction: (name: SettingName): number => number(name, /^\d*\.?\d+$/, 0, 1, 'a number from 0 to 1'),
    choice: <Choice extends string>(name: SettingName, choices: readonly Choice[]): Choice => {
      const found = choices.find((choice) => choice === text(name));
      if (found !== undefined) return found;
      complain(name, `one of ${choices.join(', ')}`);
      return choices[0] as Choice; // The lists above are not empty; loadConfig throws anyway.
    },
    list: <Item>(name: SettingName, parse: (text: string) => Item | undefined, must: string): Item[] => {
      const parts = text(name)
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      const items = parts.map(parse);
      if (items.includes(undefined)) complain(name, `a comma-separated list of ${must}`);
      return items.filter((item) => item !== undefined);
    },
    url: (
      name: SettingName,
      schemes: readonly string[],
      must = `a URL that starts with ${schemes.join(' or ')}`,
    ): string | undefined => {
      const value = text(name);
      if (value === '') return undefined;
      if (URL.canParse(value) && schemes.includes(new URL(value).protocol)) return value;
      complain(name, must);
      return undefined;
    },
  };
}

const REDIS_OR_MEMORY_FORM = `memory:, or a URL such as ${REDIS_URL_FORM}`;

/** That of the setting, or else the one for all. */
function routingAddress(read: ReturnType<typeof createReader>): RoutingAddress | undefined {
  const url = read.text('GROUNDSWELL_ROUTING_URL');
  if (url === '') return undefined;
  const address = parseRoutingUrl(url);
  if (address === undefined) read.complain('GROUNDSWELL_ROUTING_URL', ROUTING_URL_FORM);
  return address;
}

function redisAddress(read: ReturnType<typeof createReader>, name: SettingName): RedisAddress | undefined {
  const own = read.text(name);
  const [source, form] =
    own === ''
      ? (['GROUNDSWELL_REDIS_URL', REDIS_URL_FORM] as const)
      : ([name, REDIS_OR_MEMORY_FORM] as const);
  const url = read.text(source);
  if (url === '' || url === 'memory:') return undefined;
  const address = parseRedisUrl(url);
  if (address === undefined) read.complain(source, form);
  return address;
}

function optionalPath(text: string): string | undefined {
  return text === '' ? undefined : resolve(text);
}

function surgeLevels(read: ReturnType<typeof createReader>): readonly SurgeLevelSetting[] {
  const levels = parseSurge(read.text('GROUNDSWELL_SURGE'));
  if (levels === undefined) read.complain('GROUNDSWELL_SURGE', SURGE_FORM);
  return levels ?? [];
}

const BLOBS_URL_FORM = `disk:, disk:/path/of/a/folder, or ${S3_URL_FORM}`;

function blobsLocation(read: ReturnType<typeof createReader>): BlobsLocation {
  const text = read.text('GROUNDSWELL_BLOBS_URL');
  if (!text.startsWith('s3:')) return { kind: 'disk', folder: blobFolder(read) };
  const s3 = parseS3Url(text);
  if (s3 !== undefined) return { kind: 's3', s3 };
  read.complain('GROUNDSWELL_BLOBS_URL', BLOBS_URL_FORM);
  return { kind: 'disk', folder: '' };
}

function blobFolder(read: ReturnType<typeof createReader>): string {
  const url = read.url('GROUNDSWELL_BLOBS_URL', ['disk:'], BLOBS_URL_FORM) ?? 'disk:';
  const folder = url.slice('disk:'.length);
  return folder === '' ? resolve(read.text('GROUNDSWELL_DATA'), 'blobs') : resolve(folder);
}

function kafkaAddress(read: ReturnType<typeof createReader>): KafkaAddress | undefined {
  const text = read.text('GROUNDSWELL_EVENT_LOG_URL');
  if (text === 'postgres:') return undefined;
  const address = parseKafkaUrl(text);
  if (address === undefined) read.complain('GROUNDSWELL_EVENT_LOG_URL', `postgres: or ${KAFKA_URL_FORM}`);
  return address;
}

type DatabaseLocation = Omit<Config['database'], 'poolSize'>;

function databaseLocation(read: ReturnType<typeof createReader>): DatabaseLocation {
  const location = serversOf(read);
  const pooledUrl = read.url(POOLED_URL, POOLED_SCHEMES, POOLED_URL_FORM);
  if (pooledUrl !== undefined && (location.url === undefined || location.nodes !== undefined)) {
    read.complain(
      POOLED_URL,
      'unset, unless GROUNDSWELL_DATABASE_URL names the one server that is behind the pooler',
    );
  }
  return { ...location, pooledUrl };
}

function serversOf(read: ReturnType<typeof createReader>): Pick<DatabaseLocation, 'url' | 'nodes'> {
  const text = read.text('GROUNDSWELL_DATABASE_URL');
  if (isClusterUrl(text)) {
    const parsed = parseClusterUrl(text);
    if ('nodes' in parsed) return { url: text, nodes: parsed.nodes };
    read.complain('GROUNDSWELL_DATABASE_URL', parsed.must);
    return { url: undefined, nodes: undefined };
  }
  const url = read.url('GROUNDSWELL_DATABASE_URL', DATABASE_SCHEMES, DATABASE_URL_FORM);
  return { url: url?.startsWith('embedded:') ? undefined : url, nodes: undefined };
}

function origin(text: string): string | undefined {
  return URL.canParse(text) && new URL(text).origin === text ? text : undefined;
}

function isSecret(name: SettingName): boolean {
  const setting: Setting = SETTINGS[name];
  return setting.secret === true;
}
