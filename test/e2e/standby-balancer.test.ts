/** Two balancers with one address, on two machines of a network of namespaces: it moves when one of them is gone. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { it, type TestContext } from 'node:test';
import { readEnvironment } from '../../src/config/env.ts';
import { systemClock } from '../../src/core/clock.ts';
import { atEnd } from '../support/at-end.ts';
import { runCommand } from '../support/command.ts';
import { keepalivedBackend } from '../support/keepalived-program.ts';
import {
  createNetwork,
  INTERFACE,
  type MachineProcess,
  type NamespacedMachine,
  NETWORK_BITS,
} from '../support/namespaced-machines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { startTargetServer } from '../support/target-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const PORT = 8_080;
const MOVE_MS_MAX = 3_000;
/** Of one try to reach it. */
const TRY_MS = 250;
const PAUSE_MS = 10;

const TOPOLOGY = `
engines: { postgres: {}, haproxy: { host: 0.0.0.0, port: ${PORT} } }
processes: { worker: { roles: [worker] }, api: { roles: [api] } }
`;

interface Asking {
  readonly failures: number;
  answers(): number;
  /** How long nobody answered, at most, since it was last asked; and how many requests failed meanwhile. */
  takeOutage(): { readonly ms: number; readonly failures: number };
}

/** One request after the other, each on a connection of its own. */
function askSteadily(test: TestContext, host: string): Asking {
  let [answers, failures, stopped] = [0, 0, false];
  let [lastMs, longestMs, counted] = [systemClock.monotonicMs(), 0, 0];
  const ask = async (): Promise<void> => {
    while (!stopped) {
      const isAnswered = await reaches(host);
      const nowMs = systemClock.monotonicMs();
      if (isAnswered) {
        answers += 1;
        longestMs = Math.max(longestMs, nowMs - lastMs);
        lastMs = nowMs;
      } else failures += 1;
      await systemClock.sleep(PAUSE_MS);
    }
  };
  const asking = ask();
  atEnd(test, async () => {
    stopped = true;
    await asking;
  });
  return {
    get failures() {
      return failures;
    },
    answers: () => answers,
    takeOutage() {
      const outage = { ms: Math.round(longestMs), failures: failures - counted };
      [longestMs, counted] = [0, failures];
      return outage;
    },
  };
}

function reaches(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host, port: PORT, path: '/', agent: false, timeout: TRY_MS }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

async function rendered(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['render', ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

describeOnBackend('two balancers with one address', keepalivedBackend(readEnvironment()), (programs) => {
  it('answer again within 3 s when HAProxy dies, and when its machine is gone', async (test) => {
    const folder = await temporaryFolder(test);
    const { gateway, spare, machines } = await createNetwork(test, programs.ip, 2);
    const server = await startTargetServer({
      host: gateway,
      answer: (_asked, response) => response.end('{}'),
    });
    atEnd(test, () => server.close());
    const topology = path.join(folder, 'topology.yaml');
    const haproxyFile = path.join(folder, 'haproxy.cfg');
    await writeFile(topology, TOPOLOGY);
    const servers = `api=${gateway}:${server.port}`;
    const place = ['--admin-socket', path.join(folder, 'admin.sock'), '--user', 'root'];
    await writeFile(
      haproxyFile,
      await rendered(['haproxy', '--file', topology, '--servers', servers, ...place]),
    );

    const startHaproxy = (machine: NamespacedMachine): MachineProcess =>
      machine.start(programs.haproxy, ['-db', '-f', haproxyFile]);
    const startKeepalived = async (machine: NamespacedMachine): Promise<MachineProcess> => {
      const peers = machines.filter((other) => other !== machine).map(({ address }) => address);
      const file = path.join(folder, `keepalived-${machine.address}.conf`);
      const own = ['--interface', INTERFACE, '--source', machine.address, '--peers', peers.join(',')];
      await writeFile(file, await rendered(['keepalived', '--address', `${spare}/${NETWORK_BITS}`, ...own]));
      const pidFiles = ['p', 'r'].flatMap((kind) => [`-${kind}`, `${file}.${kind}`]);
      return machine.start(programs.keepalived, [
        '--dont-fork',
        '--log-console',
        '--vrrp',
        '-f',
        file,
        ...pidFiles,
      ]);
    };
    const running = new Map(
      await Promise.all(
        machines.map(
          async (machine) =>
            [
              machine,
              { haproxy: startHaproxy(machine), keepalived: await startKeepalived(machine) },
            ] as const,
        ),
      ),
    );
    const logs = () => [...running.values()].map(({ keepalived }) => keepalived.output()).join('\n');
    const holders = async (): Promise<NamespacedMachine[]> => {
      const found = await Promise.all(
        machines.map(async (machine) => (await machine.run(programs.ip, ['addr'])).includes(`${spare}/`)),
      );
      return machines.filter((_machine, index) => found[index]);
    };
    const asking = askSteadily(test, spare);
    await until(() => asking.answers() > 20).catch(() => assert.fail(logs()));
    asking.takeOutage();

    const [first, ...more] = await holders();
    assert(first !== undefined && more.length === 0, 'one of them has it');
    await running.get(first)?.haproxy.kill();
    const settled = async (answers = asking.answers()) =>
      until(() => asking.answers() > answers + 50).catch(() => assert.fail(logs()));
    await until(async () => (await holders()).every((holder) => holder !== first));
    await settled();
    const died = asking.takeOutage();
    test.diagnostic(`HAProxy killed: no answer for ${died.ms} ms, ${died.failures} requests failed`);
    assert.ok(died.ms <= MOVE_MS_MAX && died.failures > 0, `${died.ms} ms`);

    // It comes back, and takes nothing away.
    const again = startHaproxy(first);
    const isBack = /Entering BACKUP STATE/g;
    const entered = running.get(first)?.keepalived.output().match(isBack)?.length ?? 0;
    await until(() => (running.get(first)?.keepalived.output().match(isBack)?.length ?? 0) > entered);
    await settled();
    const [second, ...others] = await holders();
    assert(second !== undefined && second !== first && others.length === 0, again.output());
    assert.deepEqual(asking.takeOutage().failures, 0);

    // Nobody there can say a word, or take the address away.
    await second.disconnect();
    await settled();
    const gone = asking.takeOutage();
    test.diagnostic(`machine gone: no answer for ${gone.ms} ms, ${gone.failures} requests failed`);
    assert.ok(gone.ms <= MOVE_MS_MAX && gone.failures > 0, `${gone.ms} ms`);
    assert.ok((await holders()).includes(first));
  });
});
