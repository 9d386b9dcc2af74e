/**
 * `npm run test:timelines [-- --steps N --seed N --fault NAME]`: the simulation for as long as one likes, against a
 * server of its own, or that of GROUNDSWELL_TEST_DATABASE_URL. Ends with the first failure, shrunk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
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

const { values } = parseArgs({
  options: { steps: { type: 'string' }, seed: { type: 'string' }, fault: { type: 'string' } },
});
const stepsWanted = Number(values.steps ?? 200_000);
const firstSeed = Number(values.seed ?? Math.floor(systemRandomness.fraction() * SEEDS));
const fault = FAULTS.find((name) => name === values.fault);
if (values.fault !== undefined && fault === undefined) throw new Error(`Faults are: ${FAULTS.join(', ')}.`);

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
