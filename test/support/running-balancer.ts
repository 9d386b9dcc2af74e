/** HAProxy with the configuration of a topology, before servers that a test has started itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { findFreePort } from '../../src/bench/server-process.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { systemClock } from '../../src/core/clock.ts';
import { balancerPools, publicHostOf } from '../../src/planner/balancer-pools.ts';
import { renderHaproxyConfig } from '../../src/planner/haproxy-config.ts';
import { parseTopology } from '../../src/planner/parse-topology.ts';
import { keepSelfMadeCertificate } from '../../src/up/engines/self-made-certificate.ts';
import { atEnd } from './at-end.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface RunningBalancer {
  readonly port: number;
  /** With TLS, where that is. */
  readonly tlsPort: number;
  /** Of its own metrics. */
  readonly statisticsPort: number;
  readonly process: ChildProcess;
}

export interface BalancerOptions {
  readonly program: string;
  /** Of the engine, beside its ports. */
  readonly haproxy?: string;
  /** Of each group, what it says besides its role and count. */
  readonly groups: Readonly<Record<string, string>>;
  /** Ports of the processes of each group. */
  readonly ports: Readonly<Record<string, readonly number[]>>;
  readonly settings?: string;
}

/** Stopped when the test ends. */
export async function startBalancer(test: TestContext, options: BalancerOptions): Promise<RunningBalancer> {
  const { program, haproxy = '', groups, ports, settings = '' } = options;
  const [port, tlsPort, statisticsPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const tls = haproxy.includes('tls: {}');
  const topology = parseTopology({
    name: 'topology.yaml',
    environment: {},
    text: [
      `engines: { postgres: {}, haproxy: { port: ${port}, ${haproxy.replace('tls: {}', `tls: { port: ${tlsPort} }`)} } }`,
      'processes:',
      '  worker: { roles: [worker] }',
      ...Object.entries(groups).map(
        ([name, says]) => `  ${name}: { roles: [api], count: ${ports[name]?.length}, ${says} }`,
      ),
      `settings: { ${settings} }`,
    ].join('\n'),
  });
  const engine = topology.engines.haproxy;
  if (engine === undefined) throw new Error('there is an engine haproxy');
  const folder = await temporaryFolder(test);
  const environment = readEnvironment();
  const certificate = { folder, host: engine.host, environment, clock: systemClock };
  const config = renderHaproxyConfig({
    haproxy: engine,
    pools: balancerPools(topology, ({ name }) =>
      (ports[name] ?? []).map((at) => ({ host: '127.0.0.1', port: at })),
    ),
    publicHost: publicHostOf(topology),
    certificateFile: tls ? await keepSelfMadeCertificate(certificate) : undefined,
    ...{ statisticsPort, adminSocket: undefined, user: undefined },
  });
  const file = path.join(folder, 'haproxy.cfg');
  await writeFile(file, config);
  const child = spawn(program, ['-db', '-f', file], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  atEnd(test, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await until(() => isListening(tls ? tlsPort : port));
  return { port, tlsPort, statisticsPort, process: child };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
