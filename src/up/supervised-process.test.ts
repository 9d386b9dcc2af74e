import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { until } from '../../test/support/until.ts';
import { systemClock } from '../core/clock.ts';
import { createCpuQuotas } from './cpu-quotas.ts';
import { openLogFile } from './log-file.ts';
import { openProcessRecords, readUpRecord } from './process-records.ts';
import type { ProcessSpec } from './process-spec.ts';
import { superviseProcess } from './supervised-process.ts';

const NEVER = new AbortController().signal;

/** A shell that runs `script` in a folder, and is ready when that has a file `ready`. */
async function createSetting(test: TestContext, script: string, options: Partial<ProcessSpec> = {}) {
  const folder = await temporaryFolder(test);
  const ready = path.join(folder, 'ready');
  const events: string[] = [];
  const logFile = await openLogFile({ path: path.join(folder, 'log'), onLine: () => undefined, pollMs: 10 });
  const spec: ProcessSpec = {
    ...{ name: 'api', role: 'api', port: 20_000, cpu: undefined, figures: undefined, readyUrl: undefined },
    prepare: async () => ({
      ...{
        file: 'sh',
        args: ['-c', script],
        folder,
        environment: { PATH: '/usr/bin:/bin' },
        user: undefined,
      },
    }),
    async check() {
      if (!existsSync(ready)) throw new Error('there is no file');
    },
    ...{ stopSignal: 'SIGTERM', stopMs: 500, readyMs: 5_000, ...options },
  };
  const supervised = superviseProcess(spec, {
    ...{ clock: systemClock, logFile, cpuQuotas: createCpuQuotas(`test-${process.pid}`) },
    records: openProcessRecords(folder, { topology: 'test', url: '' }),
    onEvent: (text) => events.push(text),
  });
  atEnd(test, () => logFile.close());
  atEnd(test, () => supervised.close());
  return { folder, ready, events, supervised };
}

describe('a process of up', () => {
  it('is started again when it dies, and is on record for as long as it runs', async (test) => {
    const { folder, events, supervised } = await createSetting(test, 'touch ready; sleep 1000');
    await supervised.open(NEVER);
    const { pid } = supervised.status();
    assert.ok(pid !== undefined);
    const recorded = async () => (await readUpRecord(folder))?.processes.map((one) => one.pid);
    assert.deepEqual(await recorded(), [pid]);
    process.kill(pid, 'SIGKILL');
    await until(() => supervised.status().state === 'ready' && supervised.status().pid !== pid);
    assert.equal(supervised.status().restarts, 1);
    assert.deepEqual(events, ['was ended by SIGKILL and is started again', 'is ready again']);
    await supervised.close();
    assert.equal(supervised.status().state, 'stopped');
    assert.deepEqual(await recorded(), []);
  });

  it('fails the start with its last lines when it ends before it is ready', async (test) => {
    const { supervised } = await createSetting(test, 'echo the port is taken; exit 3');
    await assert.rejects(supervised.open(NEVER), {
      code: 'unavailable',
      message: 'api ended with exit code 3. Its last lines:\n    the port is taken',
    });
    assert.equal(supervised.status().pid, undefined);
  });

  it('fails the start when it is not ready in time, or cannot be started at all', async (test) => {
    const slow = await createSetting(test, 'sleep 1000', { readyMs: 50 });
    await assert.rejects(slow.supervised.open(NEVER), /api was not ready in time: there is no file/);
    const absent = await createSetting(test, '', {
      prepare: async () => ({
        ...{ file: '/nowhere/program', args: [], folder: '/nowhere', environment: {}, user: undefined },
      }),
    });
    await assert.rejects(absent.supervised.open(NEVER), /api cannot be started: .*ENOENT/);
  });

  it('is given up when the start is interrupted', async (test) => {
    const { supervised } = await createSetting(test, 'sleep 1000');
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 50);
    await assert.rejects(supervised.open(interruption.signal), /interrupted/);
    assert.equal(supervised.status().pid, undefined);
  });

  it('is killed, with what it has started, when it does not stop', async (test) => {
    const script = 'trap "" TERM; sleep 1000 & echo $! > child; touch ready; while :; do sleep 1; done';
    const { folder, supervised } = await createSetting(test, script, { stopMs: 100 });
    await supervised.open(NEVER);
    const child = Number(await readFile(path.join(folder, 'child'), 'utf8'));
    await supervised.close();
    await until(() => !isAlive(child));
  });

  it('is shown as not ready while its check fails, and as ready again', async (test) => {
    const { ready, events, supervised } = await createSetting(test, 'touch ready; sleep 1000');
    await supervised.open(NEVER);
    await rm(ready);
    await until(() => supervised.status().state === 'not ready');
    await writeFile(ready, '');
    await until(() => supervised.status().state === 'ready');
    assert.deepEqual(events, ['is not ready: there is no file', 'is ready again']);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
