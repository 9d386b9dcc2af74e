/** What must hold between the parts of a topology, and what whoever runs it should know. */
import { SETTINGS } from '../config/settings.ts';
import { balancedBy, balancerNotes, balancerProblems, isBalanced } from './balancer-rules.ts';
import type { ProcessGroup, Topology } from './topology.ts';
import { ENGINE_SETTINGS, type EngineWithUrl, isEngineUsed, MADE_SETTINGS } from './topology-environment.ts';
import { plannedProcesses, planTopology } from './topology-plan.ts';
import type { TopologyProblem } from './topology-problem.ts';

/** Where it names a place of its own, processes check it themselves. */
const GEO_INDEX = 'GROUNDSWELL_GEO_INDEX_URL';

/** Everything that is wrong between values which each are right. */
export function topologyProblems(topology: Topology): TopologyProblem[] {
  return [
    ...roleProblems(topology),
    ...engineProblems(topology),
    ...systemProblems(topology),
    ...balancerProblems(topology),
    ...settingProblems(topology),
    ...nameProblems(topology),
    ...portProblems(topology),
  ];
}

function roleProblems({ processes, engines, settings }: Topology): TopologyProblem[] {
  const path = ['processes'];
  if (processes.length === 0) {
    const message = 'must name at least one group, such as all: { roles: [api, worker] }.';
    return [{ path, message, from: [path] }];
  }
  const isShared = engines.redis !== undefined || settings[GEO_INDEX] !== undefined;
  const apart = processes.filter(({ roles }) => roles.includes('dispatch') && !roles.includes('api'));
  const blind = (isShared ? [] : apart).map(({ name }) => ({
    path: [...path, name],
    from: [
      [...path, name, 'roles'],
      ['engines', 'redis'],
      ['settings', GEO_INDEX],
    ],
    message:
      'has the role dispatch without api and there is no redis, so it knows no drivers: they connect to api. Write roles: [api, dispatch], or add engines.redis.',
  }));
  const missing = (['api', 'worker'] as const).filter(
    (role) => !processes.some(({ roles }) => roles.includes(role)),
  );
  const why = {
    api: 'nobody would answer requests',
    worker: 'nothing would be delivered, counted or cleared',
  };
  const absent = missing.map((role) => ({
    path,
    from: [[...path, '*', 'roles']],
    message: `has no group with the role ${role}: ${why[role]}. Add ${role}: { roles: [${role}] }.`,
  }));
  return [...absent, ...blind];
}

function engineProblems({ engines, processes }: Topology): TopologyProblem[] {
  const count = processes.reduce((sum, group) => sum + group.count, 0);
  const problems: TopologyProblem[] = (['redis', 'kafka', 's3'] as const)
    .filter((engine: EngineWithUrl) => engines[engine] !== undefined && !isEngineUsed(engine))
    .map((engine) => ({
      path: ['engines', engine],
      message: 'is an engine that this release cannot use yet. Take it out.',
    }));
  if (engines.postgres.kind !== 'embedded' || count <= 1) return problems;
  const message = `is embedded, which one process can hold, and processes has ${count}. Write "postgres: {}" to have one started for all, or name its url.`;
  return [...problems, { path: ['engines', 'postgres'], message, from: [['engines', 'postgres']] }];
}

function systemProblems({ engines, processes }: Topology): TopologyProblem[] {
  const apis = processes.filter(({ roles }) => roles.includes('api'));
  const split = processes.filter(({ systems }) => systems !== undefined);
  const problems: TopologyProblem[] = split
    .filter((group) => !isBalanced(group, engines))
    .map(({ name }) => ({
      path: ['processes', name, 'systems'],
      from: balancedBy(name, engines),
      message:
        'says what the balancer sends there, so it needs engines.haproxy and the role api. Add them, or take it out.',
    }));
  if (apis.length > 0 && apis.every(({ systems }) => systems !== undefined)) {
    const message = 'has no group with the role api and without systems, for all other requests. Add one.';
    problems.push({ path: ['processes'], message, from: [['processes', '*', 'roles']] });
  }
  const twice = split.flatMap((group, index) => {
    const earlier = split.slice(0, index).flatMap(({ systems }) => systems ?? []);
    const again = (group.systems ?? []).filter((system) => earlier.includes(system));
    return again.map((system) => ({
      path: ['processes', group.name, 'systems'],
      message: `names ${system}, which another group has. Name it once.`,
    }));
  });
  return [...problems, ...twice];
}

function settingProblems({ settings, processes, engines }: Topology): TopologyProblem[] {
  const places = [
    { path: ['settings'], settings },
    ...processes.map((group) => ({
      path: ['processes', group.name, 'settings'],
      settings: group.settings,
    })),
  ];
  const made = engines.s3 === undefined ? MADE_SETTINGS : [...MADE_SETTINGS, ...ENGINE_SETTINGS.s3];
  return places.flatMap((place) =>
    Object.keys(place.settings).flatMap((name) => {
      const path = [...place.path, name];
      if (made.includes(name)) {
        return [{ path, message: 'follows from engines and processes. Say it there.' }];
      }
      if (name in SETTINGS || !name.startsWith('GROUNDSWELL_')) return [];
      return [{ path, message: 'is not a setting. The settings are listed by: groundswell serve --help' }];
    }),
  );
}

/** Engines are called by their own names, and the processes of a group by its name and a number. */
function nameProblems(topology: Topology): TopologyProblem[] {
  const plan = planTopology(topology);
  const engines = plannedProcesses({ ...plan, serves: [] });
  const taken = new Map(
    engines.map(({ name, kind }) => [name, { whose: 'an engine', from: ['engines', kind, 'nodes'] }]),
  );
  return plan.serves.flatMap(({ name, group }) => {
    const other = taken.get(name);
    const from = ['processes', group, 'count'];
    taken.set(name, { whose: `one of ${group}`, from });
    if (other === undefined) return [];
    const message = `has a process ${name}, as ${other.whose} is called too. Rename the group.`;
    return [{ path: ['processes', group], message, from: [from, other.from] }];
  });
}

/** Two that listen on the same port of this machine; those that are given a free one get out of the way. */
function portProblems(topology: Topology): TopologyProblem[] {
  const claims = portClaims(topology);
  return claims.flatMap((claim, index) => {
    const other = claims.slice(0, index).find(({ first, count }) => {
      return claim.first < first + count && first < claim.first + claim.count;
    });
    if (other === undefined) return [];
    const range = claim.count === 1 ? `${claim.first}` : `${claim.first} to ${claim.first + claim.count - 1}`;
    const message = `takes ${range}, which ${other.path.join('.')} takes too. Name another, or none for a free one.`;
    // In place of one that could not be read is that which it would have had by itself.
    return [{ path: claim.path, message, from: [claim.path, other.path] }];
  });
}

interface PortClaim {
  readonly path: readonly string[];
  readonly first: number;
  readonly count: number;
}

function portClaims({ engines, processes }: Topology): PortClaim[] {
  const started = (['haproxy', 'postgres', 'redis', 'kafka'] as const).flatMap((name) => {
    const engine = engines[name];
    if (engine?.kind !== 'started' || engine.port === undefined) return [];
    const count = 'nodes' in engine ? engine.nodes : 1;
    const tls = name === 'haproxy' ? engines.haproxy?.tls : undefined;
    return [
      { path: ['engines', name, 'port'], first: engine.port, count },
      ...(tls === undefined ? [] : [{ path: ['engines', name, 'tls', 'port'], first: tls.port, count: 1 }]),
    ];
  });
  const groups = processes.flatMap(({ name, port, count }: ProcessGroup) =>
    port === undefined ? [] : [{ path: ['processes', name, 'port'], first: port, count }],
  );
  return [...started, ...groups];
}

/** What is allowed and works, and may still surprise. */
export function topologyNotes(topology: Topology): string[] {
  const { engines, processes } = topology;
  const apis = processes
    .filter(({ roles }) => roles.includes('api'))
    .reduce((sum, { count }) => sum + count, 0);
  const notes: string[] = [];
  if (apis > 1 && engines.redis === undefined) {
    notes.push(
      `without redis each of the ${apis} api processes counts rate limits for itself, so a caller may have up to ${apis} times as much, and home timelines are read by SQL.`,
    );
  }
  if (apis > 1 && engines.haproxy === undefined) {
    notes.push(
      `without haproxy the ${apis} api processes have an address each, and nothing spreads requests.`,
    );
  }
  return [...notes, ...balancerNotes(topology)];
}
