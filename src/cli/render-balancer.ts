/** `groundswell render haproxy` and `render keepalived`: the entrance of processes on several machines. */
import { isIP } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readEnvironment } from '../config/env.ts';
import { AppError } from '../core/errors.ts';
import { balancerPools, publicHostOf, type ServerAddress } from '../planner/balancer-pools.ts';
import { renderHaproxyConfig } from '../planner/haproxy-config.ts';
import { PRIORITY_MAX, ROUTER_ID_MAX, renderKeepalivedConfig } from '../planner/keepalived-config.ts';
import { PORT_MAX } from '../planner/started-engine.ts';
import type { ProcessGroup, Topology } from '../planner/topology.ts';
import { withExamples } from './examples.ts';
import { gather, wholeNumber } from './option-values.ts';
import { loadTopology, STAGES, type TopologyOptions } from './up-topology.ts';

/** Of the groups by name, those of their processes. */
type Servers = ReadonlyMap<string, readonly ServerAddress[]>;

interface HaproxyCommandOptions extends TopologyOptions {
  readonly servers?: Servers;
  readonly statisticsPort: number;
  readonly adminSocket: string;
  readonly user: string;
}

/** As Debian's package has it. */
const ADMIN_SOCKET = '/run/haproxy/admin.sock';
const USER = 'haproxy';
const STATISTICS_PORT = 8_404;

export function haproxyCommand(): Command {
  const command = new Command('haproxy')
    .description('The balancer of a topology, before processes that run on other machines.')
    .addOption(new Option('--stage <number>', 'one that comes with it').choices(STAGES).conflicts('file'))
    .option('--file <path>', 'your own (topology.yaml, if it is here)')
    .option('--set <name=value>', 'another value for this once', gather)
    .option(
      '--servers <group=addresses>',
      'host:port of each process of a group; once for each',
      parseServers,
    )
    .option(
      '--statistics-port <port>',
      'of its metrics, on its own machine',
      wholeNumber(1, PORT_MAX),
      STATISTICS_PORT,
    )
    .option('--admin-socket <path>', 'where an operator changes states', parseSocket, ADMIN_SOCKET)
    .option('--user <name>', 'whom it becomes', parseUser, USER)
    .action(printHaproxy);
  return withExamples(
    command,
    'groundswell render haproxy --stage 4 --servers api=10.0.0.5:8080,10.0.0.6:8080',
    'groundswell render haproxy --servers api=api-1:80 --servers links=links-1:80',
  );
}

function parseServers(value: string, earlier: Servers = new Map()): Servers {
  const [, group = '', list = ''] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(value) ?? [];
  const servers = list.split(',').map(parseAddress);
  if (group === '' || servers.includes(undefined)) {
    throw new InvalidArgumentError('It must be like api=10.0.0.5:8080,10.0.0.6:8080.');
  }
  if (earlier.has(group))
    throw new InvalidArgumentError(`${group} is named twice. Name all of its addresses at once.`);
  const known = new Set([...earlier.values()].flat().map(textOfAddress));
  const found = servers.filter((server) => server !== undefined);
  for (const address of found.map(textOfAddress)) {
    if (known.has(address))
      throw new InvalidArgumentError(`${address} is named twice. Each process has an address of its own.`);
    known.add(address);
  }
  return new Map([...earlier, [group, found]]);
}

function textOfAddress({ host, port }: ServerAddress): string {
  return `${host}:${port}`;
}

/** What cannot end a line of the configuration, or a word in it. */
function parseSocket(text: string): string {
  if (/^\/[\w./-]+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a path from the root, such as /run/haproxy/admin.sock.');
}

function parseUser(text: string): string {
  if (/^[a-z_][\w.-]{0,31}$/i.test(text)) return text;
  throw new InvalidArgumentError('It must be the name of a user, such as haproxy.');
}

function parseAddress(text: string): ServerAddress | undefined {
  const [, host = '', port = ''] = /^\[?([\da-z][\da-z.:-]*?)\]?:(\d{1,5})$/i.exec(text.trim()) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= PORT_MAX;
  return host !== '' && isPort ? { host, port: Number(port) } : undefined;
}

function printHaproxy(options: HaproxyCommandOptions): void {
  const topology = loadTopology(options, readEnvironment());
  const { haproxy } = topology.engines;
  if (haproxy === undefined)
    throw new AppError('invalid', `${topology.name} has no balancer. Add engines.haproxy.`);
  if (haproxy.tls !== undefined && haproxy.tls.certificate === undefined) {
    throw new AppError(
      'invalid',
      'Only `up` makes a certificate. Name yours: engines.haproxy.tls.certificate.',
    );
  }
  const servers: Servers = options.servers ?? new Map();
  refuseOtherGroups(topology, servers);
  if (haproxy.port === options.statisticsPort) {
    throw new AppError(
      'invalid',
      `Port ${haproxy.port} is where clients come in. Name another for --statistics-port.`,
    );
  }
  process.stdout.write(
    renderHaproxyConfig({
      haproxy,
      pools: balancerPools(topology, (group) => addressesOf(group, servers)),
      publicHost: publicHostOf(topology),
      certificateFile: haproxy.tls?.certificate,
      ...{ statisticsPort: options.statisticsPort, adminSocket: options.adminSocket, user: options.user },
    }),
  );
}

function addressesOf({ name, count }: ProcessGroup, servers: Servers): readonly ServerAddress[] {
  const found = servers.get(name) ?? [];
  if (found.length === count) return found;
  const message = `${name} has ${count} processes, and ${found.length} addresses are named. Name each: --servers ${name}=host:port,…`;
  throw new AppError('invalid', message);
}

function refuseOtherGroups({ processes }: Topology, servers: Servers): void {
  const apis = processes.filter(({ roles }) => roles.includes('api')).map(({ name }) => name);
  const others = [...servers.keys()].filter((group) => !apis.includes(group));
  if (others.length === 0) return;
  const message = `--servers names ${others.join(', ')}; the groups that answer requests are ${apis.join(', ')}.`;
  throw new AppError('invalid', message);
}

interface KeepalivedCommandOptions {
  readonly address: string;
  readonly interface: string;
  readonly source: string;
  readonly peers: readonly string[];
  readonly priority: number;
  readonly routerId: number;
  readonly statisticsPort: number;
}

export function keepalivedCommand(): Command {
  const command = new Command('keepalived')
    .description('Two balancers with one address: who has it, and when it moves.')
    .requiredOption('--address <address/bits>', 'which clients know, such as 10.0.0.100/24', parseNetwork)
    .requiredOption('--interface <name>', 'of this machine, where the address shall be', parseInterface)
    .requiredOption('--source <address>', 'of this machine', parseIp)
    .requiredOption('--peers <addresses>', 'of the other machine, or machines', parseIps)
    .option('--priority <number>', 'the highest has the address', wholeNumber(1, PRIORITY_MAX), 100)
    .option('--router-id <number>', 'the same on all', wholeNumber(1, ROUTER_ID_MAX), 51)
    .option('--statistics-port <port>', 'as for render haproxy', wholeNumber(1, PORT_MAX), STATISTICS_PORT)
    .action(({ interface: networkInterface, ...options }: KeepalivedCommandOptions) => {
      process.stdout.write(renderKeepalivedConfig({ ...options, networkInterface }));
    });
  return withExamples(
    command,
    'groundswell render keepalived --address 10.0.0.100/24 --interface eth0 \\',
    '  --source 10.0.0.11 --peers 10.0.0.12',
  );
}

function parseNetwork(text: string): string {
  const [address = '', bits = '', ...rest] = text.split('/');
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax && rest.length === 0) return text;
  throw new InvalidArgumentError('It must be an address and the bits of its network, such as 10.0.0.100/24.');
}

function parseInterface(text: string): string {
  if (/^[a-z][\w.-]{0,14}$/i.test(text)) return text;
  throw new InvalidArgumentError('It must be the name of an interface, such as eth0.');
}

function parseIp(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new InvalidArgumentError('It must be an address, such as 10.0.0.11.');
}

function parseIps(text: string): string[] {
  return text.split(',').map((part) => parseIp(part.trim()));
}
