/** What must hold between a balancer, the pools behind it and what it is told to do with them. */
import { formatBalance } from './balance.ts';
import { PUBLIC_URL, publicHostOf } from './balancer-pools.ts';
import type { ProcessGroup, Topology } from './topology.ts';
import type { StartedHaproxy } from './topology-balancer.ts';
import type { TopologyProblem } from './topology-problem.ts';

export function balancerProblems(topology: Topology): TopologyProblem[] {
  const { haproxy } = topology.engines;
  return [
    ...topology.processes.flatMap((group) => groupProblems(group, topology)),
    ...restProblems(topology),
    ...hostProblems(topology),
    ...(haproxy === undefined ? [] : entranceProblems(haproxy, topology)),
  ];
}

/** What a group says of the balancer needs one, and somebody who answers. */
export function isBalanced({ roles }: ProcessGroup, { haproxy }: Topology['engines']): boolean {
  return haproxy !== undefined && roles.includes('api');
}

/** From what in the file that follows. */
export function balancedBy(name: string, { haproxy }: Topology['engines']): readonly (readonly string[])[] {
  return [['processes', name, 'roles'], ...(haproxy === undefined ? [['engines', 'haproxy']] : [])];
}

function groupProblems(group: ProcessGroup, { engines }: Topology): TopologyProblem[] {
  const path = ['processes', group.name];
  const says = (
    [
      ['balance', group.balance !== undefined],
      ['weights', group.weights !== undefined],
      ['hosts', group.hosts.length > 0],
    ] as const
  ).filter(([, isSaid]) => isSaid);
  const lonely = says
    .filter(() => !isBalanced(group, engines))
    .map(([field]) => ({
      path: [...path, field],
      from: balancedBy(group.name, engines),
      message: 'is for the balancer, so it needs engines.haproxy and the role api. Add them, or take it out.',
    }));
  const { count, weights, hosts, systems } = group;
  const uneven =
    weights === undefined || weights.length === count
      ? []
      : [
          {
            path: [...path, 'weights'],
            from: [[...path, 'count']],
            message: `has ${weights.length} and the group ${count} processes. Write one for each.`,
          },
        ];
  const shared =
    hosts.length === 0 || systems !== undefined
      ? []
      : [
          {
            path: [...path, 'hosts'],
            from: [[...path, 'systems']],
            message: 'needs systems: without them the group has all that no other group has.',
          },
        ];
  return [...lonely, ...uneven, ...shared];
}

/** Groups without systems are one pool. */
function restProblems({ processes }: Topology): TopologyProblem[] {
  const rest = processes.filter(
    ({ roles, systems, balance }) => roles.includes('api') && systems === undefined && balance !== undefined,
  );
  const [first, ...others] = rest.map(({ name, balance }) => ({
    name,
    text: formatBalance(balance ?? 'leastconn'),
  }));
  return others
    .filter(({ text }) => text !== first?.text)
    .map(({ name, text }) => ({
      path: ['processes', name, 'balance'],
      from: [['processes', '*', 'systems']],
      message: `is ${text}, and that of ${first?.name} is ${first?.text}: they have no systems, so they are one pool. Write the same.`,
    }));
}

function hostProblems(topology: Topology): TopologyProblem[] {
  const named = topology.processes.flatMap(({ name, hosts }) => hosts.map((host) => ({ name, host })));
  const twice = named
    .filter(({ host }, index) => named.slice(0, index).some((earlier) => earlier.host === host))
    .map(({ name, host }) => ({
      path: ['processes', name, 'hosts'],
      message: `names ${host} twice, here or where another group does. Name it once.`,
    }));
  const open = named
    .filter(({ host }) => host === '*' && publicHostOf(topology) === undefined)
    .map(({ name }) => ({
      path: ['processes', name, 'hosts'],
      from: [['settings', PUBLIC_URL]],
      message:
        'has *, which is all hosts but that of the app, and nobody says where that is. Add settings: { GROUNDSWELL_PUBLIC_URL: "https://app.example" }.',
    }));
  const publicHost = publicHostOf(topology);
  const whole = named
    .filter(({ host }) => publicHost !== undefined && isHostOf(host, publicHost))
    .map(({ name, host }) => ({
      path: ['processes', name, 'hosts'],
      from: [['settings', PUBLIC_URL]],
      message: `has ${host}, which ${publicHost} of ${PUBLIC_URL} is one of: the app would be sent there, and find nobody who answers. Name other hosts.`,
    }));
  return [...twice, ...open, ...whole];
}

/** Of `*` alone the host of the app is none. */
function isHostOf(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));
}

function entranceProblems(haproxy: StartedHaproxy, { processes }: Topology): TopologyProblem[] {
  const path = ['engines', 'haproxy'];
  const problems: TopologyProblem[] = [];
  if (haproxy.trustedWord === 'proxy' && haproxy.trustedProxies.length === 0) {
    const message =
      'is proxy, and nobody is trusted with it. Name the networks of the balancers in trusted_proxies.';
    problems.push({ path: [...path, 'trusted_word'], message, from: [[...path, 'trusted_proxies']] });
  }
  if (haproxy.mode === 'http') return problems;
  const needsHttp = 'needs mode: http, in which requests are read. Take one of them out.';
  if (haproxy.tls !== undefined) problems.push({ path: [...path, 'tls'], message: needsHttp });
  if (typeof haproxy.balance !== 'string') problems.push({ path: [...path, 'balance'], message: needsHttp });
  if (haproxy.trustedProxies.length > 0 && haproxy.trustedWord === 'forwarded') {
    const message = 'is forwarded, which needs mode: http, in which headers are read. Write proxy.';
    problems.push({ path: [...path, 'trusted_word'], message });
  }
  for (const { name, systems, balance } of processes) {
    const place = ['processes', name];
    if (systems !== undefined) problems.push({ path: [...place, 'systems'], message: needsHttp });
    if (balance !== undefined && typeof balance !== 'string')
      problems.push({ path: [...place, 'balance'], message: needsHttp });
  }
  return problems;
}

/** What is allowed and works, and may still surprise. */
export function balancerNotes({ engines }: Topology): string[] {
  const { haproxy } = engines;
  if (haproxy === undefined) return [];
  const made =
    haproxy.tls !== undefined && haproxy.tls.certificate === undefined
      ? ['the certificate is made here, and browsers warn of it: for trying TLS out, and no more.']
      : [];
  const bare =
    haproxy.mode === 'tcp'
      ? [
          'in mode tcp a write that breaks off is never repeated, /metrics of the processes is open to clients, and nobody answers for servers that are gone.',
        ]
      : [];
  return [...made, ...bare];
}
