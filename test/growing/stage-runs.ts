/** One data folder after the other, and one stage after the other, each started and stopped as docs/growing.md says. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { findFreePort } from '../../src/bench/server-process.ts';
import { readUpRecord } from '../../src/up/process-records.ts';
import { upFolderIn } from '../../src/up/up-folder.ts';
import { atEnd } from '../support/at-end.ts';
import { type RunningCommand, runCommand, startCommand } from '../support/command.ts';
import { until } from '../support/until.ts';

export type Stage = 1 | 2 | 3 | 4;

export interface StageRun {
  readonly url: string;
  /** `groundswell` beside it, with its data folder; fails with what it said. */
  command(...args: readonly string[]): Promise<string>;
  /** Whether no event waits for anybody. In stage 2 nobody delivers home timelines: they are read by SQL. */
  isIdle(): Promise<boolean>;
  down(): Promise<void>;
}

export interface StageRuns {
  /** `isHidden`: at a port that nobody knows, so that nothing is written. */
  start(stage: Stage, dataFolder: string, options?: StartOptions): Promise<StageRun>;
}

export interface StartOptions {
  readonly restore?: string;
  readonly isHidden?: boolean;
}

const START_MS = 240_000;
const ENTRANCES: Readonly<Record<Stage, string>> = {
  1: 'processes.groundswell.port',
  2: 'processes.api.port',
  3: 'processes.api.port',
  4: 'engines.haproxy.port',
};

export async function createStageRuns(test: TestContext, kafkaHome: string): Promise<StageRuns> {
  const port = await findFreePort();
  let running: RunningCommand | undefined;
  atEnd(test, async () => {
    running?.kill('SIGTERM');
    await running?.ended;
  });
  return {
    async start(stage, dataFolder, { restore, isHidden = false } = {}) {
      const entrance = `${ENTRANCES[stage]}=${isHidden ? await findFreePort() : port}`;
      const args = ['up', '--stage', String(stage), '--data', dataFolder, '--plain', '--set', entrance];
      const unlimited = ['--set', 'settings.GROUNDSWELL_RATE_LIMITS=off'];
      const command = startCommand(
        [...args, ...unlimited, ...(restore === undefined ? [] : ['--restore', restore])],
        { prefix: ['env', `KAFKA_HOME=${kafkaHome}`] },
      );
      running = command;
      const url = await startedUrl(command, dataFolder);
      return stageRun(command, { stage, url, dataFolder });
    },
  };
}

async function startedUrl({ ended }: RunningCommand, dataFolder: string): Promise<string> {
  let failure: string | undefined;
  void ended.then(({ code, stdout, stderr }) => {
    failure = `up ended with ${code}:\n${stdout.slice(-4_000)}\n${stderr}`;
  });
  let url: string | undefined;
  await until(async () => {
    assert(failure === undefined, failure);
    const record = await readUpRecord(upFolderIn(dataFolder));
    if (record?.ready) url = record.url;
    return url !== undefined;
  }, START_MS);
  return url ?? assert.fail();
}

function stageRun(
  running: RunningCommand,
  { stage, url, dataFolder }: { readonly stage: Stage; readonly url: string; readonly dataFolder: string },
): StageRun {
  const command = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand([...args, '--data', path.resolve(dataFolder)]);
    assert.equal(code, 0, `groundswell ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    ...{ url, command },
    async isIdle() {
      const { items } = JSON.parse(await command('events', 'lag', '--json'));
      const waiting = items
        .filter(({ group }: Lag) => group !== 'fan-out' || stage !== 2)
        .reduce((sum: number, group: Lag) => sum + group.waiting + group.retrying, 0);
      const dead = items.filter((group: Lag) => group.dead > 0);
      assert.deepEqual(dead, [], 'nothing was given up');
      return items.length > 0 && waiting === 0;
    },
    async down() {
      await command('up', 'down');
      const { code, stdout } = await running.ended;
      assert.equal(code, 0, stdout.slice(-4_000));
    },
  };
}

interface Lag {
  readonly group: string;
  readonly waiting: number;
  readonly retrying: number;
  readonly dead: number;
}
