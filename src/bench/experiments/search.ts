/** What searches cost over very many posts, by how many posts have the words, over HTTP with the posts shown. */

import { addressOf } from '../../client/http-client.ts';
import { batchesOf } from '../../core/batches.ts';
import { seededFraction, systemClock } from '../../core/clock.ts';
import { createPostgresSearchIndex } from '../../ports/search-index/postgres-search-index.ts';
import { getSearchPostsSize } from '../../ports/search-index/postgres-search-posts.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import { bulkLoadPosts } from '../../systems/feed/posts/bulk-load.ts';
import { get } from '../scenarios.ts';
import { median } from '../statistics.ts';
import { measure, type Slice } from '../workshop.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';
import { countErrors, withOwnStore } from './own-reads.ts';
import { EVEN, EVERYWHERE, ODD, rareWord, searchPosts, wordOfRank } from './search-posts.ts';

/** At a time: as many as the server has connections for searches, and half of that for a fair p99. */
const SLOTS = 2;
const INDEX_BATCH = 500;
/** Different queries of one kind. */
const QUERIES = 200;
const EVENLY = 0.01;

interface QueryKind {
  readonly label: string;
  query(fraction: () => number): string;
}

const wordBetween = (fraction: () => number, low: number, high: number): string =>
  wordOfRank(low + Math.floor(fraction() * (high - low)));

const KINDS: readonly QueryKind[] = [
  { label: 'a word in every post', query: () => EVERYWHERE },
  { label: 'a common word (1 to 7 in 100)', query: (fraction) => wordBetween(fraction, 10, 100) },
  { label: 'a word in 1 of 1,000 or fewer', query: (fraction) => wordBetween(fraction, 1_000, 10_000) },
  { label: 'a rare word (1 in 10,000)', query: (fraction) => rareWord(Math.floor(fraction() * 100)) },
  {
    label: 'two common words',
    query: (fraction) => `${wordBetween(fraction, 10, 100)} ${wordBetween(fraction, 10, 100)}`,
  },
  {
    label: 'a common and a rare word',
    query: (fraction) => `${wordBetween(fraction, 10, 100)} ${rareWord(Math.floor(fraction() * 100))}`,
  },
  { label: 'two that no post has both', query: () => `${EVEN} ${ODD}` },
  { label: 'a phrase', query: () => `"${EVERYWHERE} ${EVEN}"` },
  { label: 'a word that is nowhere', query: (fraction) => `nowhere${Math.floor(fraction() * 1e6)}` },
];

export const searchExperiment: Experiment = {
  name: 'search',
  purpose: 'GET /search over very many posts, by how many of them have the words',
  async run(workshop) {
    const { options } = workshop;
    const { searchPosts: posts } = options;
    const loaded = await withOwnStore(workshop, (sql) => load(workshop, sql, posts));
    const slices = KINDS.map((): Slice[] => []);
    // The first round does not count: what is read then is not in the caches of PostgreSQL yet.
    for (let round = 0; round <= options.rounds; round += 1) {
      options.onProgress(`search: round ${round} of ${options.rounds}`);
      for (const [index, kind] of KINDS.entries()) {
        const slice = await search(workshop, kind, round);
        if (round > 0) slices[index]?.push(slice);
      }
    }
    const figures = [
      { label: 'posts', value: posts, unit: '' },
      { label: 'indexed', value: loaded.postsPerS, unit: 'posts/s' },
      { label: 'posts in the index', value: loaded.tableBytes / 2 ** 20, unit: 'MB' },
      { label: 'of these the index of words', value: loaded.wordsBytes / 2 ** 20, unit: 'MB' },
    ];
    const searched = KINDS.flatMap((kind, index) => figuresOf(kind, slices[index] ?? []));
    return { name: 'search', purpose: searchExperiment.purpose, figures: [...figures, ...searched] };
  },
};

/** As `groundswell seed` and the backfill do, but at full speed. */
async function load({ crowd, options }: ExperimentWorkshop, sql: SqlStore, count: number) {
  const authorIds = crowd.byFame.map((person) => Number(crowd.userId(person)));
  const index = createPostgresSearchIndex({ sql, clock: systemClock });
  const silent = { append: async () => undefined };
  const startMs = options.clock.monotonicMs();
  let indexMs = 0;
  let done = 0;
  for await (const batch of batchesOf(searchPosts(count, authorIds, options.seed), INDEX_BATCH)) {
    await bulkLoadPosts({ sql, eventLog: silent }, batch);
    const indexedFromMs = options.clock.monotonicMs();
    await index.indexPosts(
      batch.map(({ postId, authorId, text, language = null }) => {
        const shown = { visibility: 'public', audienceIds: [], tags: [], version: 0 } as const;
        return { postId, authorId, text, language, ...shown };
      }),
    );
    indexMs += options.clock.monotonicMs() - indexedFromMs;
    done += batch.length;
    const tookS = (options.clock.monotonicMs() - startMs) / 1000;
    if (done % 10_000 === 0)
      options.onProgress(`search: ${done} of ${count} posts in ${Math.round(tookS)} s`);
  }
  const [size] = await sql.query(getSearchPostsSize, []);
  return {
    postsPerS: (done / indexMs) * 1000,
    tableBytes: size?.table_bytes ?? 0,
    wordsBytes: size?.words_bytes ?? 0,
  };
}

function search(workshop: ExperimentWorkshop, kind: QueryKind, round: number): Promise<Slice> {
  const { crowd, options } = workshop;
  const fraction = seededFraction(options.seed + round);
  const paths = Array.from(
    { length: QUERIES },
    () => `/search?q=${encodeURIComponent(kind.query(fraction))}`,
  );
  const mix = {
    operations: paths.map((path) => [get(path)]),
    tokens: crowd.readerTokens,
    skew: EVENLY,
    seed: options.seed + round,
  };
  const target = { kind: 'http', address: addressOf(options.stage.url), mix } as const;
  return measure(workshop, options.stage.pids, { target, slots: SLOTS });
}

function figuresOf({ label }: QueryKind, slices: readonly Slice[]): Figure[] {
  const over = (figure: (slice: Slice) => number | undefined) => median(slices.map(figure));
  return [
    { label: `${label}, p50`, value: over(({ latency }) => latency.p50Ms), unit: 'ms' },
    { label: `${label}, p99`, value: over(({ latency }) => latency.p99Ms), unit: 'ms' },
    {
      label: `${label}, searches`,
      value: over(({ completed, durationMs }) => (completed / durationMs) * 1000),
      unit: `/s, ${SLOTS} at a time`,
    },
    { label: `${label}, errors`, value: over(countErrors), unit: '' },
  ];
}
