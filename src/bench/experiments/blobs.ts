/**
 * A million small blobs in a folder, as the thumbnails of 200,000 photos: put, each of them flushed, looked up at random when
 * there are few and when there are all, and removed. In the process of the bench; no server takes part.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seededFraction, systemRandomness } from '../../core/clock.ts';
import { concurrently } from '../../core/concurrently.ts';
import { type BlobStore, deleteBlobsOf } from '../../ports/blob-store/blob-store.ts';
import { openDiskBlobStore } from '../../ports/blob-store/disk-blob-store.ts';
import { median } from '../statistics.ts';
import type { Workshop } from '../workshop.ts';
import type { Experiment, Figure } from './experiment.ts';

const BLOBS = 1_000_000;
/** Of one picture. */
const FILES = ['150.jpg', '150.webp', '320.jpg', '320.webp', '640.webp'] as const;
const BYTES = 4_096;
const AT_ONCE = 32;
/** The first and the last of them are compared. */
const STEP = BLOBS / 10;
const READS = 20_000;
const DELETED_KEYS = 2_000;

export const blobsExperiment: Experiment = {
  name: 'blobs',
  purpose: 'a million small blobs on the disk: put, read and removed',
  async run({ options }: Workshop) {
    const { clock, seed, onProgress } = options;
    const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-blobs-'));
    const store = await openDiskBlobStore({ folder, clock, randomness: systemRandomness });
    const keys: string[] = [];
    const random = seededFraction(seed);
    const perS = async (count: number, work: () => Promise<unknown>): Promise<number> => {
      const startMs = clock.monotonicMs();
      await work();
      return (count / (clock.monotonicMs() - startMs)) * 1_000;
    };
    try {
      const puts: number[] = [];
      const reads: number[] = [];
      for (let done = 0; done < BLOBS; done += STEP) {
        onProgress(`blobs: ${done.toLocaleString('en')} of ${BLOBS.toLocaleString('en')}`);
        puts.push(await perS(STEP, () => putMany(store, keys, STEP)));
        reads.push(await perS(READS, () => readMany(store, keys, random)));
      }
      onProgress('blobs: removing some');
      const gone = keys.slice(0, DELETED_KEYS);
      const deletes = await perS(DELETED_KEYS * FILES.length, () =>
        concurrently(gone.length, (n) => deleteBlobsOf(store, gone[n] ?? ''), AT_ONCE),
      );
      const startMs = clock.monotonicMs();
      await store.list({ limit: 1_000 });
      const listMs = clock.monotonicMs() - startMs;
      const figures: Figure[] = [
        { label: `blobs of ${BYTES} bytes`, value: BLOBS, unit: '' },
        { label: 'put, the first tenth', value: puts[0], unit: '/s' },
        { label: 'put, the last tenth', value: puts.at(-1), unit: '/s' },
        { label: 'put, median of tenths', value: median(puts), unit: '/s' },
        { label: 'read at random, of the first tenth', value: reads[0], unit: '/s' },
        { label: 'read at random, of all', value: reads.at(-1), unit: '/s' },
        { label: 'removed', value: deletes, unit: '/s' },
        { label: 'a page of 1,000 names', value: listMs, unit: 'ms' },
      ];
      return { name: 'blobs', purpose: blobsExperiment.purpose, figures };
    } finally {
      await store.close();
      onProgress('blobs: cleaning up');
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function putMany(store: BlobStore, keys: string[], count: number): Promise<void> {
  const added = Array.from({ length: count / FILES.length }, () =>
    systemRandomness.bytes(16).toString('hex'),
  );
  const content = systemRandomness.bytes(BYTES);
  await concurrently(
    added.length,
    async (n) => {
      for (const file of FILES) await store.put(`${added[n]}/${file}`, once(content), { bytesMax: BYTES });
    },
    AT_ONCE,
  );
  keys.push(...added);
}

async function readMany(store: BlobStore, keys: readonly string[], random: () => number): Promise<void> {
  await concurrently(
    READS,
    async () => {
      const found = await store.get(`${keys[Math.floor(random() * keys.length)]}/320.webp`);
      for await (const _chunk of found?.content ?? []);
    },
    AT_ONCE,
  );
}

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
