/**
 * Whether it is worth while that a new entry is added to the head of its author at once: the alternative is to forget
 * the head, so that whoever reads next loads it again. In the process of the bench: what readers of pulled authors do
 * at every page. What is announced is the newest entry of an author that there is: to write new ones costs both the same,
 * and so both read the same.
 */

import type { Id } from '../../core/ids.ts';
import type { PostgresSqlStore } from '../../ports/sql-store/postgres-sql-store.ts';
import { type AuthorHeads, createAuthorHeads, type HeadPage } from '../../systems/feed/home/author-heads.ts';
import { mergePages } from '../../systems/feed/home/merge-pages.ts';
import { POSTS_TOPIC } from '../../systems/feed/posts/post-events.ts';
import { createLatencyRecorder } from '../latency.ts';
import { type Operation, runClosedLoop } from '../load.ts';
import type { Experiment, ExperimentWorkshop } from './experiment.ts';
import { figuresOfReads, measureOwnReads, type OwnReads, withOwnStore } from './own-reads.ts';

/** Pulled authors whom each reader follows, and of each as many entries as a page has. */
const AUTHORS = 20;
const PAGE_ENTRIES = 20;
/** Reads from memory alone wait for nothing; now and then others have their turn. */
const READS_PER_TURN = 500;

interface Variant {
  readonly refreshAhead: boolean;
  readonly readsPerEntry: number;
}

const VARIANTS: readonly Variant[] = [10, 100].flatMap((readsPerEntry) => [
  { refreshAhead: true, readsPerEntry },
  { refreshAhead: false, readsPerEntry },
]);

export const refreshAheadExperiment: Experiment = {
  name: 'refresh-ahead',
  purpose: `pages of ${AUTHORS} pulled authors who write: new entries are added to heads in memory, or heads loaded again`,
  async run(workshop) {
    const { crowd, options } = workshop;
    const authorIds = crowd.byFame.slice(0, AUTHORS).map((person) => Number(crowd.userId(person)));
    const rounds = VARIANTS.map((): OwnReads[] => []);
    await withOwnStore(workshop, async (sql) => {
      // The first does not count: it is slower, because the code is not compiled yet.
      for (let round = 0; round <= options.rounds; round += 1) {
        options.onProgress(`refresh-ahead: round ${round} of ${options.rounds}`);
        for (const [index, variant] of VARIANTS.entries()) {
          const reads = await read(workshop, sql, authorIds, variant);
          if (round > 0) rounds[index]?.push(reads);
        }
      }
    });
    const figures = VARIANTS.flatMap((variant, index) =>
      figuresOfReads(labelOf(variant), rounds[index] ?? []),
    );
    return { name: 'refresh-ahead', purpose: refreshAheadExperiment.purpose, figures };
  },
};

function labelOf({ refreshAhead, readsPerEntry }: Variant): string {
  return `an entry in ${readsPerEntry} reads, ${refreshAhead ? 'added to heads' : 'heads loaded again'}`;
}

async function read(
  workshop: ExperimentWorkshop,
  sql: PostgresSqlStore,
  authorIds: readonly Id[],
  { refreshAhead, readsPerEntry }: Variant,
): Promise<OwnReads> {
  const { connections, seconds, clock } = workshop.options;
  const heads = createAuthorHeads({ sql, refreshAhead });
  const pages = await heads.pages(authorIds, Number.MAX_SAFE_INTEGER, PAGE_ENTRIES);
  const write = announcements(
    heads,
    authorIds.map((authorId, index) => [authorId, pages[index]?.entryIds[0] ?? 0]),
  );
  const latency = createLatencyRecorder();
  let reads = 0;
  const operation: Operation = async () => {
    reads += 1;
    if (reads % readsPerEntry === 0) write();
    if (reads % READS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    // Not of the loop's making: there a read waits for the turns of others, too.
    const startMs = clock.monotonicMs();
    const found = heads.pages(authorIds, Number.MAX_SAFE_INTEGER, PAGE_ENTRIES);
    const outcome = found instanceof Promise ? await found.then(merge, String) : merge(found);
    latency.record(clock.monotonicMs() - startMs);
    return outcome;
  };
  const loop = { slots: connections, durationMs: seconds * 1000, operationsMax: Number.MAX_SAFE_INTEGER };
  return measureOwnReads(workshop, sql, async () => ({
    ...(await runClosedLoop({ ...loop, operation, clock })),
    latency: latency.summary(),
  }));
}

/** One of the authors writes, each in turn. */
function announcements(
  heads: AuthorHeads,
  newest: readonly (readonly [authorId: Id, entryId: Id])[],
): () => void {
  const events = newest.map(([authorId, entryId]) => ({
    topic: POSTS_TOPIC,
    kind: 'created',
    payload: { author_id: String(authorId), post_id: String(entryId) },
  }));
  let written = 0;
  return () => {
    heads.hear(events.slice(written % events.length, (written % events.length) + 1));
    written += 1;
  };
}

/** As a page is made of what the heads answer. */
function merge(pages: readonly HeadPage[]): string {
  return mergePages(pages, PAGE_ENTRIES).entryIds.length > 0 ? 'ok' : 'an empty page';
}
