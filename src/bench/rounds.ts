/** Measures a scenario in rounds: the product and its yardsticks moments apart, then the product on a schedule. */

import { addressOf } from '../client/http-client.ts';
import { increaseBy, readMetrics } from '../client/prometheus-text.ts';
import { type BareServer, startBareServer } from './bare-server.ts';
import { captureAnswers } from './captured-answers.ts';
import type { LoadTarget, LoadTask } from './load-task.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { POST_TEXT, type Scenario, type ScenarioName } from './scenarios.ts';
import { measure, mixOfSlice, type Slice, scheduleOf, type Workshop } from './workshop.ts';

export interface Round {
  readonly product: Slice;
  readonly bare: Slice;
  readonly inserts: Slice | undefined;
  /** Of nginx, where it is a yardstick and installed. */
  readonly nginx: Slice | undefined;
  /** What went on in the background, alone and as often, so that its cost is known. */
  readonly background: Slice | undefined;
  /** Operations a second of the two open loops. */
  readonly rate: number;
  /** The product again, in an open loop. */
  readonly scheduled: Slice;
  /** The bare server in the same: what the generator and the machine add by themselves. */
  readonly bareScheduled: Slice;
  /** By source, how many home timelines `product` read; empty where the server does not count them. */
  readonly homeReads: Readonly<Record<string, number>>;
  /** How many of them had to be built first. */
  readonly homeBuilds: number;
}

export interface ScenarioResult {
  readonly name: ScenarioName;
  readonly purpose: string;
  /** Requests in one operation. */
  readonly requests: number;
  /** Bytes of the bodies of one operation's answers; of the main kind where there are several. */
  readonly answerBytes: number;
  readonly rounds: readonly Round[];
}

/** The embedded PostgreSQL allows 64, and the server has its own. */
export const YARDSTICK_CONNECTIONS_MAX = 40;
const WARM_UP_MS_MAX = 1000;

export async function measureScenario(scenario: Scenario, workshop: Workshop): Promise<ScenarioResult> {
  const { http, options } = workshop;
  const { suffixes } = scenario;
  const mix = mixOfSlice(scenario, options, 'capture');
  const answers = await captureAnswers(http, mix, suffixes);
  const bare = await startBareServer(answers, options.serverCores);
  const nginx = await startRedirects(scenario, workshop);
  try {
    const bench = createSlices(scenario, { bare, nginx }, workshop);
    await bench.warmUp();
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      options.onProgress(`${scenario.name}: round ${round + 1} of ${options.rounds}`);
      rounds.push(await bench.round());
    }
    const { name, purpose, requests } = scenario;
    // What comes after is of other kinds than the main one.
    const answerBytes = answers
      .slice(0, requests)
      .reduce((sum, { body }) => sum + Buffer.from(body, 'base64').length, 0);
    return { name, purpose, requests, answerBytes, rounds };
  } finally {
    bare.close();
    await nginx?.close();
  }
}

async function startRedirects({ redirectsTo }: Scenario, { options }: Workshop): Promise<Nginx | undefined> {
  if (redirectsTo === undefined) return undefined;
  return startNginx({ redirectTo: redirectsTo }, { cores: options.serverCores, clock: options.clock });
}

interface Yardsticks {
  readonly bare: BareServer;
  readonly nginx: Nginx | undefined;
}

interface Slices {
  /** Both servers get to run a while before anything counts. */
  warmUp(): Promise<void>;
  round(): Promise<Round>;
}

function createSlices(scenario: Scenario, { bare, nginx }: Yardsticks, workshop: Workshop): Slices {
  const { http, options } = workshop;
  const { stage, connections, seconds, seed } = options;
  let slices = 0;

  function targetOf(url: string, wanted: Pick<Scenario, 'mix' | 'unique'>): LoadTarget {
    slices += 1;
    const mix = mixOfSlice(wanted, options, `${scenario.name}-${slices}`);
    return { kind: 'http', address: addressOf(url), mix };
  }

  const product = (task?: Partial<LoadTask>) =>
    measure(workshop, stage.pids, { target: targetOf(stage.url, scenario), ...task });

  /** Nothing goes on in the background of the yardstick. */
  function yardstick({ address, pid }: BareServer | Nginx, task?: Partial<LoadTask>): Promise<Slice> {
    const { host, port } = address;
    const target = targetOf(`http://${host}:${port}`, withoutBackground(scenario));
    return measure(workshop, [pid], { target, ...task });
  }

  function inserts(): Promise<Slice | undefined> {
    if (!scenario.durable || stage.database === undefined) return Promise.resolve(undefined);
    const target = {
      ...({ kind: 'postgres', yardstick: 'insert' } as const),
      ...{ connection: stage.database, text: POST_TEXT },
    };
    return measure(workshop, stage.pids, { target, slots: Math.min(connections, YARDSTICK_CONNECTIONS_MAX) });
  }

  function background({ background, durationMs }: Slice): Promise<Slice | undefined> {
    const [kind] = scenario.mix.others?.filter((other) => other.background === true) ?? [];
    if (kind === undefined || background === 0) return Promise.resolve(undefined);
    const mix = { ...scenario.mix, operations: kind.operations, others: [] };
    const schedule = scheduleOf(workshop, (background / durationMs) * 1000, seed + slices);
    return measure(workshop, stage.pids, {
      target: targetOf(stage.url, { mix, unique: scenario.unique }),
      schedule,
    });
  }

  async function counted(): Promise<Pick<Round, 'product' | 'homeReads' | 'homeBuilds'>> {
    if (!scenario.homeReads) return { product: await product(), homeReads: {}, homeBuilds: 0 };
    const before = await readMetrics(http);
    const slice = await product();
    const after = await readMetrics(http);
    const homeReads = increaseBy(before, after, 'home_timeline_reads_total', 'source');
    const builds = increaseBy(before, after, 'home_timeline_builds_total', '');
    return { product: slice, homeReads, homeBuilds: builds[''] ?? 0 };
  }

  return {
    async warmUp() {
      const warmUpMs = scenario.crowd ? options.warmUpSeconds * 1000 : WARM_UP_MS_MAX;
      await product({ durationMs: scenario.crowd ? warmUpMs : Math.min(seconds * 1000, warmUpMs) });
      await yardstick(bare, { durationMs: Math.min(seconds * 1000, WARM_UP_MS_MAX) });
    },
    async round() {
      const measured = await counted();
      const closed = {
        ...measured,
        bare: await yardstick(bare),
        nginx: nginx && (await yardstick(nginx)),
        inserts: await inserts(),
        background: await background(measured.product),
      };
      // NOTE: by what this round could do: on a shared machine the next may do half of it, and would only queue.
      const rate = options.rate ?? chooseRate(measured.product, scenario.loadShare);
      const schedule = scheduleOf(workshop, rate, seed + slices);
      const scheduled = await product({ schedule });
      return { ...closed, rate, scheduled, bareScheduled: await yardstick(bare, { schedule }) };
    },
  };
}

function withoutBackground({ mix, unique }: Scenario): Pick<Scenario, 'mix' | 'unique'> {
  const others = mix.others?.filter(({ background }) => background !== true) ?? [];
  return { mix: { ...mix, others }, unique };
}

/** By default half of the capacity: where people's requests queue now and then, but nothing piles up. */
function chooseRate({ completed, background, durationMs }: Slice, share = 0.5): number {
  const rate = ((completed + background) / durationMs) * 1_000 * share;
  return Math.max(1, Number(rate.toPrecision(2)));
}
