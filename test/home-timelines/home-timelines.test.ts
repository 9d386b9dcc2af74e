/** Home timelines against the rules, whatever happens and in whatever order: see simulation.ts. */
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createSqlProcess } from './home-process.ts';
import { simulate } from './simulation.ts';
import { openWorldDatabase, type WorldDatabase } from './small-world.ts';
import { scenarios } from './steps.ts';

let database: WorldDatabase;

before(async () => {
  database = await openWorldDatabase();
});
after(() => database.close());
let steps = 0;

const RUNS = 60;
const STEPS_MAX = 120;

describe('home timelines by SQL', () => {
  it('are what the rules say, at any moment', async () => {
    const parameters = { numRuns: RUNS, interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true };
    await fc.assert(
      fc.asyncProperty(scenarios(STEPS_MAX), (scenario) => {
        steps += scenario.steps.length;
        return simulate(database, scenario, async (parts) => createSqlProcess(parts.database, parts.world));
      }),
      parameters,
    );
    console.log(steps);
  });
});
