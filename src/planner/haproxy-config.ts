/**
 * HAProxy's configuration, made from a topology: one entrance, pools of api processes behind it, and checks that take a
 * process out while it starts, stops or is gone. What the balancer answers itself is a problem document, as elsewhere.
 */
import type { SystemName } from './topology.ts';
import type { BalanceKind, StartedHaproxy } from './topology-engines.ts';
import { PROCESS_HOST } from './topology-environment.ts';

/** Processes that may answer the same requests. */
export interface BalancerPool {
  readonly name: string;
  /** `undefined`: of all requests that no other pool has. */
  readonly systems: readonly SystemName[] | undefined;
  readonly servers: readonly { readonly name: string; readonly port: number }[];
  /** In place of those: however many a name stands for, as where containers run. At most `countMax`. */
  readonly lookup?: { readonly address: string; readonly countMax: number };
}

export interface HaproxyOptions {
  readonly haproxy: StartedHaproxy;
  readonly pools: readonly BalancerPool[];
  /** Of its own metrics and statistics, on this machine only. */
  readonly statisticsPort: number;
  /** Where an operator changes states while it runs; `undefined` where the path is too long for a socket. */
  readonly adminSocket: string | undefined;
  /** Whom it becomes once it listens; only root can become somebody else. */
  readonly user: string | undefined;
}

/** By their path. What starts with one of them, up to a slash or the end, is the system's. */
export const SYSTEM_PATHS: Readonly<Record<SystemName, readonly string[]>> = {
  links: ['/l', '/api/v1/links', '/api/v1/domains'],
  live: ['/api/v1/live'],
  media: ['/media', '/api/v1/media', '/api/v1/photos'],
  search: ['/api/v1/search'],
};

const BALANCE_LINES: Readonly<Record<BalanceKind, string>> = {
  leastconn: 'balance leastconn',
  roundrobin: 'balance roundrobin',
  random: 'balance random(2)',
  // Adding a process moves only its share of the addresses.
  source: 'balance source\n    hash-type consistent',
};

/** Longer than the server lets a connection stall (60 s), so that it is the one that says so. */
const IDLE_S = 75;

export function renderHaproxyConfig(options: HaproxyOptions): string {
  const sections = [
    globalSection(options),
    defaultsSection(),
    clientsSection(options),
    ...(options.pools.some(({ lookup }) => lookup !== undefined) ? [resolversSection()] : []),
    ...options.pools.map((pool) => poolSection(pool, options.haproxy)),
    statisticsSection(options),
  ];
  return `# Made by groundswell from the topology; what is changed here is lost at the next start.\n${sections.join('\n')}`;
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function globalSection({ adminSocket, user }: HaproxyOptions): string {
  return section('global', [
    // As many connections as half of that, or of what the system allows; some allow a thousand million files.
    'fd-hard-limit 50000',
    // Live connections would keep it from ending for ever.
    'hard-stop-after 15s',
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(adminSocket === undefined ? [] : [`stats socket ${adminSocket} mode 600 level admin`]),
  ]);
}

function defaultsSection(): string {
  return section('defaults', [
    'mode http',
    'option dontlognull',
    'timeout connect 1s',
    'timeout http-request 10s',
    'timeout http-keep-alive 60s',
    `timeout client ${IDLE_S}s`,
    `timeout server ${IDLE_S}s`,
    'timeout queue 2s',
    'timeout check 2s',
    // WebSockets; both sides send pings meanwhile.
    'timeout tunnel 1h',
    // What was never sent may go elsewhere, whatever it is. What was sent goes elsewhere only where doing it twice is
    // the same as doing it once (see the entrance), and only if not a byte of an answer has come.
    'retries 3',
    'option redispatch 1',
    'retry-on conn-failure empty-response',
    ...ownAnswers(),
  ]);
}

interface OwnAnswer {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

const OWN_ANSWERS: readonly OwnAnswer[] = [
  { status: 400, title: 'Bad request', code: 'invalid', detail: 'The request is not HTTP as it should be.' },
  { status: 408, title: 'Timed out', code: 'timeout', detail: 'The request did not arrive in time.' },
  { status: 500, title: 'Internal error', code: 'internal', detail: 'The balancer failed.' },
  {
    ...{ status: 502, title: 'Broken off', code: 'unavailable' },
    detail:
      'The server broke off. Whether it did what was asked is unknown: ask again with the same Idempotency-Key.',
  },
  {
    ...{ status: 503, title: 'Unavailable', code: 'unavailable' },
    detail: 'No server can answer now. Nothing was done; try again.',
  },
  {
    ...{ status: 504, title: 'Timed out', code: 'timeout' },
    detail: 'The server did not answer in time. It may still do what was asked.',
  },
];
const METRICS_REFUSAL = {
  status: 404,
  title: 'Not found',
  code: 'not_found',
  detail: 'There is no such page.',
};

/** As the servers say it. */
function contentOf(answer: OwnAnswer): string {
  const problem = { type: 'about:blank', ...answer, errors: [], request_id: 'balancer' };
  return `content-type application/problem+json string '${JSON.stringify(problem)}'`;
}

function ownAnswers(): string[] {
  return OWN_ANSWERS.map((answer) => {
    const retryAfter = answer.status === 503 ? ' hdr Retry-After 1' : '';
    return `http-error status ${answer.status} ${contentOf(answer)}${retryAfter}`;
  });
}

function clientsSection({ haproxy, pools }: HaproxyOptions): string {
  const { host, port, trustedProxies } = haproxy;
  const isTrusted = trustedProxies.length > 0;
  const others = pools.find(({ systems }) => systems === undefined);
  return section('frontend clients', [
    `bind ${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(isTrusted ? [`acl from_trusted_proxy src ${trustedProxies.join(' ')}`] : []),
    // Servers believe what comes from here, so it must not come from clients.
    ...['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded'].map(
      (header) => `http-request del-header ${header}${isTrusted ? ' unless from_trusted_proxy' : ''}`,
    ),
    'option forwardfor',
    `http-request set-header X-Forwarded-Proto http${isTrusted ? ' unless from_trusted_proxy' : ''}`,
    // Of one process, which is not the one that the next request meets; and nobody's business.
    `http-request return status 404 ${contentOf(METRICS_REFUSAL)} if { path /metrics }`,
    'http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
    ...pools.flatMap(poolRules),
    ...(others === undefined ? [] : [`default_backend ${others.name}`]),
  ]);
}

function poolRules({ name, systems }: BalancerPool): string[] {
  if (systems === undefined) return [];
  const paths = systems.flatMap((system) => SYSTEM_PATHS[system]);
  return [
    `acl for_${name} path ${paths.join(' ')}`,
    `acl for_${name} path_beg ${paths.map((path) => `${path}/`).join(' ')}`,
    `use_backend ${name} if for_${name}`,
  ];
}

/** Those of the platform, asked again when an answer is a second old. */
function resolversSection(): string {
  return section('resolvers platform', ['parse-resolv-conf', 'hold valid 1s', 'hold obsolete 5s']);
}

function poolSection({ name, servers, lookup }: BalancerPool, { balance }: StartedHaproxy): string {
  return section(`backend ${name}`, [
    BALANCE_LINES[balance],
    'option httpchk',
    'http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host groundswell',
    'http-check expect status 200',
    // Not ready, as while it stops, means nothing new; what is being answered goes on.
    'default-server check inter 1s fastinter 300ms downinter 500ms fall 3 rise 2 observe layer4 error-limit 3 on-error fastinter',
    ...servers.map((server) => `server ${server.name} ${PROCESS_HOST}:${server.port}`),
    ...(lookup === undefined
      ? []
      : [`server-template server ${lookup.countMax} ${lookup.address} resolvers platform init-addr none`]),
  ]);
}

function statisticsSection({ statisticsPort }: HaproxyOptions): string {
  return section('frontend statistics', [
    `bind ${PROCESS_HOST}:${statisticsPort}`,
    'http-request use-service prometheus-exporter if { path /metrics }',
    'stats enable',
    'stats uri /',
    'stats refresh 2s',
  ]);
}
