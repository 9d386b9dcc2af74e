/**
 * Machines of a small network, each a network namespace with an address of its own, on a bridge where this process is
 * 10.x.y.1. Needs root. All of it goes when the test ends.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { processTree } from '../../src/telemetry/process-cpu.ts';
import { atEnd } from './at-end.ts';

export interface NamespacedMachine {
  readonly address: string;
  /** Starts a program there; it is killed when the test ends. */
  start(file: string, args: readonly string[]): MachineProcess;
  /** What a program says that ends by itself. */
  run(file: string, args: readonly string[]): Promise<string>;
  /** As when its cable is pulled. */
  disconnect(): Promise<void>;
}

export interface MachineProcess {
  /** All that it has written. */
  output(): string;
  /** With all that it has started. */
  kill(): Promise<void>;
}

export interface NamespacedNetwork {
  /** Of this process, for those machines. */
  readonly gateway: string;
  /** An address that no machine has. */
  readonly spare: string;
  readonly machines: readonly NamespacedMachine[];
}

const run = promisify(execFile);
/** Of the machines, in the network. */
const FIRST_HOST = 11;
const SPARE_HOST = 100;
export const INTERFACE = 'eth0';
export const NETWORK_BITS = 24;

export async function createNetwork(
  test: TestContext,
  ip: string,
  count: number,
): Promise<NamespacedNetwork> {
  const id = process.pid % 65_536;
  const network = `10.${200 + ((id >> 8) % 50)}.${id & 255}`;
  const bridge = `gsw${id}`;
  const tell = async (...args: readonly string[]): Promise<void> => void (await run(ip, [...args]));
  atEnd(test, () => tell('link', 'del', bridge));
  await tell('link', 'add', bridge, 'type', 'bridge');
  await tell('addr', 'add', `${network}.1/${NETWORK_BITS}`, 'dev', bridge);
  await tell('link', 'set', bridge, 'up');
  const machines: NamespacedMachine[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `gsw-${id}-${index}`;
    const address = `${network}.${FIRST_HOST + index}`;
    atEnd(test, () => tell('netns', 'del', name));
    await tell('netns', 'add', name);
    const cable = `gsw${id}-${index}`;
    await tell('link', 'add', cable, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', name);
    await tell('link', 'set', cable, 'master', bridge, 'up');
    await tell('-n', name, 'addr', 'add', `${address}/${NETWORK_BITS}`, 'dev', INTERFACE);
    for (const device of ['lo', INTERFACE]) await tell('-n', name, 'link', 'set', device, 'up');
    machines.push(machineOf(test, { ip, name, address, cable }));
  }
  return { gateway: `${network}.1`, spare: `${network}.${SPARE_HOST}`, machines };
}

interface Namespace {
  readonly ip: string;
  readonly name: string;
  readonly address: string;
  readonly cable: string;
}

function machineOf(test: TestContext, { ip, name, address, cable }: Namespace): NamespacedMachine {
  return {
    address,
    start(file, args) {
      const started = startedProcess(spawn(ip, ['netns', 'exec', name, file, ...args], { stdio: 'pipe' }));
      atEnd(test, () => started.kill());
      return started;
    },
    run: async (file, args) => (await run(ip, ['netns', 'exec', name, file, ...args])).stdout,
    disconnect: async () => void (await run(ip, ['link', 'set', cable, 'down'])),
  };
}

function startedProcess(child: ChildProcess): MachineProcess {
  const exited = once(child, 'exit');
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return {
    output: () => text,
    async kill() {
      const { pid } = child;
      if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      for (const each of processTree([pid]) ?? []) kill(each.pid);
      kill(pid);
      await exited;
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
