/** Every setting: its default and what it is for. `--help` prints this table; `config.ts` says what is valid. */

export interface Setting {
  readonly fallback: string;
  readonly purpose: string;
  /** Never shown in messages. */
  readonly secret?: true;
}

export const SETTINGS = {
  GROUNDSWELL_ROLES: { fallback: 'api,worker,dispatch', purpose: 'what this process does' },
  GROUNDSWELL_SYSTEMS: {
    fallback: '',
    purpose: 'systems whose calls this process answers, such as feed,links; none: all there are',
  },
  GROUNDSWELL_DATA: { fallback: './data', purpose: 'folder of the embedded engines' },
  GROUNDSWELL_HOST: { fallback: '127.0.0.1', purpose: 'address to listen on; 0.0.0.0 for all' },
  GROUNDSWELL_PORT: { fallback: '8080', purpose: 'port to listen on; 0 takes a free one' },
  GROUNDSWELL_OPERATIONS_PORT: {
    fallback: '',
    purpose: 'port of health and metrics alone; none: they are beside the API, and a worker has none',
  },
  GROUNDSWELL_PUBLIC_URL: { fallback: '', purpose: 'what clients use to reach this server' },
  GROUNDSWELL_TRUSTED_PROXIES: {
    fallback: '',
    purpose: 'addresses or ranges whose X-Forwarded-For is believed',
  },
  GROUNDSWELL_PROXY_PROTOCOL: {
    fallback: 'off',
    purpose: 'on: connections of trusted proxies begin with who is behind them (PROXY protocol 1)',
  },
  GROUNDSWELL_CORS_ORIGINS: { fallback: '', purpose: 'origins whose pages may call the API' },
  GROUNDSWELL_DATABASE_URL: {
    fallback: 'embedded:',
    purpose:
      'embedded:, or postgres://user:password@host/database; with replicas host,host/database?replica=host',
    secret: true,
  },
  GROUNDSWELL_DATABASE_POOLED_URL: {
    fallback: '',
    purpose:
      'a PgBouncer before that server, in transaction mode: for statements and transactions; see docs/growing.md',
    secret: true,
  },
  GROUNDSWELL_DATABASE_POOL_SIZE: {
    fallback: '10',
    purpose:
      'connections to each server of the database at most; four more are for the event log and the home timelines',
  },
  GROUNDSWELL_EVENT_LOG_URL: {
    fallback: 'postgres:',
    purpose: 'where events are kept: postgres: for the database, or kafka://host:port,host:port',
    secret: true,
  },
  GROUNDSWELL_BLOBS_URL: {
    fallback: 'disk:',
    purpose:
      'where pictures are kept: disk: for a folder in the data folder, disk:/path/of/a/folder, or s3://key:secret@host/bucket',
    secret: true,
  },
  GROUNDSWELL_EDGE_URLS: {
    fallback: '',
    purpose:
      'edge caches to be told what was deleted, such as http://:secret@edge.example; see `render nginx`',
    secret: true,
  },
  GROUNDSWELL_REDIS_URL: {
    fallback: '',
    purpose: 'what processes share quickly, as redis://host:6379 or redis-cluster://host:6379; none: memory',
    secret: true,
  },
  GROUNDSWELL_TIMELINES_URL: {
    fallback: '',
    purpose: 'where home timelines are cached: memory: or a Redis; none: as GROUNDSWELL_REDIS_URL says',
    secret: true,
  },
  GROUNDSWELL_RATE_LIMITS_URL: {
    fallback: '',
    purpose: 'where requests are counted: memory: or a Redis; none: as GROUNDSWELL_REDIS_URL says',
    secret: true,
  },
  GROUNDSWELL_GEO_INDEX_URL: {
    fallback: '',
    purpose:
      'where it is kept where drivers are: memory: or a Redis; none: as GROUNDSWELL_REDIS_URL says. dispatch without api needs a Redis',
    secret: true,
  },
  GROUNDSWELL_TIMELINES_MAX: {
    fallback: '1000000',
    purpose: 'readers whose home timeline is cached in memory, the most active ones',
  },
  GROUNDSWELL_DISK_RESERVE_MB: {
    fallback: '256',
    purpose: 'free disk under which writes are refused (embedded database)',
  },
  GROUNDSWELL_RATE_LIMITS: { fallback: 'on', purpose: 'on, or off for benchmarks' },
  GROUNDSWELL_LIVE_CONNECTIONS: {
    fallback: '20000',
    purpose: 'live connections of this process at most; some 20 MB for each 1,000',
  },
  GROUNDSWELL_REGISTRATION: { fallback: 'open', purpose: 'open or closed' },
  GROUNDSWELL_OUTBOUND_PRIVATE: {
    fallback: 'refuse',
    purpose: 'refuse or allow URLs of users that lead to private addresses; allow only to try things out',
  },
  GROUNDSWELL_PULL_FOLLOWERS: {
    fallback: '10000',
    purpose: 'followers above which readers fetch what an author writes, instead of its being delivered',
  },
  GROUNDSWELL_PULL_DELIVERIES: {
    fallback: '1000000',
    purpose: 'the same, for followers times posts a day',
  },
  GROUNDSWELL_CLICK_RETENTION_DAYS: {
    fallback: '730',
    purpose: 'days for which the clicks of a link are kept by day',
  },
  GROUNDSWELL_CITIES: {
    fallback: 'new_york=40.3/-74.6/41.2/-73.3,everywhere=-90/-180/90/180',
    purpose: 'where drivers drive: name=south/west/north/east in degrees; the first that fits counts',
  },
  GROUNDSWELL_FARES: {
    fallback:
      'economy=USD/255/110/40/275/800/500/75,comfort=USD/380/150/55/275/1100/500/75,xl=USD/450/180/60/275/1300/500/75,wheelchair=USD/255/110/40/275/800/500/75',
    purpose:
      "what rides cost, in cents or the like: type, or city.type=currency/base/km/minute/fees/minimum/cancellation/driver's percent",
  },
  GROUNDSWELL_SURGE: {
    fallback: '1.5@1,2@2,3@4',
    purpose:
      'off, or multipliers of fares, each with the requests for each free driver from which it applies',
  },
  GROUNDSWELL_SURGE_RETENTION_DAYS: {
    fallback: '30',
    purpose: 'days for which versions of the surge are kept; prices keep what they were reckoned from',
  },
  GROUNDSWELL_DRIVERS_MAX: {
    fallback: '100000',
    purpose: 'drivers whose positions are in the memory of a process, at most; some 25 MB for 100,000',
  },
  GROUNDSWELL_DRIVER_RATING_ABOVE: {
    fallback: '4.5',
    purpose: 'rating above which drivers are offered rides, 0 for all; who is not rated yet is offered them',
  },
  GROUNDSWELL_POSITION_RETENTION_DAYS: {
    fallback: '30',
    purpose: 'days for which it is kept where drivers were',
  },
  GROUNDSWELL_ROUTING_URL: {
    fallback: '',
    purpose:
      'engine of routes, such as osrm+http://127.0.0.1:5000 or valhalla+http://127.0.0.1:8002; none: the roads in the data folder',
  },
  GROUNDSWELL_GEO_DATABASE: {
    fallback: '',
    purpose:
      "country table in MaxMind's format (.mmdb), such as GeoLite2; none: the one inside, of IPv4 only",
  },
  GROUNDSWELL_LINKS_URL: {
    fallback: '',
    purpose: 'where short links are opened, such as https://go.example; none: below /l/ of this server',
  },
  GROUNDSWELL_LINKS_CACHE_MB: {
    fallback: '384',
    purpose: 'memory for links that are opened often; some 1,000,000 of them in 350',
  },
  GROUNDSWELL_LINKS_WARN_REPORTS: {
    fallback: '3',
    purpose:
      'people with open reports of a link from whom on it shows a warning first; 0: never. Accounts younger than a week do not count',
  },
  GROUNDSWELL_LINKS_CHECKS: {
    fallback: 'on',
    purpose: 'on: workers ask for the targets of links, once a day, to see whether they are there; or off',
  },
  GROUNDSWELL_LOG_LEVEL: { fallback: 'info', purpose: 'trace, debug, info, warn, error, fatal or silent' },
  GROUNDSWELL_LOG_FORMAT: { fallback: 'auto', purpose: 'pretty, json, or auto: pretty on a terminal' },
  OTEL_EXPORTER_OTLP_ENDPOINT: { fallback: '', purpose: 'OTLP/HTTP collector for traces; none: no tracing' },
  GROUNDSWELL_TRACE_RATIO: { fallback: '0.01', purpose: 'share of requests that are traced, 0 to 1' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
