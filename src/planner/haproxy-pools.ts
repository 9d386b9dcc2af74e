/** Where requests go: the processes of a pool, by what one of them is chosen, and the checks that take one out. */
import type { SystemName } from '../config/systems.ts';
import type { Balance, HashKey, PlainBalance } from './balance.ts';
import { unavailablePage } from './haproxy-answers.ts';
import { quoted, section } from './haproxy-section.ts';
import type { BalancerMode } from './topology-balancer.ts';

/** Processes that may answer the same requests. */
export interface BalancerPool {
  readonly name: string;
  /** `undefined`: of all requests that no other pool has. */
  readonly systems: readonly SystemName[] | undefined;
  /** Whose every request it has, whatever the path: `go.example`, `*.go.example`, or `*` for all but the public one. */
  readonly hosts: readonly string[];
  readonly balance: Balance;
  readonly servers: readonly BalancerServer[];
  /** In place of those: however many a name stands for, as where containers run. At most `countMax`. */
  readonly lookup?: { readonly address: string; readonly countMax: number };
}

export interface BalancerServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Twice as much, twice as many requests. */
  readonly weight: number;
}

/** Adding or losing a process moves only its share of the keys. */
const CONSISTENT = 'hash-type consistent';
const BALANCE_LINES: Readonly<Record<PlainBalance, readonly string[]>> = {
  leastconn: ['balance leastconn'],
  roundrobin: ['balance roundrobin'],
  random: ['balance random(2)'],
  source: ['balance source', CONSISTENT],
};

/** The browser's session; the same name as in `http/session-cookie.ts`, which this pure part does not import. */
export const SESSION_COOKIE = 'groundswell_session';

/** What is looked at, in turn; the first that is there counts. */
function samplesOf(key: HashKey): readonly string[] {
  switch (key.of) {
    case 'header':
      return [`req.hdr(${key.name})`];
    case 'cookie':
      return [`req.cook(${key.name})`];
    case 'path':
      // A path begins with a slash, so what is before it is the first field.
      return [`path,field(${key.part === 'last' ? -1 : key.part + 1},/)`];
    case 'caller':
      // A WebSocket of a page has its token among the protocols.
      return ['req.hdr(authorization)', `req.cook(${SESSION_COOKIE})`, 'req.hdr(sec-websocket-protocol)'];
  }
}

/** NOTE: variables of the request are forgotten before HAProxy 2.6 chooses, without a word; hence `txn`. */
function balanceLines(balance: Balance): readonly string[] {
  if (typeof balance === 'string') return BALANCE_LINES[balance];
  const [first = '', ...others] = samplesOf(balance);
  const isMissing = '!{ var(txn.key) -m found } || { var(txn.key) -m len 0 }';
  return [
    `http-request set-var(txn.key) ${first}`,
    ...[...others, 'src'].map((sample) => `http-request set-var(txn.key) ${sample} if ${isMissing}`),
    'balance hash var(txn.key)',
    CONSISTENT,
  ];
}

/** A process that stops is noticed before it lets go of idle connections (after 1 s): so no request meets one. */
const CHECK_LINES = [
  'option httpchk',
  'http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host groundswell',
];
const IS_READY = `http-check expect string ${quoted('"status":"ready"')}`;
/** Also of one that is without its database, and answers what needs none. */
const IS_OF_USE = 'http-check expect status 200';
const SERVER_DEFAULTS =
  'default-server check inter 500ms fastinter 100ms downinter 500ms fall 3 rise 2 observe layer4 error-limit 3 on-error fastinter';

/**
 * The same processes twice: those that are ready, and those that are of some use. One that alone has lost its database is
 * thus sent nothing; when all have, what they can still answer is asked for.
 */
export function poolSections(pool: BalancerPool, mode: BalancerMode): string[] {
  return [
    poolSection(pool, pool.name, [...(mode === 'http' ? [unavailablePage()] : []), IS_READY], mode),
    poolSection(pool, limitedName(pool), [IS_OF_USE], mode),
  ];
}

/** As a pool is chosen: by `condition`, or where nothing else was. */
export function poolChoice(pool: BalancerPool, condition?: string): string[] {
  const { name } = pool;
  const isAlone = `{ nbsrv(${name}) eq 0 } { nbsrv(${limitedName(pool)}) gt 0 }`;
  return [
    `use_backend ${limitedName(pool)} if ${condition === undefined ? '' : `${condition} `}${isAlone}`,
    condition === undefined ? `default_backend ${name}` : `use_backend ${name} if ${condition}`,
  ];
}

function limitedName({ name }: BalancerPool): string {
  return `limited_${name}`;
}

function poolSection(pool: BalancerPool, name: string, lines: readonly string[], mode: BalancerMode): string {
  const { balance, servers, lookup } = pool;
  return section(`backend ${name}`, [
    ...balanceLines(balance),
    ...CHECK_LINES,
    ...lines,
    // Not ready, as while it stops, means nothing new; what is being answered goes on.
    `${SERVER_DEFAULTS}${mode === 'tcp' ? ' send-proxy' : ''}`,
    ...servers.map(serverLine),
    ...(lookup === undefined
      ? []
      : [`server-template server ${lookup.countMax} ${lookup.address} resolvers platform init-addr none`]),
  ]);
}

function serverLine({ name, host, port, weight }: BalancerServer): string {
  const address = host.includes(':') ? `[${host}]` : host;
  return `server ${name} ${address}:${port}${weight === 1 ? '' : ` weight ${weight}`}`;
}
