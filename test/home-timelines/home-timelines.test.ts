/** Home timelines against the rules, whatever happens and in whatever order: see simulation.ts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { FAULTS, type Fault } from './faults.ts';
import { openHomeProcess, openSqlProcess } from './home-process.ts';
import { KNOWN_RACES } from './known-races.ts';
import { type OpenProcess, simulate } from './simulation.ts';
import { openWorldDatabase, type WorldDatabase } from './small-world.ts';
import { type Scenario, scenarios } from './steps.ts';

let database: WorldDatabase;
/** How often what happened. */
const tallied = new Map<string, number>();

before(async () => {
  database = await openWorldDatabase();
});
after(() => database.close());

const STEPS_MAX = 120;
/** Some 50 steps each; with them it takes half a minute on an idle machine. */
const RUNS = 120;
const SQL_RUNS = 15;
/** Whatever is slow, the test file has to end in time. */
const TIME_MAX_MS = 100_000;

const tally = (what: string, by = 1): void => void tallied.set(what, (tallied.get(what) ?? 0) + by);

const openHome =
  (fault?: Fault): OpenProcess =>
  (parts) =>
    openHomeProcess(parts, { fault, tally });

function property(open: OpenProcess) {
  return fc.asyncProperty(scenarios(STEPS_MAX), (scenario: Scenario) => {
    tally('steps', scenario.steps.length);
    return simulate(database, scenario, open);
  });
}

describe('home timelines', () => {
  it('by SQL are what the rules say, at any moment', async () => {
    await fc.assert(property(openSqlProcess), { numRuns: SQL_RUNS, interruptAfterTimeLimit: TIME_MAX_MS });
  });

  for (const [name, scenario] of Object.entries(KNOWN_RACES)) {
    it(`from memory are right after ${name}`, () => simulate(database, scenario, openHome()));
  }

  it('from memory are what the rules say, at any moment', async (test) => {
    tallied.clear();
    await fc.assert(property(openHome()), { numRuns: RUNS, interruptAfterTimeLimit: TIME_MAX_MS });
    for (const [what, times] of tallied) test.diagnostic(`${times} ${what}`);
    const needed = ['pages read by memory', 'pages read by sql', 'posts read by memory', 'posts read by sql'];
    for (const what of [...needed, 'entries delivered by page', 'entries delivered by continuation']) {
      assert.ok((tallied.get(what) ?? 0) > 0, `no ${what}`);
    }
  });

  for (const fault of FAULTS) {
    it(`are found wrong with this fault: ${fault}`, async (test) => {
      const { failed, numRuns, seed } = await fc.check(property(openHome(fault)), {
        numRuns: RUNS,
        endOnFailure: true,
        interruptAfterTimeLimit: TIME_MAX_MS,
      });
      test.diagnostic(`seed ${seed}: found in run ${numRuns}`);
      assert.ok(failed, `not found in ${numRuns} runs with the seed ${seed}`);
    });
  }
});
