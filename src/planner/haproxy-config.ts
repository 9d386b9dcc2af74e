/**
 * HAProxy's configuration, made from a topology: one entrance, pools of api processes behind it, and checks that take a
 * process out while it starts, stops or is gone. What the balancer answers itself is a problem document, as elsewhere.
 */
import { ownAnswers } from './haproxy-answers.ts';
import { type EntranceOptions, entranceSections } from './haproxy-entrance.ts';
import { poolSections } from './haproxy-pools.ts';
import { section } from './haproxy-section.ts';
import { PROCESS_HOST } from './topology-environment.ts';

export interface HaproxyOptions extends EntranceOptions {
  /** Of its own metrics and statistics, on this machine only. */
  readonly statisticsPort: number;
  /** Where an operator changes states while it runs; `undefined` where the path is too long for a socket. */
  readonly adminSocket: string | undefined;
  /** Whom it becomes once it listens; only root can become somebody else. */
  readonly user: string | undefined;
}

/** Longer than the server lets a connection stall (60 s), so that it is the one that says so. */
const IDLE_S = 75;

export function renderHaproxyConfig(options: HaproxyOptions): string {
  const { haproxy, pools } = options;
  const sections = [
    globalSection(options),
    haproxy.mode === 'http' ? httpDefaults() : tcpDefaults(),
    ...entranceSections(options),
    ...(pools.some(({ lookup }) => lookup !== undefined) ? [resolversSection()] : []),
    ...pools.flatMap((pool) => poolSections(pool, haproxy.mode)),
    statisticsSection(options),
  ];
  return `# Made by groundswell from the topology; what is changed here is lost at the next start.\n${sections.join('\n')}`;
}

function globalSection({ adminSocket, user, haproxy }: HaproxyOptions): string {
  return section('global', [
    // As many connections as half of that, or of what the system allows; some allow a thousand million files.
    'fd-hard-limit 50000',
    // Live connections would keep it from ending for ever.
    'hard-stop-after 15s',
    ...(haproxy.tls === undefined ? [] : ['ssl-default-bind-options ssl-min-ver TLSv1.2']),
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(adminSocket === undefined ? [] : [`stats socket ${adminSocket} mode 600 level admin`]),
  ]);
}

const TIMEOUTS = [
  'timeout connect 1s',
  `timeout client ${IDLE_S}s`,
  `timeout server ${IDLE_S}s`,
  'timeout queue 2s',
  'timeout check 2s',
  // WebSockets; both sides send pings meanwhile. Of one whose other end is gone, not an hour.
  'timeout tunnel 1h',
  'timeout client-fin 10s',
];
// What was never sent may go elsewhere, whatever it is.
const REDISPATCH = ['retries 3', 'option redispatch 1'];

function httpDefaults(): string {
  return section('defaults', [
    'mode http',
    'option dontlognull',
    'timeout http-request 10s',
    'timeout http-keep-alive 60s',
    // While it stops or reads its certificate anew, an idle connection is told of it with its next answer: closed at once, it
    // would meet a request that is on its way.
    'option idle-close-on-response',
    ...TIMEOUTS,
    ...REDISPATCH,
    // What was sent goes elsewhere only where doing it twice is the same as doing it once (see the entrance), and only if
    // not a byte of an answer has come.
    'retry-on conn-failure empty-response',
    ...ownAnswers(),
  ]);
}

function tcpDefaults(): string {
  return section('defaults', ['mode tcp', 'option dontlognull', ...TIMEOUTS, ...REDISPATCH]);
}

/** Those of the platform, asked again when an answer is a second old. */
function resolversSection(): string {
  return section('resolvers platform', ['parse-resolv-conf', 'hold valid 1s', 'hold obsolete 5s']);
}

function statisticsSection({ statisticsPort }: HaproxyOptions): string {
  return section('frontend statistics', [
    'mode http',
    `bind ${PROCESS_HOST}:${statisticsPort}`,
    // For whoever watches it on its machine, such as keepalived.
    'monitor-uri /alive',
    'http-request use-service prometheus-exporter if { path /metrics }',
    'stats enable',
    'stats uri /',
    'stats refresh 2s',
  ]);
}
