/**
 * Measures the product beside its yardsticks, in rounds within one run, because rates on a shared machine are only
 * comparable when they are taken moments apart: a bare `node:http` server that answers the same bytes, and for
 * posts also inserts of one row per transaction on the same PostgreSQL. What has figures of its own, such as how
 * long a delivery takes, is an experiment.
 */

import { createApiClient } from '../client/api-client.ts';
import { AppError } from '../core/errors.ts';
import type { BenchOptions } from './bench-options.ts';
import { createCrowdScenarios } from './crowd/crowd-scenarios.ts';
import type { Finding } from './experiments/experiment.ts';
import { EXPERIMENTS } from './experiments/experiments.ts';
import { createLinkScenarios } from './link-scenarios.ts';
import { createPopulation } from './population.ts';
import { createRideScenarios } from './ride-scenarios.ts';
import { measureScenario, type ScenarioResult } from './rounds.ts';
import {
  createScenarios,
  isCrowdScenario,
  isLinkScenario,
  isRideScenario,
  SCENARIO_NAMES,
  type Scenario,
} from './scenarios.ts';
import { type Workshop, withWorkshop } from './workshop.ts';

export interface BenchResults {
  readonly scenarios: readonly ScenarioResult[];
  readonly findings: readonly Finding[];
}

/** Fails with `invalid` when a scenario is asked for that needs a crowd and there is none. */
export function runBench(options: BenchOptions): Promise<BenchResults> {
  return withWorkshop(options, async (workshop) => {
    const results: ScenarioResult[] = [];
    for (const scenario of await chooseScenarios(workshop)) {
      results.push(await measureScenario(scenario, workshop));
    }
    const findings: Finding[] = [];
    for (const experiment of EXPERIMENTS.filter(({ name }) => options.scenarios.includes(name))) {
      options.onProgress(experiment.name);
      const stage = {
        ...workshop,
        // Not every one needs people.
        get crowd() {
          return requireCrowd(options);
        },
      };
      findings.push(await experiment.run(stage));
    }
    return { scenarios: results, findings };
  });
}

/** In the order of `SCENARIO_NAMES`. Users and posts are made only for those that need them. */
async function chooseScenarios(workshop: Workshop): Promise<Scenario[]> {
  const { options } = workshop;
  const wanted = SCENARIO_NAMES.filter((name) => options.scenarios.includes(name));
  const onUsers = wanted.some(
    (name) => !isCrowdScenario(name) && !isLinkScenario(name) && !isRideScenario(name),
  );
  const known = onUsers ? await populationScenarios(workshop) : [];
  if (wanted.some(isLinkScenario)) known.push(...(await createLinkScenarios(workshop)));
  if (wanted.some(isRideScenario)) known.push(...(await createRideScenarios(workshop)));
  if (wanted.some(isCrowdScenario)) known.push(...createCrowdScenarios(requireCrowd(options), options.skew));
  return known.filter(({ name }) => wanted.includes(name));
}

async function populationScenarios({ http, options }: Workshop): Promise<Scenario[]> {
  const { skew, users, posts, follows, seed, runId, onProgress, clock } = options;
  const population = await createPopulation(createApiClient(http, clock), {
    ...{ users, posts, follows, skew, seed },
    prefix: `bench_${runId}`,
    onProgress: (done, total) => onProgress(`users and posts: ${done} of ${total}`),
  });
  return createScenarios(population, skew);
}

function requireCrowd({ crowd }: BenchOptions) {
  if (crowd !== undefined) return crowd;
  throw new AppError('invalid', 'A scenario on a follow graph needs a server of the bench itself.');
}
