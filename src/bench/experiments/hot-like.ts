/**
 * Whether rows of deltas are worth their while: likes of one post as the product takes them, and on the same
 * PostgreSQL bare transactions that insert a like and a delta, or insert it and change the row of the count.
 */

import { API } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import type { YardstickName } from '../postgres-yardsticks.ts';
import { YARDSTICK_CONNECTIONS_MAX } from '../rounds.ts';
import { median } from '../statistics.ts';
import { measure, type Slice } from '../workshop.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';
import { writePost } from './home-reader.ts';
import { countErrors } from './own-reads.ts';

/** Nearly everybody as often as everybody else, so that two seldom like for the same person at once. */
const EVENLY = 0.01;

/** Draws other people than the rounds do. */
const WARM_UP_ROUND = -1;

interface Round {
  readonly product: Slice;
  readonly deltas: Slice | undefined;
  readonly updates: Slice | undefined;
}

export const hotLikeExperiment: Experiment = {
  name: 'hot-like',
  purpose: 'likes of one post: rows of deltas against one row that everybody changes',
  async run(workshop) {
    const { crowd, http, options } = workshop;
    const author = crowd.byFame[0] ?? 0;
    const postId = await writePost(http, crowd.token(author), `hot-like ${options.runId}`);
    options.onProgress('hot-like: warm-up');
    await likes(workshop, postId, WARM_UP_ROUND, options.warmUpSeconds);
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      options.onProgress(`hot-like: round ${round + 1} of ${options.rounds}`);
      rounds.push({
        product: await likes(workshop, postId, round),
        deltas: await yardstick(workshop, 'like-delta'),
        updates: await yardstick(workshop, 'like-update'),
      });
    }
    return { name: 'hot-like', purpose: hotLikeExperiment.purpose, figures: figuresOf(rounds) };
  },
};

/** Each person likes it and takes that back: two changes of the count in one operation. */
function likes(
  workshop: ExperimentWorkshop,
  postId: string,
  round: number,
  seconds = workshop.options.seconds,
): Promise<Slice> {
  const { crowd, options } = workshop;
  const path = `${API}/posts/${postId}/like`;
  const mix = {
    operations: [[{ method: 'PUT', path } as const, { method: 'DELETE', path } as const]],
    tokens: crowd.readerTokens,
    skew: EVENLY,
    seed: options.seed + round,
  };
  const target = { kind: 'http', address: addressOf(options.stage.url), mix } as const;
  return measure(workshop, options.stage.pids, { target, durationMs: seconds * 1000 });
}

function yardstick(workshop: ExperimentWorkshop, name: YardstickName): Promise<Slice | undefined> {
  const { stage, connections } = workshop.options;
  if (stage.database === undefined) return Promise.resolve(undefined);
  const target = {
    ...({ kind: 'postgres', yardstick: name, text: '' } as const),
    connection: stage.database,
  };
  return measure(workshop, stage.pids, { target, slots: Math.min(connections, YARDSTICK_CONNECTIONS_MAX) });
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const over = (figure: (round: Round) => number | undefined) => median(rounds.map(figure));
  const figures = (label: string, changes: number, slice: (round: Round) => Slice | undefined): Figure[] => {
    const each = (figure: (measured: Slice) => number | undefined) =>
      over((round) => {
        const measured = slice(round);
        return measured && figure(measured);
      });
    const perS = ({ completed, durationMs }: Slice) => ((completed * changes) / durationMs) * 1000;
    const cpuUs = (cpuMs: number | undefined, { completed }: Slice) =>
      cpuMs === undefined ? undefined : (cpuMs * 1000) / (completed * changes);
    return [
      { label, value: each(perS), unit: 'likes/s' },
      {
        label: `${label}, CPU node`,
        value: each((measured) => cpuUs(measured.serverCpuMs, measured)),
        unit: 'us a like',
      },
      {
        label: `${label}, CPU postgres`,
        value: each((measured) => cpuUs(measured.postgresCpuMs, measured)),
        unit: 'us a like',
      },
      {
        label: `${label}, p99`,
        value: each(({ latency }) => latency.p99Ms),
        unit: changes === 1 ? 'ms' : 'ms, to like it and take that back',
      },
      { label: `${label}, errors`, value: each(countErrors), unit: '' },
    ];
  };
  return [
    ...figures('the product, over HTTP', 2, ({ product }) => product),
    ...figures('rows of deltas, bare', 1, ({ deltas }) => deltas),
    ...figures('one row for all, bare', 1, ({ updates }) => updates),
  ];
}
