/** `groundswell up` as its user starts it, for tests of what runs with it and of what is left when it ends. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { isRunning, type ProcessRecord, readUpRecord, type UpRecord } from '../../src/up/process-records.ts';
import { upFolderIn } from '../../src/up/up-folder.ts';
import { atEnd } from './at-end.ts';
import { type RunningCommand, startCommand } from './command.ts';
import { type ProcessSnapshot, snapshotProcesses } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface UpHome {
  readonly dataFolder: string;
  /** Resolves when everything is ready. */
  start(options?: readonly string[]): Promise<RunningUp>;
}

export interface RunningUp {
  readonly record: UpRecord;
  readonly command: RunningCommand;
  /** Of those that run now. */
  processOf(name: string): Promise<ProcessRecord>;
  /** All that it has started, to see later what is left. */
  processes(): Promise<ProcessSnapshot>;
}

/** A first start makes a database, beside whatever else a machine under test does. */
const START_MS_MAX = 150_000;
const END_MS_MAX = 30_000;

/** In a temporary folder; what still runs at the end of the test is killed. `topology`: the text of its file. */
export async function createUpHome(test: TestContext, topology: string): Promise<UpHome> {
  const folder = await temporaryFolder(test);
  const file = path.join(folder, 'topology.yaml');
  const dataFolder = path.join(folder, 'data');
  await writeFile(file, topology);
  const upFolder = upFolderIn(dataFolder);
  const recordOf = async (): Promise<UpRecord> => {
    const record = await readUpRecord(upFolder);
    assert(record !== undefined, 'there is a record of what runs');
    return record;
  };
  return {
    dataFolder,
    async start(options = []) {
      const command = startCommand(['up', '--file', file, '--data', dataFolder, ...options]);
      atEnd(test, async () => {
        command.kill('SIGKILL');
        await command.ended;
        // They notice by themselves; the folder must not go before them.
        await until(
          async () => !((await readUpRecord(upFolder))?.processes ?? []).some(isRunning),
          END_MS_MAX,
        );
      });
      let failure: string | undefined;
      void command.ended.then(({ code, stdout, stderr }) => {
        failure = `up ended with ${code}:\n${stdout}\n${stderr}`;
      });
      await until(async () => {
        assert(failure === undefined, failure);
        const found = await readUpRecord(upFolder);
        // One that was killed before has left its own.
        return found?.ready === true && isRunning(found);
      }, START_MS_MAX);
      const record = await recordOf();
      return {
        record,
        command,
        async processOf(name) {
          const found = (await recordOf()).processes.find((one) => one.name === name);
          assert(found !== undefined, `${name} runs`);
          return found;
        },
        async processes() {
          const snapshot = await snapshotProcesses(record.pid);
          assert(snapshot !== undefined, 'the system tells of processes');
          return snapshot;
        },
      };
    },
  };
}
