/**
 * How fast entries get into cached timelines that GET then reads: authors whom many follow write while all their
 * followers have a timeline in the cache. The same number of posts by people whom nobody follows tells what the
 * posts alone cost.
 */

import { increaseBy, readMetrics } from '../../client/prometheus-text.ts';
import { concurrently } from '../../core/concurrently.ts';
import { createLatencyRecorder } from '../latency.ts';
import { median } from '../statistics.ts';
import { type CpuSpent, spentOn } from './cpu-quiet.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';
import { readHome, readHomeDownTo, writePost } from './home-reader.ts';
import { choosePushedAuthors } from './pushed-authors.ts';

/** In a round; at 200 deliveries/ms and 3,000 followers each, it takes seconds. */
const POSTS_PER_SECOND = 250;
/** Whose timelines are read to the end of what was written. */
const CHECKED_READERS = 20;

interface Round {
  readonly posts: number;
  readonly expected: number;
  /** As the server counts them; undefined where it does not. */
  readonly delivered: number | undefined;
  readonly spent: CpuSpent | undefined;
  readonly postsAlone: CpuSpent | undefined;
  readonly durationMs: number;
}

export const fanOutExperiment: Experiment = {
  name: 'fan-out',
  purpose: 'deliveries into cached timelines, whose readers then see the post',
  async run(workshop) {
    const { crowd, options } = workshop;
    const { authors, readers } = choosePushedAuthors(crowd, options.pullFollowers);
    const warming = await warm(workshop, readers);
    const rounds: Round[] = [];
    const written = new Map<number, string[]>();
    for (let round = 0; round < options.rounds; round += 1) {
      options.onProgress(`fan-out: round ${round + 1} of ${options.rounds}`);
      rounds.push(await measureRound(workshop, authors, written, round));
    }
    const checked = await countComplete(workshop, readers, written);
    return {
      name: 'fan-out',
      purpose: fanOutExperiment.purpose,
      figures: [
        { label: 'authors', value: authors.length, unit: `below ${options.pullFollowers} followers` },
        { label: 'followers with a cached timeline', value: readers.length, unit: 'readers' },
        { label: 'first read of each, p50', value: warming, unit: 'ms' },
        ...figuresOf(rounds),
        { label: 'readers who see every post, in order', value: checked, unit: 'of those looked at' },
      ],
    };
  },
};

async function warm({ http, crowd, options }: ExperimentWorkshop, readers: readonly number[]) {
  const { clock, onProgress } = options;
  const latency = createLatencyRecorder();
  await concurrently(readers.length, async (n) => {
    const startMs = clock.monotonicMs();
    await readHome(http, crowd.token(readers[n] ?? 0));
    latency.record(clock.monotonicMs() - startMs);
    if (n % 100 === 0) onProgress(`timelines: ${n} of ${readers.length}`);
  });
  return latency.summary().p50Ms;
}

async function measureRound(
  workshop: ExperimentWorkshop,
  authors: readonly number[],
  written: Map<number, string[]>,
  round: number,
): Promise<Round> {
  const { http, crowd, options } = workshop;
  const { stage, clock, seconds } = options;
  const posts = Math.max(authors.length, Math.round(seconds * POSTS_PER_SECOND));
  const obscure = crowd.byFame.slice(-authors.length);
  let lastAnswerMs = 0;

  const writeAll = (people: readonly number[], note: (person: number, postId: string) => void) =>
    spentOn(stage.pids, clock, async () => {
      const startMs = clock.monotonicMs();
      await concurrently(posts, async (n) => {
        const person = people[n % people.length] ?? 0;
        const unique = `fan-out ${options.runId} ${round} ${n}`;
        note(person, await writePost(http, crowd.token(person), unique));
      });
      lastAnswerMs = clock.monotonicMs() - startMs;
    });

  // The first of all would pay for what is compiled meanwhile.
  if (round === 0) await writeAll(obscure, () => undefined);
  const postsAlone = await writeAll(obscure, () => undefined);
  const before = await readMetrics(http);
  let expected = 0;
  const spent = await writeAll(authors, (author, postId) => {
    written.set(author, [...(written.get(author) ?? []), postId]);
    expected += crowd.followerCount(author);
  });
  const counted = increaseBy(before, await readMetrics(http), 'fan_out_deliveries_total', '');
  const delivered = counted[''];
  return { posts, expected, delivered, spent, postsAlone, durationMs: lastAnswerMs };
}

/** Reads timelines down to the first of what was written: all of it must be there, once, in order. */
async function countComplete(
  { http, crowd }: ExperimentWorkshop,
  readers: readonly number[],
  written: ReadonlyMap<number, readonly string[]>,
): Promise<string> {
  const step = Math.max(1, Math.floor(readers.length / CHECKED_READERS));
  const looked = readers.filter((_, index) => index % step === 0).slice(0, CHECKED_READERS);
  const complete = await concurrently(looked.length, async (n) => {
    const reader = looked[n] ?? 0;
    const followed = [...crowd.followeesOf(reader), reader];
    const expected = followed.flatMap((person) => written.get(person) ?? []).sort();
    const found = await readHomeDownTo(http, crowd.token(reader), expected[0] ?? '');
    const wanted = new Set(expected);
    const shown = found.filter((entryId) => wanted.has(entryId));
    return shown.join() === expected.toReversed().join();
  });
  return `${complete.filter((all) => all).length} of ${looked.length}`;
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const over = (figure: (round: Round) => number | undefined) => median(rounds.map(figure));
  const done = ({ delivered, expected }: Round) => delivered ?? expected;
  const perCpuS = (count: number, cpuMs: number | undefined) =>
    cpuMs === undefined || cpuMs <= 0 ? undefined : (count / cpuMs) * 1000;
  const allMs = (spent: CpuSpent | undefined) => spent && spent.serverMs + spent.postgresMs;
  const ownMs = ({ spent, postsAlone }: Round) => {
    const [all, alone] = [allMs(spent), allMs(postsAlone)];
    return all === undefined || alone === undefined ? undefined : all - alone;
  };
  return [
    { label: 'posts', value: over(({ posts }) => posts), unit: 'a round' },
    { label: 'places in followers’ timelines', value: over(({ expected }) => expected), unit: 'a round' },
    {
      label: 'deliveries, counted by the server',
      value: over(({ delivered }) => delivered),
      unit: 'a round',
    },
    { label: 'posts', value: over(({ posts, durationMs }) => (posts / durationMs) * 1000), unit: '/s' },
    { label: 'CPU server', value: over(({ spent }) => spent?.serverMs), unit: 'ms a round' },
    { label: 'CPU postgres', value: over(({ spent }) => spent?.postgresMs), unit: 'ms a round' },
    {
      label: 'CPU of as many posts that hardly anybody gets',
      value: over(({ postsAlone }) => allMs(postsAlone)),
      unit: 'ms a round',
    },
    {
      label: 'deliveries, posts included',
      value: over((round) => perCpuS(done(round), allMs(round.spent))),
      unit: '/s of CPU',
    },
    {
      label: 'deliveries, without what posts alone cost',
      value: over((round) => perCpuS(done(round), ownMs(round))),
      unit: '/s of CPU',
    },
  ];
}
