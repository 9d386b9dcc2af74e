/** What the timeline store in memory does by itself: no event, no SQL, no HTTP. In the process of the bench. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { composeId, type Id } from '../../core/ids.ts';
import {
  createMemoryTimelineStore,
  type MemoryTimelineStore,
} from '../../ports/timeline-store/memory-timeline-store.ts';
import { TIMELINE_ENTRIES_MAX } from '../../ports/timeline-store/timeline-store.ts';
import { median } from '../statistics.ts';
import type { Experiment, ExperimentWorkshop } from './experiment.ts';
import { choosePushedAuthors } from './pushed-authors.ts';

/** As the fan-out pages followers. */
const FOLLOWERS_PAGE = 5_000;
/** Between two of these the process takes breath. */
const SLICE_MS = 50;

interface Speed {
  readonly perS: number;
  readonly perCpuS: number;
}

export const deliveriesExperiment: Experiment = {
  name: 'deliveries',
  purpose: 'the timeline store in memory by itself, into full timelines',
  async run({ crowd, options }) {
    const { authors, readers } = choosePushedAuthors(crowd, options.pullFollowers);
    const pages = authors.flatMap((author) =>
      pagesOf([...crowd.followersOf(author)].map((reader) => Number(crowd.userId(reader)))),
    );
    // All that the store keeps of timelines lies in arrays.
    const bytesBefore = bytesOfArrays();
    const store = createMemoryTimelineStore({ clock: options.clock, timelinesMax: readers.length + 1 });
    const nextEntryId = entryIdsFrom(options.clock.nowMs());
    for (const reader of readers) fill(store, Number(crowd.userId(reader)));
    const bytes = (bytesOfArrays() - bytesBefore) / readers.length;
    const speeds: Speed[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      speeds.push(await deliverFor(store, pages, nextEntryId, options));
    }
    await store.close();
    return {
      name: 'deliveries',
      purpose: deliveriesExperiment.purpose,
      figures: [
        { label: 'timelines', value: readers.length, unit: `of ${TIMELINE_ENTRIES_MAX} entries` },
        { label: 'memory of a full timeline', value: bytes, unit: 'bytes' },
        { label: 'followers in a delivery, mean', value: meanLength(pages), unit: '' },
        { label: 'deliveries', value: median(speeds.map(({ perS }) => perS)), unit: '/s' },
        { label: 'deliveries', value: median(speeds.map(({ perCpuS }) => perCpuS)), unit: '/s of CPU' },
      ],
    };
  },
};

function pagesOf(readerIds: readonly Id[]): Float64Array[] {
  const pages: Float64Array[] = [];
  for (let start = 0; start < readerIds.length; start += FOLLOWERS_PAGE) {
    pages.push(Float64Array.from(readerIds.slice(start, start + FOLLOWERS_PAGE)));
  }
  return pages;
}

/** With the oldest ids that there are, so that every delivery is newer. */
function fill(store: MemoryTimelineStore, readerId: Id): void {
  const generation = store.begin(readerId);
  store.complete(readerId, generation, OLD_ENTRIES, (OLD_ENTRIES.at(-1) ?? 1) - 1);
}

const OLD_FROM_MS = Date.UTC(2023, 0, 1);
const OLD_ENTRIES: readonly Id[] = Array.from({ length: TIMELINE_ENTRIES_MAX }, (_, index) =>
  composeId(OLD_FROM_MS + TIMELINE_ENTRIES_MAX - index, 0, 0),
);

function entryIdsFrom(fromMs: number): () => Id {
  let made = 0;
  return () => {
    made += 1;
    return composeId(fromMs + made, 0, 0);
  };
}

async function deliverFor(
  store: MemoryTimelineStore,
  pages: readonly Float64Array[],
  nextEntryId: () => Id,
  { clock, seconds }: ExperimentWorkshop['options'],
): Promise<Speed> {
  const cpuBefore = process.cpuUsage();
  let [delivered, workedMs, page] = [0, 0, 0];
  while (workedMs < seconds * 1000) {
    const startMs = clock.monotonicMs();
    while (clock.monotonicMs() - startMs < SLICE_MS) {
      const readerIds = pages[page % pages.length] ?? [];
      delivered += store.deliver([{ entryId: nextEntryId(), readerIds }], store.generation());
      page += 1;
    }
    workedMs += clock.monotonicMs() - startMs;
    await clock.sleep(0);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perS: (delivered / workedMs) * 1000, perCpuS: (delivered / (user + system)) * 1e6 };
}

/** Without those that nobody uses any more, which a program may only ask for by a detour. */
function bytesOfArrays(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

function meanLength(pages: readonly Float64Array[]): number {
  return Math.round(pages.reduce((sum, { length }) => sum + length, 0) / pages.length);
}
