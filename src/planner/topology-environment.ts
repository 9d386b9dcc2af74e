/** What a process is told of its place in the topology: the settings of `groundswell serve`. */
import type { Role } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
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

/** What comes out of the topology, so that no `settings:` of it may say otherwise. */
export const MADE_SETTINGS: readonly string[] = [
  'GROUNDSWELL_ROLES',
  'GROUNDSWELL_DATA',
  'GROUNDSWELL_HOST',
  'GROUNDSWELL_PORT',
  'GROUNDSWELL_OPERATIONS_PORT',
  'GROUNDSWELL_TRUSTED_PROXIES',
  ...Object.values(ENGINE_SETTINGS).flat(),
];

export interface ServePlace {
  readonly roles: readonly Role[];
  /** Of its API, or of its health and metrics where it has none. */
  readonly port: number;
  readonly dataFolder: string;
  readonly engineUrls: EngineUrls;
  /** Where the balancer is reached; `undefined` without one. */
  readonly balancerUrl: string | undefined;
  /** Of the topology and the group, the latter winning. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Processes and their balancer meet on this address only. */
export const PROCESS_HOST = '127.0.0.1';

export function serveEnvironment(place: ServePlace): Record<string, string> {
  const { roles, port, dataFolder, engineUrls, balancerUrl, settings } = place;
  const engines = Object.entries(ENGINE_SETTINGS).flatMap(([engine, names]) => {
    const url = engineUrls[engine as EngineWithUrl]; // Those are the table's keys.
    return url === undefined ? [] : names.map((name) => [name, url] as const);
  });
  return {
    // The file is for programs; whoever shows lines makes them readable.
    GROUNDSWELL_LOG_FORMAT: 'json',
    ...(balancerUrl === undefined ? {} : { GROUNDSWELL_PUBLIC_URL: balancerUrl }),
    ...settings,
    GROUNDSWELL_ROLES: roles.join(','),
    GROUNDSWELL_DATA: dataFolder,
    GROUNDSWELL_HOST: PROCESS_HOST,
    [roles.includes('api') ? 'GROUNDSWELL_PORT' : 'GROUNDSWELL_OPERATIONS_PORT']: String(port),
    ...(balancerUrl === undefined ? {} : { GROUNDSWELL_TRUSTED_PROXIES: PROCESS_HOST }),
    ...Object.fromEntries(engines),
  };
}

/** Whether this release knows a setting by which it could use the engine. */
export function isEngineUsed(engine: EngineWithUrl): boolean {
  return ENGINE_SETTINGS[engine].every((name) => name in SETTINGS);
}
