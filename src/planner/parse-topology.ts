/**
 * Reads a topology from a file that a person has written (`deploy/stages/` has five of them); `docs/growing.md` says what
 * each costs and gives.
 */

import { ConfigError } from '../config/config.ts';
import { ROLES } from '../config/roles.ts';
import { SYSTEM_NAMES } from '../config/systems.ts';
import { PORT_MAX, readCpu } from './started-engine.ts';
import type { ProcessGroup, Topology } from './topology.ts';
import { readBalance, readHosts, readWeights } from './topology-balancer.ts';
import { readEngines } from './topology-engines.ts';
import { certainProblems, type TopologyProblem } from './topology-problem.ts';
import { type Place, readTopologyText, type TopologyReader, type TopologySource } from './topology-reader.ts';
import { topologyProblems } from './topology-rules.ts';

export type TopologyCheck = (topology: Topology) => readonly TopologyProblem[];

export const COUNT_MAX = 64;
const NAME = /^[a-z][a-z0-9-]{0,29}$/;
/** What an environment can hold. */
const SETTING_NAME = /^[^=\0]+$/;
const SETTING_TEXT = /^[^\0]+$/;
const NAME_FORM = 'lower-case letters, digits and -, at most 30 of them, such as api';

/**
 * Reads and checks a topology. Throws a `ConfigError` that lists every mistake with its line and the remedy: those of
 * `check`, too, which is given the topology even where something of it could not be read.
 */
export function parseTopology(source: TopologySource, check: TopologyCheck = () => []): Topology {
  const read = readTopologyText(source);
  const fields = read.fields(read.root, ['name', 'data', 'engines', 'processes', 'settings']);
  const topology: Topology = {
    name: read.text(fields.name, NAME_FORM, NAME) ?? 'topology',
    data: read.text(fields.data, 'the path of a folder'),
    engines: readEngines(read, fields.engines),
    processes: read.entries(fields.processes).map(([name, place]) => readGroup(read, name, place)),
    settings: readSettings(read, fields.settings),
  };
  const all = [...topologyProblems(topology), ...check(topology)];
  for (const { path, message } of certainProblems(all, read.unread)) read.complain({ path }, message);
  if (read.problems.length > 0) throw new ConfigError(read.problems, source.name);
  return topology;
}

const GROUP_FIELDS = [
  ...(['roles', 'count', 'port', 'systems', 'hosts', 'balance', 'weights', 'cpu', 'settings'] as const),
];

function readGroup(read: TopologyReader, name: string, place: Place): ProcessGroup {
  if (!NAME.test(name)) read.complain(place, `is the name of processes, which must be ${NAME_FORM}.`);
  const fields = read.fields(place, GROUP_FIELDS);
  const count = read.integer(fields.count, 1, COUNT_MAX) ?? 1;
  return {
    name,
    roles: readChoices(read, fields.roles, ROLES) ?? ROLES,
    count,
    // So that there is one for the last of them.
    port: read.integer(fields.port, 1, PORT_MAX - count + 1),
    systems: readChoices(read, fields.systems, SYSTEM_NAMES),
    hosts: readHosts(read, fields.hosts),
    balance: readBalance(read, fields.balance),
    weights: readWeights(read, fields.weights),
    cpu: readCpu(read, fields.cpu),
    settings: readSettings(read, fields.settings),
  };
}

function readChoices<Choice extends string>(
  read: TopologyReader,
  place: Place,
  choices: readonly Choice[],
): readonly Choice[] | undefined {
  const must = `a list of some of ${choices.join(', ')}`;
  const items = read.items(place, must);
  if (items === undefined) return undefined;
  if (items.length === 0) read.refuse(place, `must be ${must}; it is empty.`);
  return [...new Set(items.flatMap((item) => read.choice(item, choices) ?? []))];
}

/** Numbers and truth values stand for their text, as people write them. */
function readSettings(read: TopologyReader, place: Place): Record<string, string> {
  const entries = read.entries(place).map(([name, { path, value }]) => {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    if (!SETTING_NAME.test(name))
      read.complain({ path }, 'is no name that a process can be told: it has = or NUL.');
    const must = 'a text without NUL, or a number';
    return [name, read.text({ path, value: text }, must, SETTING_TEXT) ?? ''] as const;
  });
  return Object.fromEntries(entries);
}
