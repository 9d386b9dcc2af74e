/**
 * How long it takes from the answer to a post until a follower's home timeline has it: of ordinary authors, alone and
 * while somebody with a million followers writes as well, and of that somebody.
 */

import { addressOf } from '../../client/http-client.ts';
import { type HistogramSummary, histogramsBy, readMetrics } from '../../client/prometheus-text.ts';
import { concurrently } from '../../core/concurrently.ts';
import { AppError } from '../../core/errors.ts';
import type { Star } from '../crowd/crowd.ts';
import { STAR_READERS_MAX } from '../crowd/star.ts';
import { createLatencyRecorder, type LatencyRecorder, type LatencySummary } from '../latency.ts';
import { WRITE } from '../scenarios.ts';
import { mixOfSlice, scheduleOf } from '../workshop.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';
import { readHome, writePost } from './home-reader.ts';

/** Posts of others meanwhile, unless `--rate` says otherwise. */
const ORDINARY_POSTS_PER_S = 50;
/** Pairs of author and follower who take turns. */
const PAIRS_MAX = 20;
const ORDINARY_FOLLOWERS_MAX = 200;
const STAR_PAUSE_MS = 500;
const ORDINARY_PAUSE_MS = 50;
const LOOK_EVERY_MS = 2;
const LAG_MS_MAX = 30_000;
const LANE_HISTOGRAM = 'fan_out_lag_seconds';

interface Pair {
  readonly authorToken: string;
  readonly readerToken: string;
}

interface Phase {
  /** Posts of others that failed. */
  readonly failed: number;
  readonly ordinary: LatencySummary;
  readonly star: LatencySummary;
  /** What the server says of itself, in seconds. */
  readonly lanes: Readonly<Record<string, HistogramSummary>>;
}

export const lagExperiment: Experiment = {
  name: 'lag',
  purpose: 'from the answer to a post until it is in a follower’s home timeline',
  async run(workshop) {
    const { crowd, http, options } = workshop;
    const { star } = crowd;
    if (star === undefined) throw new AppError('internal', 'nobody in the crowd is a star');
    const ordinary = ordinaryPairs(workshop);
    const shining = starPairs(workshop, star);
    const pairs = [...ordinary, ...shining];
    await concurrently(pairs.length, (n) => readHome(http, pairs[n]?.readerToken ?? ''));
    options.onProgress('lag: ordinary authors alone');
    const alone = await runPhase(workshop, ordinary, []);
    options.onProgress('lag: with the star');
    const together = await runPhase(workshop, ordinary, shining);
    return {
      name: 'lag',
      purpose: lagExperiment.purpose,
      figures: [
        { label: 'the star’s followers', value: star.followers, unit: '' },
        { label: 'posts of others', value: options.rate ?? ORDINARY_POSTS_PER_S, unit: '/s' },
        { label: 'of these failed', value: alone.failed + together.failed, unit: '' },
        ...figuresOf('ordinary, alone', alone.ordinary),
        ...figuresOf('ordinary, with the star', together.ordinary),
        ...figuresOf('the star', together.star),
        ...laneFigures('alone', alone.lanes),
        ...laneFigures('with the star', together.lanes),
      ],
    };
  },
};

/** Authors with some followers, neither many nor none, each with one of them. */
function ordinaryPairs({ crowd }: ExperimentWorkshop): Pair[] {
  return crowd.byFame
    .filter((person) => crowd.followerCount(person) <= ORDINARY_FOLLOWERS_MAX)
    .slice(0, PAIRS_MAX)
    .flatMap((author) => {
      const [reader] = crowd.followersOf(author);
      if (reader === undefined) return [];
      return [{ authorToken: crowd.token(author), readerToken: crowd.token(reader) }];
    });
}

/** The first people of a graph follow its star. */
function starPairs({ crowd }: ExperimentWorkshop, { token, followers }: Star): Pair[] {
  const readers = Math.min(PAIRS_MAX, crowd.size, followers, STAR_READERS_MAX);
  return Array.from({ length: readers }, (_, reader) => ({
    authorToken: token,
    readerToken: crowd.token(reader),
  }));
}

async function runPhase(
  workshop: ExperimentWorkshop,
  ordinary: readonly Pair[],
  shining: readonly Pair[],
): Promise<Phase> {
  const { http, options } = workshop;
  const untilMs = options.clock.monotonicMs() + options.seconds * options.rounds * 1000;
  const recorders = { ordinary: createLatencyRecorder(), star: createLatencyRecorder() };
  const before = await readMetrics(http);
  const [failed] = await Promise.all([
    writeMeanwhile(workshop, shining.length > 0),
    probe(workshop, { pairs: ordinary, pauseMs: ORDINARY_PAUSE_MS, untilMs, recorder: recorders.ordinary }),
    probe(workshop, { pairs: shining, pauseMs: STAR_PAUSE_MS, untilMs, recorder: recorders.star }),
  ]);
  return {
    failed,
    ordinary: recorders.ordinary.summary(),
    star: recorders.star.summary(),
    lanes: histogramsBy(before, await readMetrics(http), LANE_HISTOGRAM, 'lane'),
  };
}

/** Posts of everybody, so that the lanes have other work. Answers how many failed. */
async function writeMeanwhile(workshop: ExperimentWorkshop, withStar: boolean): Promise<number> {
  const { crowd, generator, options } = workshop;
  const mix = { operations: [[WRITE]], tokens: crowd.readerTokens, skew: options.skew };
  const slice = mixOfSlice({ mix, unique: true }, options, `lag-${withStar}`);
  const { errors } = await generator.run({
    target: { kind: 'http', address: addressOf(options.stage.url), mix: slice },
    slots: options.connections,
    durationMs: options.seconds * options.rounds * 1000,
    operationsMax: Number.MAX_SAFE_INTEGER,
    timeoutMs: LAG_MS_MAX,
    schedule: scheduleOf(workshop, options.rate ?? ORDINARY_POSTS_PER_S, options.seed),
  });
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}

interface Probe {
  readonly pairs: readonly Pair[];
  readonly pauseMs: number;
  readonly untilMs: number;
  readonly recorder: LatencyRecorder;
}

async function probe({ http, options }: ExperimentWorkshop, task: Probe): Promise<void> {
  const { pairs, pauseMs, untilMs, recorder } = task;
  const { clock, runId } = options;
  for (let turn = 0; clock.monotonicMs() < untilMs; turn += 1) {
    const pair = pairs[turn % pairs.length];
    if (pair === undefined) return;
    const postId = await writePost(http, pair.authorToken, `lag ${runId} ${pauseMs} ${turn}`);
    const answeredMs = clock.monotonicMs();
    const isThere = async () => (await readHome(http, pair.readerToken)).entryIds.includes(postId);
    while (!(await isThere()) && clock.monotonicMs() - answeredMs < LAG_MS_MAX) {
      await clock.sleep(LOOK_EVERY_MS);
    }
    recorder.record(clock.monotonicMs() - answeredMs);
    await clock.sleep(pauseMs);
  }
}

function figuresOf(who: string, { count, p50Ms, p99Ms, maxMs }: LatencySummary): Figure[] {
  return [
    { label: `${who}: posts observed`, value: count, unit: '' },
    { label: `${who}: p50`, value: p50Ms, unit: 'ms' },
    { label: `${who}: p99`, value: p99Ms, unit: 'ms' },
    { label: `${who}: max`, value: maxMs, unit: 'ms' },
  ];
}

function laneFigures(when: string, lanes: Phase['lanes']): Figure[] {
  return Object.entries(lanes).flatMap(([lane, { count, p50, p99 }]) => [
    { label: `lane ${lane}, ${when}: entries`, value: count, unit: '' },
    { label: `lane ${lane}, ${when}: p50`, value: p50 * 1000, unit: 'ms, by the server' },
    { label: `lane ${lane}, ${when}: p99`, value: p99 * 1000, unit: 'ms, by the server' },
  ]);
}
