/**
 * What it costs to tell a post to a thousand who watch, beside a bare `ws` server that sends the same bytes to as many,
 * in the same rounds: messages a second of CPU.
 */
import { API } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { concurrently } from '../../core/concurrently.ts';
import { startBareBroadcast } from '../live/bare-broadcast.ts';
import { startLiveListeners } from '../live/live-listeners.ts';
import { median } from '../statistics.ts';
import { spentOn } from './cpu-quiet.ts';
import type { Experiment, ExperimentWorkshop } from './experiment.ts';
import { writePost } from './home-reader.ts';
import { WATCHERS, watchersOf } from './live-watchers.ts';

const POSTS_PER_S = 50;

interface Round {
  readonly messages: number;
  readonly bytes: number;
  /** CPU time: of the product, what the same posts take when nobody watches, and of the bare server. */
  readonly productMs: number | undefined;
  readonly postsMs: number | undefined;
  readonly bareMs: number | undefined;
  readonly bareMessages: number;
}

export const liveBroadcastExperiment: Experiment = {
  name: 'live-broadcast',
  purpose: 'a post told to those who watch, beside a bare ws broadcast of the same bytes',
  async run(workshop) {
    const { crowd, options } = workshop;
    const { stage, serverCores, loadCores } = options;
    const { author, tokens } = watchersOf(crowd, WATCHERS);
    const [watching, bareWatching] = [startLiveListeners(loadCores), startLiveListeners(loadCores)];
    const bare = await startBareBroadcast(serverCores);
    try {
      await watching.open(addressOf(stage.url), `${API}/live`, tokens);
      await bareWatching.open(bare.address, '/', tokens);
      const rounds: Round[] = [];
      for (let number = 0; number <= options.rounds; number += 1) {
        options.onProgress(`live-broadcast: round ${number} of ${options.rounds}`);
        const round = await measureRound(workshop, { author, watching, bareWatching, bare, number });
        // What is compiled meanwhile is paid for by the first.
        if (number > 0) rounds.push(round);
      }
      return { name: 'live-broadcast', purpose: liveBroadcastExperiment.purpose, figures: figuresOf(rounds) };
    } finally {
      for (const each of [watching, bareWatching, bare]) each.close();
    }
  },
};

interface Parties {
  readonly author: number;
  readonly watching: ReturnType<typeof startLiveListeners>;
  readonly bareWatching: ReturnType<typeof startLiveListeners>;
  readonly bare: Awaited<ReturnType<typeof startBareBroadcast>>;
  readonly number: number;
}

async function measureRound(workshop: ExperimentWorkshop, parties: Parties): Promise<Round> {
  const { http, crowd, options } = workshop;
  const { author, watching, bareWatching, bare, number } = parties;
  const { stage, clock, seconds, runId } = options;
  const posts = Math.max(1, Math.round(seconds * POSTS_PER_S));
  const pauseMs = 1_000 / POSTS_PER_S;
  const nobody = crowd.byFame.at(-1) ?? author;
  const write = (person: number) => () =>
    concurrently(
      posts,
      async (n) => {
        await writePost(http, crowd.token(person), `live ${runId} ${number} ${n}`);
        await clock.sleep(pauseMs);
      },
      1,
    ).then(() => undefined);
  const postsAlone = await spentOn(stage.pids, clock, write(nobody));
  await watching.report();
  const product = await spentOn(stage.pids, clock, write(author));
  const { messages, bytes, sample } = await watching.report();
  await bareWatching.report();
  const bareSpent = await spentOn([bare.pid], clock, () =>
    bare.broadcast({ text: sample, times: posts, pauseMs }),
  );
  const bareReport = await bareWatching.report();
  return {
    ...{ messages, bytes, productMs: product?.serverMs, postsMs: postsAlone?.serverMs },
    ...{ bareMs: bareSpent?.serverMs, bareMessages: bareReport.messages },
  };
}

function figuresOf(rounds: readonly Round[]) {
  const each = (value: (round: Round) => number | undefined) => median(rounds.map(value));
  const perS = (messages: number, ms: number | undefined) =>
    ms === undefined ? undefined : (messages / ms) * 1_000;
  const product = (round: Round) => perS(round.messages, round.productMs);
  const telling = ({ messages, productMs, postsMs }: Round) =>
    productMs === undefined || postsMs === undefined
      ? undefined
      : perS(messages, Math.max(1, productMs - postsMs));
  const bare = (round: Round) => perS(round.bareMessages, round.bareMs);
  const ratio = (own: (round: Round) => number | undefined) => (round: Round) => {
    const [left, right] = [own(round), bare(round)];
    return left === undefined || right === undefined ? undefined : left / right;
  };
  return [
    { label: 'watching', value: WATCHERS, unit: 'WebSockets' },
    { label: 'a message', value: each(({ messages, bytes }) => bytes / messages), unit: 'bytes' },
    { label: 'messages, posting included', value: each(product), unit: '/s of CPU' },
    { label: 'messages, without what posting costs', value: each(telling), unit: '/s of CPU' },
    { label: 'bare ws', value: each(bare), unit: '/s of CPU' },
    { label: 'ratio, posting included', value: each(ratio(product)), unit: 'x bare' },
    { label: 'ratio, without what posting costs', value: each(ratio(telling)), unit: 'x bare' },
  ];
}
