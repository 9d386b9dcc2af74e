/** `npm run test:growing`: one set of people, their posts, photos, links and rides, from stage 1 to 4 and back. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { it } from 'node:test';
import { readEnvironment } from '../../src/config/env.ts';
import { findProgram } from '../../src/up/programs.ts';
import { runCommand } from '../support/command.ts';
import { kafkaJars } from '../support/kafka-broker.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { createGrowingPeople, type GrowingPeople } from './growing-people.ts';
import { createStageRuns, type Stage, type StageRun } from './stage-runs.ts';

const environment = readEnvironment();
const isWhole = ['haproxy', 'redis-server', 'java'].every((name) => findProgram(name, environment));
const TOWN = ['--drivers', '10', '--requests-per-minute', '120', '--driving', '10'];
const RIDES = [...TOWN, '--duration', '5s', '--drain', '10s', '--no-compare'];
const IDLE_MS = 120_000;

describeOnBackend(
  'growing from stage 1 to 4 and back',
  {
    backend: 'stage 4',
    engine: isWhole ? kafkaJars() : undefined,
    remedy: 'install haproxy, redis-server and Java, and set GROUNDSWELL_TEST_KAFKA_JARS',
  },
  (jars) => {
    it('loses nothing and does nothing twice', async (test) => {
      const folder = await temporaryFolder(test);
      const at = (name: string) => path.join(folder, name);
      const stages = await createStageRuns(test, jars);
      let run = await stages.start(1, at('data'));
      const people = await createGrowingPeople(test, () => run.url);
      const useUntilDown = async (stage: Stage): Promise<void> => {
        await use(run, people, stage);
        test.diagnostic(`stage ${stage}: ${people.done()}`);
        await run.down();
      };

      // Nothing runs, so nothing is written after it.
      await useUntilDown(1);
      await backUp(at('data'), at('up'));
      run = await stages.start(2, at('data-2'), { restore: at('up') });
      await useUntilDown(2);
      run = await stages.start(3, at('data-2'));
      await useUntilDown(3);
      run = await stages.start(4, at('data-2'));
      await useUntilDown(4);

      // At a port that nobody knows, until nothing waits in Kafka.
      run = await stages.start(4, at('data-2'), { isHidden: true });
      await until(() => run.isIdle(), IDLE_MS);
      await run.down();
      run = await stages.start(3, at('data-2'));
      await useUntilDown(3);
      run = await stages.start(2, at('data-2'));
      await useUntilDown(2);
      run = await stages.start(2, at('data-2'), { isHidden: true });
      await run.command('backup', '--to', at('down'));
      await run.down();
      await restore(at('down'), at('data-1'));
      run = await stages.start(1, at('data-1'));
      await useUntilDown(1);
    });
  },
);

async function use(run: StageRun, people: GrowingPeople, stage: Stage): Promise<void> {
  // What was done before.
  await people.check();
  await people.goOn();
  await run.command('rides', 'simulate', ...RIDES, '--url', run.url);
  await people.check();
  await until(() => run.isIdle(), IDLE_MS);
  await run.command('rides', 'verify');
  await run.command('payments', 'verify');
  // Two processes without a Redis keep no timelines.
  if (stage !== 2) await run.command('feeds', 'verify');
  await people.check();
}

async function backUp(dataFolder: string, to: string): Promise<void> {
  const { code, stderr } = await runCommand(['backup', '--data', dataFolder, '--to', to]);
  assert.equal(code, 0, stderr);
}

async function restore(from: string, dataFolder: string): Promise<void> {
  const { code, stderr } = await runCommand(['restore', '--from', from, '--data', dataFolder]);
  assert.equal(code, 0, stderr);
}
