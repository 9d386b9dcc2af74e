/** A process of the product without an API, such as a worker. It has no address by which it could be asked whether it is ready. */
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startPinned } from '../../src/bench/pinned-process.ts';
import { type Environment, readEnvironment } from '../../src/config/env.ts';
import { atEnd } from './at-end.ts';

const PROGRAM = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface RoleProcess {
  /** Resolves when it is gone. */
  kill(): Promise<void>;
}

export function startRoleProcess(test: TestContext, roles: string, settings: Environment): RoleProcess {
  const child = startPinned(PROGRAM, ['serve'], {
    cores: undefined,
    stdio: 'logs',
    environment: { ...readEnvironment(), ...settings, GROUNDSWELL_ROLES: roles },
  });
  const exited = once(child, 'exit');
  let logs = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (logs += text));
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null) test.diagnostic(logs.slice(-2_000));
    child.kill('SIGKILL');
    await exited;
  };
  atEnd(test, kill);
  return { kill };
}
