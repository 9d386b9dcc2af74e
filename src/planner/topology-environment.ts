/** What a process is told of its place in the topology: the settings of `groundswell serve`. */
import type { Role } from '../config/roles.ts';
import { SETTINGS } from '../config/settings.ts';
import type { SystemName } from '../config/systems.ts';
import type { StartedHaproxy } from './topology-balancer.ts';
import type { TopologyEngines } from './topology-engines.ts';

/** Where each engine of the topology is reached; `undefined` where there is none. */
export type EngineUrls = Readonly<Record<EngineWithUrl, string | undefined>>;
export type EngineWithUrl = Exclude<keyof TopologyEngines, 'haproxy'>;

/** The settings that name an engine. */
export const ENGINE_SETTINGS: Readonly<Record<EngineWithUrl, readonly string[]>> = {
  postgres: ['GROUNDSWELL_DATABASE_URL'],
  redis: ['GROUNDSWELL_REDIS_URL'],
  kafka: ['GROUNDSWELL_EVENT_LOG_URL'],
  s3: ['GROUNDSWELL_BLOBS_URL'],
};

/** What comes out of any topology, so that no `settings:` of it may say otherwise. Of blobs, only where it names a place. */
export const MADE_SETTINGS: readonly string[] = [
  'GROUNDSWELL_ROLES',
  'GROUNDSWELL_SYSTEMS',
  'GROUNDSWELL_DATA',
  'GROUNDSWELL_HOST',
  'GROUNDSWELL_PORT',
  'GROUNDSWELL_OPERATIONS_PORT',
  'GROUNDSWELL_TRUSTED_PROXIES',
  'GROUNDSWELL_PROXY_PROTOCOL',
  ...ENGINE_SETTINGS.postgres,
  ...ENGINE_SETTINGS.redis,
  ...ENGINE_SETTINGS.kafka,
];

export interface ServePlace {
  readonly roles: readonly Role[];
  /** `undefined`: all. */
  readonly systems: readonly SystemName[] | undefined;
  /** Of its API, or of its health and metrics where it has none. */
  readonly port: number;
  readonly dataFolder: string;
  readonly engineUrls: EngineUrls;
  /** `undefined` without one. */
  readonly balancer: BalancerPlace | undefined;
  /** Of the topology and the group, the latter winning. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface BalancerPlace extends Pick<StartedHaproxy, 'mode' | 'trustedProxies' | 'trustedWord'> {
  /** Where clients reach it. */
  readonly url: string;
}

/** Processes and their balancer meet on this address only. */
export const PROCESS_HOST = '127.0.0.1';

/**
 * What a process is told, whatever `up` was started with: what a topology does not name is empty, which is as if it were
 * absent.
 */
export function serveEnvironment(place: ServePlace): Record<string, string> {
  const { roles, systems = [], port, dataFolder, engineUrls, balancer, settings } = place;
  const isApi = roles.includes('api');
  return {
    ...settings,
    // The files are for programs; whoever shows lines makes them readable.
    GROUNDSWELL_LOG_FORMAT: 'json',
    GROUNDSWELL_ROLES: roles.join(','),
    GROUNDSWELL_SYSTEMS: systems.join(','),
    GROUNDSWELL_DATA: dataFolder,
    GROUNDSWELL_HOST: PROCESS_HOST,
    GROUNDSWELL_PORT: isApi ? String(port) : '',
    GROUNDSWELL_OPERATIONS_PORT: isApi ? '' : String(port),
    GROUNDSWELL_TRUSTED_PROXIES: trustedBy(balancer).join(','),
    GROUNDSWELL_PROXY_PROTOCOL: balancer?.mode === 'tcp' ? 'on' : 'off',
    ...engineSettings(engineUrls),
  };
}

/** Of balancers before it that are named in headers; who comes by the PROXY protocol is a client. */
function trustedBy(balancer: BalancerPlace | undefined): readonly string[] {
  if (balancer === undefined) return [];
  return [PROCESS_HOST, ...(balancer.trustedWord === 'forwarded' ? balancer.trustedProxies : [])];
}

function engineSettings(urls: EngineUrls): Record<string, string> {
  const { s3, ...others } = urls;
  const named = s3 === undefined ? others : urls;
  const entries = Object.entries(named).flatMap(
    ([engine, url]) => ENGINE_SETTINGS[engine as EngineWithUrl].map((name) => [name, url ?? ''] as const), // Those are its keys.
  );
  return Object.fromEntries(entries);
}

/** What it is told only where nobody says otherwise: not the topology, and not the environment. */
export function serveDefaults({ balancer }: Pick<ServePlace, 'balancer'>): Record<string, string> {
  return balancer === undefined ? {} : { GROUNDSWELL_PUBLIC_URL: balancer.url };
}

/** Whether this release knows a setting by which it could use the engine. */
export function isEngineUsed(engine: EngineWithUrl): boolean {
  return ENGINE_SETTINGS[engine].every((name) => name in SETTINGS);
}
