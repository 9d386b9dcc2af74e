/**
 * `npm run test:timelines [-- --steps N --seed N --fault NAME]`: the simulation for as long as one likes, against a
 * server of its own, or that of GROUNDSWELL_TEST_DATABASE_URL. Ends with the first failure, shrunk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import fc from 'fast-check';
import { wholeNumber } from '../../src/cli/option-values.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { openDataFolder } from '../../src/ports/data-folder/data-folder.ts';
import { openEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { databaseUrl } from '../support/database.ts';
import { FAULTS } from './faults.ts';
import { openHomeProcess } from './home-process.ts';
import { simulate } from './simulation.ts';
import { openWorldDatabase, type WorldDatabase } from './small-world.ts';
import { scenarios } from './steps.ts';

const STEPS_MAX = 160;
const RUNS_AT_ONCE = 50;
const SEEDS = 2 ** 31;

const {
  steps: stepsWanted,
  seed: firstSeed,
  fault,
} = new Command('npm run test:timelines --')
  .description('Home timelines against a model of them, step by step, until one is wrong; it is shrunk then.')
  .option('--steps <number>', 'how many at least', wholeNumber(1, Number.MAX_SAFE_INTEGER), 200_000)
  .option(
    '--seed <number>',
    'of the first run (default: any)',
    wholeNumber(0, SEEDS - 1),
    Math.floor(systemRandomness.fraction() * SEEDS),
  )
  .addOption(new Option('--fault <name>', 'one that is planted, and must be found').choices(FAULTS))
  .parse()
  .opts<{ steps: number; seed: number; fault?: (typeof FAULTS)[number] }>();

async function run(database: WorldDatabase): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  let steps = 0;
  for (let seed = firstSeed; steps < stepsWanted; seed = (seed + 1) % SEEDS) {
    const property = fc.asyncProperty(scenarios(STEPS_MAX), (scenario) => {
      steps += scenario.steps.length;
      return simulate(database, scenario, (parts) =>
        openHomeProcess(parts, { fault, tally: () => undefined }),
      );
    });
    await fc.assert(property, { numRuns: RUNS_AT_ONCE, seed });
    const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
    console.log(`seed ${seed}: right; ${steps} steps so far, ${Math.round(steps / seconds)} a second`);
  }
}

async function withServer(work: () => Promise<void>): Promise<void> {
  if (process.env['GROUNDSWELL_TEST_DATABASE_URL'] !== undefined) return work();
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-timelines-'));
  const dataFolder = await openDataFolder(folder, { clock: systemClock, command: 'test:timelines' });
  const postgres = await openEmbeddedPostgres({
    folder: path.join(dataFolder.path, 'postgres'),
    log: createLog({ level: 'warn', pretty: true }),
    clock: systemClock,
    settings: { fsync: 'off' },
  });
  try {
    process.env['GROUNDSWELL_TEST_DATABASE_URL'] = databaseUrl(postgres.connection);
    await work();
  } finally {
    await postgres.close();
    await dataFolder.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await withServer(async () => {
  const database = await openWorldDatabase();
  await run(database).finally(() => database.close());
});
