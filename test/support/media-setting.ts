/** The system `media` without HTTP, on a database and a folder of its own; its jobs run when a test says so. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createIdGenerator, type Id } from '../../src/core/ids.ts';
import type { BlobStore } from '../../src/ports/blob-store/blob-store.ts';
import { openDiskBlobStore } from '../../src/ports/blob-store/disk-blob-store.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createLibrary, type Library } from '../../src/systems/media/library.ts';
import { getMedia, type MediaRow } from '../../src/systems/media/media-queries.ts';
import {
  createPictureProcesses,
  type PictureProcesses,
} from '../../src/systems/media/processing/picture-processes.ts';
import { createProcessing, type Processing } from '../../src/systems/media/processing/processing.ts';
import { createRemoval, type Removal } from '../../src/systems/media/removal.ts';
import { createMediaAddresses } from '../../src/systems/media/serving/media-addresses.ts';
import { createUploads, type StoredOriginal, type Uploads } from '../../src/systems/media/uploads/uploads.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestDatabase } from './database.ts';

export const ALICE: Id = 1_163_250_892_800_001;
export const BOB: Id = 1_163_250_892_800_009;

const PLAIN = { alt: null, focus: null };
const clock = systemClock;
const randomness = systemRandomness;
const log = createLog({ level: 'silent', pretty: false });

export type MediaSetting = Awaited<ReturnType<typeof createMediaSetting>>;

export interface MadeMedia {
  readonly uploads: Uploads;
  readonly library: Library;
  readonly removal: Removal;
  readonly processing: Processing;
  /** Of what was processed so far. */
  readonly outcomes: readonly string[];
}

export async function createMediaSetting() {
  const database = await createTestDatabase();
  const sql = createPostgresSqlStore({ connection: database.connection, poolSize: 4, clock, log });
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-media-'));
  const create = { width: 40, height: 30, channels: 3, background: '#246' } as const;
  const picture = await sharp({ create }).jpeg().toBuffer();
  const decoding = createPictureProcesses({ concurrency: 1 });
  const openBlobs = () =>
    openDiskBlobStore({ folder: path.join(folder, randomness.uuid()), clock, randomness });
  let blobStore: BlobStore = await openBlobs();
  let statements = 0;

  async function run(text: string): Promise<void> {
    statements += 1;
    await sql.query(writeStatement(`test_${statements}`, text), []);
  }

  /** The nouns of a process. */
  function made(processes: PictureProcesses = decoding, uploadClock: Clock = clock): MadeMedia {
    const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
    const ids = createIdGenerator(() => lease, clock);
    const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log });
    const deps = { sql, ids, eventLog, blobStore, clock, randomness, log };
    const removalDeps = { ...deps, hasEdges: false };
    const secret = Buffer.alloc(32, 1);
    const showMedia = createMediaAddresses({ secret, clock, publicUrl: () => 'http://a.example' }).show;
    const outcomes: string[] = [];
    const observer = { processed: (outcome: string) => void outcomes.push(outcome) };
    return {
      outcomes,
      uploads: createUploads({ ...deps, clock: uploadClock }),
      library: createLibrary({ ...deps, showMedia }),
      removal: createRemoval(removalDeps),
      processing: createProcessing({
        ...deps,
        processes,
        monotonicMs: () => clock.monotonicMs(),
        observer,
      }),
    };
  }

  async function* content(bytes = picture): AsyncGenerator<Buffer> {
    yield bytes.subarray(0, 10);
    yield bytes.subarray(10);
  }

  async function record({ uploads }: MadeMedia, original: StoredOriginal): Promise<MediaRow> {
    return sql.transaction((transaction) => uploads.record(transaction, original, PLAIN));
  }

  return {
    sql,
    /** A JPEG of 40 x 30. */
    picture,
    decoding,
    run,
    made,
    content,
    record,

    get blobStore() {
      return blobStore;
    },

    async upload(media: MadeMedia, ownerId = ALICE): Promise<MediaRow> {
      const original = await media.uploads.store(ownerId, content(), undefined);
      const row = await record(media, original);
      await media.uploads.settle(original);
      return row;
    },

    /** The files of all blobs, without their keys. */
    async blobs(): Promise<string[]> {
      return (await blobStore.list({ limit: 1_000 })).map(({ name }) => name.split('/')[1] ?? '');
    },

    async stateOf(mediaId: Id): Promise<MediaRow | undefined> {
      return (await sql.query(getMedia, [mediaId]))[0];
    },

    async runJob({ removal }: MadeMedia, name: string): Promise<void> {
      const job = removal.jobs.find((each) => each.name === name);
      assert.ok(job);
      while ((await job.run()) === 'more');
    },

    /** As it was at the beginning. */
    async clear(): Promise<void> {
      await blobStore.close();
      blobStore = await openBlobs();
      await run('DELETE FROM media');
      await run('DELETE FROM blob_leases');
    },

    async close(): Promise<void> {
      await blobStore.close();
      await decoding.close();
      await sql.close();
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
