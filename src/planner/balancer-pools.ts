/** What stands behind the balancer of a topology: a pool for each group that has systems of its own, and one for the rest. */
import type { BalancerPool, BalancerServer } from './haproxy-pools.ts';
import type { ProcessGroup, Topology } from './topology.ts';
import { PROCESS_HOST } from './topology-environment.ts';
import { planTopology } from './topology-plan.ts';

/** Where a process is reached; as it is planned, unless it runs elsewhere. */
export type ServerAddress = Pick<BalancerServer, 'host' | 'port'>;

const LINKS_URL = 'GROUNDSWELL_LINKS_URL';
export const PUBLIC_URL = 'GROUNDSWELL_PUBLIC_URL';

export function balancerPools(
  topology: Topology,
  addressesOf: (group: ProcessGroup) => readonly ServerAddress[],
): BalancerPool[] {
  const balance = topology.engines.haproxy?.balance ?? 'leastconn';
  const apis = topology.processes.filter(({ roles }) => roles.includes('api'));
  const serversOf = (group: ProcessGroup): BalancerServer[] => {
    const addresses = addressesOf(group);
    return addresses.map((address, index) => ({
      ...address,
      name: addresses.length === 1 ? group.name : `${group.name}-${index + 1}`,
      weight: group.weights?.[index] ?? 1,
    }));
  };
  const own = apis.filter(({ systems }) => systems !== undefined);
  const rest = apis.filter(({ systems }) => systems === undefined);
  const pools = own.map((group) => ({
    name: `pool_of_${group.name}`,
    systems: group.systems,
    hosts: hostsOf(group, topology.settings),
    balance: group.balance ?? balance,
    servers: serversOf(group),
  }));
  const restBalance = rest.find((group) => group.balance !== undefined)?.balance ?? balance;
  const servers = rest.flatMap(serversOf);
  return [...pools, { name: 'pool_all', systems: undefined, hosts: [], balance: restBalance, servers }];
}

/** On this machine, at the ports that were chosen. */
export function localAddresses(
  topology: Topology,
  portOf: (name: string) => number,
): (group: ProcessGroup) => ServerAddress[] {
  const { serves } = planTopology(topology);
  return (group) =>
    serves
      .filter((planned) => planned.group === group.name)
      .map(({ name }) => ({ host: PROCESS_HOST, port: portOf(name) }));
}

/** Where short links are opened is their pool's, too. */
function hostsOf({ hosts, systems, settings }: ProcessGroup, common: Topology['settings']): string[] {
  const linksHost = hostOf({ ...common, ...settings }[LINKS_URL]);
  const own = systems?.includes('links') && linksHost !== undefined ? [linksHost] : [];
  return [...new Set([...hosts, ...own])];
}

/** By what names clients come, as far as they are known. */
export function entranceHosts(topology: Topology): string[] {
  const ofGroups = topology.processes.flatMap((group) => hostsOf(group, topology.settings));
  const links = hostOf(topology.settings[LINKS_URL]);
  const hosts = [publicHostOf(topology), links, ...ofGroups.filter((host) => !host.includes('*'))];
  return [...new Set(hosts.filter((host) => host !== undefined))];
}

/** Of the app: what is not at it may be at a host of somebody's links. */
export function publicHostOf({ settings }: Pick<Topology, 'settings'>): string | undefined {
  return hostOf(settings[PUBLIC_URL]);
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}
