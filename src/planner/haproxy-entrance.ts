/** Where clients come in: by HTTP, HTTPS or as bare connections; what is believed of them, and which pool they go to. */
import { metricsRefusal } from './haproxy-answers.ts';
import { type BalancerPool, poolChoice } from './haproxy-pools.ts';
import { quoted, section } from './haproxy-section.ts';
import { patternSource, SYSTEM_PATHS } from './system-paths.ts';
import type { StartedHaproxy } from './topology-balancer.ts';

/** Of the statistics, and of whoever watches them. */
export const ENTRANCE = 'clients';
const HTTPS_PORT = 443;
const YEAR_S = 31_536_000;
/** A name or an address, with a port or without. */
const HOST = String.raw`^([[:alnum:]._-]+|\[[[:xdigit:]:.]+\])(:[0-9]+)?$`;

export interface EntranceOptions {
  readonly haproxy: StartedHaproxy;
  readonly pools: readonly BalancerPool[];
  /** Of the app, where a pool has all other hosts. */
  readonly publicHost: string | undefined;
  /** Certificate and key; `undefined` without TLS. */
  readonly certificateFile: string | undefined;
}

export function entranceSections(options: EntranceOptions): string[] {
  const { haproxy } = options;
  if (haproxy.mode === 'tcp') return [tcpEntrance(options)];
  const redirect = haproxy.tls === undefined ? [] : [redirectSection(haproxy, haproxy.tls.port)];
  return [httpEntrance(options), ...redirect];
}

function tcpEntrance({ haproxy, pools }: EntranceOptions): string {
  return section(`frontend ${ENTRANCE}`, [
    `bind ${address(haproxy.host, haproxy.port)}`,
    ...proxyProtocolLines(haproxy),
    ...defaultPool(pools),
  ]);
}

function httpEntrance(options: EntranceOptions): string {
  const { haproxy, pools, publicHost } = options;
  return section(`frontend ${ENTRANCE}`, [
    bindLine(options),
    ...proxyProtocolLines(haproxy),
    ...originLines(haproxy),
    ...strictTransportLines(haproxy),
    metricsRefusal(),
    // With the key, whatever was done by the first try is answered to the second.
    'http-request disable-l7-retry unless { method GET HEAD OPTIONS } or { req.hdr(idempotency-key) -m found }',
    ...pools.flatMap((pool) => hostRules(pool, publicHost)),
    ...pools.flatMap(pathRules),
    ...defaultPool(pools),
  ]);
}

function bindLine({ haproxy, certificateFile }: EntranceOptions): string {
  const { host, port, tls } = haproxy;
  if (tls === undefined) return `bind ${address(host, port)}`;
  return `bind ${address(host, tls.port)} ssl crt ${certificateFile ?? ''} alpn h2,http/1.1`;
}

/** Whoever comes by http is sent to https, with the method and body that they had. */
function redirectSection({ host, port }: StartedHaproxy, tlsPort: number): string {
  const suffix = tlsPort === HTTPS_PORT ? '' : `:${tlsPort}`;
  return section('frontend redirect', [
    `bind ${address(host, port)}`,
    // Without a host, as in HTTP/1.0, nobody knows where to.
    `http-request deny deny_status 400 unless { req.hdr(host) -m reg ${quoted(HOST)} }`,
    `http-request redirect location https://%[req.hdr(host),host_only]${suffix}%[pathq] code 308`,
  ]);
}

/** Of balancers that speak it, and nobody else: then `src` is their client. */
function proxyProtocolLines({ trustedProxies, trustedWord }: StartedHaproxy): string[] {
  if (trustedWord !== 'proxy') return [];
  return [`tcp-request connection expect-proxy layer4 if { src ${trustedProxies.join(' ')} }`];
}

/** Servers believe what comes from here, so it must not come from clients. */
function originLines({ tls, trustedProxies, trustedWord }: StartedHaproxy): string[] {
  const believes = trustedProxies.length > 0 && trustedWord === 'forwarded';
  const unlessTrusted = believes ? ' unless from_trusted_proxy' : '';
  return [
    ...(believes ? [`acl from_trusted_proxy src ${trustedProxies.join(' ')}`] : []),
    ...['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded'].map(
      (header) => `http-request del-header ${header}${unlessTrusted}`,
    ),
    'option forwardfor',
    `http-request set-header X-Forwarded-Proto ${tls === undefined ? 'http' : 'https'}${unlessTrusted}`,
  ];
}

/**
 * Browsers are told to use https alone only where its certificate is there to stay: they would shut everybody out of
 * `localhost` who later serves something else there.
 */
function strictTransportLines({ tls }: StartedHaproxy): string[] {
  if (tls === undefined) return [];
  const header = 'Strict-Transport-Security';
  if (tls.certificate === undefined) return [`http-after-response del-header ${header}`];
  return [`http-after-response set-header ${header} max-age=${YEAR_S}`];
}

function hostRules(pool: BalancerPool, publicHost: string | undefined): string[] {
  const { name, hosts } = pool;
  if (hosts.length === 0) return [];
  const named = hosts.filter((host) => !host.includes('*'));
  const below = hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  const test = (acl: string, match: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`acl ${acl} req.hdr(host),host_only -i -m ${match} ${values.join(' ')}`];
  const rules = [...test(`at_${name}`, 'str', named), ...test(`at_${name}`, 'end', below)];
  const others =
    hosts.includes('*') && publicHost !== undefined
      ? [
          `acl not_at_${name} req.hdr(host),host_only -i -m str ${publicHost}`,
          ...poolChoice(pool, `!not_at_${name}`),
        ]
      : [];
  return [...rules, ...(rules.length === 0 ? [] : poolChoice(pool, `at_${name}`)), ...others];
}

function pathRules(pool: BalancerPool): string[] {
  const { name, systems } = pool;
  if (systems === undefined) return [];
  const patterns = systems.flatMap((system) => SYSTEM_PATHS[system]);
  const plain = patterns.filter((pattern) => !pattern.includes('*'));
  const wild = patterns.filter((pattern) => pattern.includes('*'));
  return [
    `acl for_${name} path ${plain.join(' ')}`,
    `acl for_${name} path_beg ${plain.map((path) => `${path}/`).join(' ')}`,
    ...(wild.length === 0
      ? []
      : [`acl for_${name} path_reg ${wild.map((pattern) => quoted(patternSource(pattern))).join(' ')}`]),
    ...poolChoice(pool, `for_${name}`),
  ];
}

function defaultPool(pools: readonly BalancerPool[]): string[] {
  const others = pools.find(({ systems }) => systems === undefined);
  return others === undefined ? [] : poolChoice(others);
}

function address(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
