/** The balancer of a topology, as its file says it. */
import { isAddress, isAddressRange } from '../core/address-range.ts';
import { BALANCE_FORM, type Balance, parseBalance } from './balance.ts';
import { PORT_MAX, readCpu, type StartedEngine } from './started-engine.ts';
import type { Place, TopologyReader } from './topology-reader.ts';

export const BALANCER_MODES = ['http', 'tcp'] as const;
/**
 * `http`: it reads requests, so it can tell systems apart, repeat what is safe, and speak HTTP/2 and TLS. `tcp`: it passes
 * on connections, which costs less and tells the processes by the PROXY protocol where these come from.
 */
export type BalancerMode = (typeof BALANCER_MODES)[number];

export interface StartedHaproxy extends StartedEngine {
  readonly port: number;
  readonly host: string;
  readonly mode: BalancerMode;
  /** Of pools that name no other. */
  readonly balance: Balance;
  readonly tls: BalancerTls | undefined;
  /** Networks of balancers before this one, whose word is taken for where a request came from. */
  readonly trustedProxies: readonly string[];
  /** How they say it. */
  readonly trustedWord: TrustedWord;
}

export const TRUSTED_WORDS = ['forwarded', 'proxy'] as const;
/** X-Forwarded-For, or the PROXY protocol. */
export type TrustedWord = (typeof TRUSTED_WORDS)[number];

export interface BalancerTls {
  readonly port: number;
  /** Absolute path of a file with certificate and key; `undefined`: one that we make, which no browser trusts. */
  readonly certificate: string | undefined;
}

/** Bookmarks point to it, and it is where `groundswell serve` is without any of this. */
const HAPROXY_PORT = 8_080;
const TLS_PORT = 8_443;

export function readHaproxy(read: TopologyReader, place: Place): StartedHaproxy {
  const fields = read.fields(place, [
    ...(['port', 'cpu', 'host', 'mode', 'balance', 'tls', 'trusted_proxies', 'trusted_word'] as const),
  ]);
  const networks = read.items(fields.trusted_proxies, 'a list of addresses or networks') ?? [];
  return {
    kind: 'started',
    cpu: readCpu(read, fields.cpu),
    port: read.integer(fields.port, 1, PORT_MAX) ?? HAPROXY_PORT,
    host:
      read.text(fields.host, 'an address such as 127.0.0.1 or 0.0.0.0', { test: isAddress }) ?? '127.0.0.1',
    mode: read.choice(fields.mode, BALANCER_MODES) ?? 'http',
    balance: readBalance(read, fields.balance) ?? 'leastconn',
    tls: fields.tls.value === undefined ? undefined : readTls(read, fields.tls),
    trustedProxies: networks.flatMap(
      (each) => read.text(each, 'an address or a network such as 10.0.0.0/8', { test: isAddressRange }) ?? [],
    ),
    trustedWord: read.choice(fields.trusted_word, TRUSTED_WORDS) ?? 'forwarded',
  };
}

export function readBalance(read: TopologyReader, place: Place): Balance | undefined {
  const text = read.text(place, BALANCE_FORM);
  if (text === undefined) return undefined;
  const balance = parseBalance(text);
  if (balance === undefined) read.refuse(place, `must be ${BALANCE_FORM}; it is ${JSON.stringify(text)}.`);
  return balance;
}

/** Of the processes of a group, in their order. HAProxy takes more, but then shares are hard to read. */
export const WEIGHT_MAX = 256;

export function readWeights(read: TopologyReader, place: Place): readonly number[] | undefined {
  const items = read.items(place, `a list of numbers from 1 to ${WEIGHT_MAX}, one for each process`);
  return items?.map((item) => {
    if (item.value === undefined) read.refuse(item, `must be a whole number from 1 to ${WEIGHT_MAX}.`);
    return read.integer(item, 1, WEIGHT_MAX) ?? 1;
  });
}

const HOST_FORM =
  'a host such as go.example or *.go.example, or * for all but that of GROUNDSWELL_PUBLIC_URL';
const HOST = /^(\*|(\*\.)?[a-z\d]([a-z\d-]{0,62})(\.[a-z\d][a-z\d-]{0,62})*)$/;

export function readHosts(read: TopologyReader, place: Place): readonly string[] {
  const items = read.items(place, 'a list of hosts') ?? [];
  return items.flatMap((item) => read.text(item, HOST_FORM, HOST) ?? []);
}

/** Quotes and blanks in it would be read by HAProxy otherwise than they were meant. */
const FILE = /^\/[\w./@+-]+$/;
const FILE_FORM =
  'self-made, or the absolute path of a file with certificate and key, of letters, digits and ./@+-_';

function readTls(read: TopologyReader, place: Place): BalancerTls {
  const fields = read.fields(place, ['port', 'certificate']);
  const isMade = fields.certificate.value === undefined || fields.certificate.value === 'self-made';
  return {
    port: read.integer(fields.port, 1, PORT_MAX) ?? TLS_PORT,
    certificate: isMade ? undefined : (read.text(fields.certificate, FILE_FORM, FILE) ?? ''),
  };
}
