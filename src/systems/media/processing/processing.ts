/**
 * Makes the variants of pictures that were uploaded, and cuts those of profiles to size. Whoever takes one has it for some time; if that ends without a result,
 * the next one tries, a few times in all. So a picture that kills whoever decodes it ends as failed, not in a loop.
 */
import { AppError, hasCode } from '../../../core/errors.ts';
import type { Job } from '../../../core/job.ts';
import { type BlobStore, deleteBlobsOf } from '../../../ports/blob-store/blob-store.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlValue, Statement } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import {
  type Claim,
  claimDueMedia,
  cutMedia,
  endMedia,
  failMedia,
  finishMedia,
  getMedia,
  type MediaRow,
  postponeMedia,
} from '../media-queries.ts';
import { MEDIA_TOPIC, mediaEvent, storedMediaOf } from '../stored-media.ts';
import { ORIGINAL } from '../uploads/uploads.ts';
import type { PictureProcesses } from './picture-processes.ts';
import type { PictureFile } from './picture-task.ts';
import { sourceOf } from './profile-region.ts';

export const ATTEMPTS_MAX = 3;
/** Twice what the slowest decoding and its variants take: then whoever had it is gone. */
const LEASE_S = 60;
const RETRY_DELAY_S = 5;
/** One that is put here has its variants soon, whoever asks; this is for those that nobody woke for. */
const LOOK_EVERY_MS = 5_000;
/** In one run, so that a worker that is told to stop does not go on for long. */
const RUN_MAX = 16;

export interface ProcessingObserver {
  processed(outcome: 'ready' | 'failed' | 'retried', tookMs: number): void;
}

export interface Processing {
  readonly job: Job;
  /** Wakes the job. */
  readonly subscription: Subscription;
}

export interface ProcessingDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly blobStore: BlobStore;
  readonly processes: PictureProcesses;
  readonly monotonicMs: () => number;
  readonly log: Log;
  readonly observer: ProcessingObserver;
}

export function createProcessing(deps: ProcessingDeps): Processing {
  const { sql, eventLog, blobStore, processes, monotonicMs, log, observer } = deps;
  let wake = (): void => undefined;

  /** Whether there was one to take. */
  async function processNext(): Promise<boolean> {
    const [row] = await sql.query(claimDueMedia, [LEASE_S]);
    if (row === undefined) return false;
    const startedMs = monotonicMs();
    if (row.state === 'processing' || isToBeCut(row)) {
      const outcome = await process(row);
      observer.processed(outcome, monotonicMs() - startedMs);
      if (outcome === 'retried') return true;
    }
    await removeOriginal(row);
    return true;
  }

  async function process(row: MediaRow): Promise<'ready' | 'failed' | 'retried'> {
    try {
      if (row.attempts > ATTEMPTS_MAX) throw undecodable();
      await (row.state === 'processing' ? makeVariants(row) : cut(row));
      return 'ready';
    } catch (error) {
      if (hasCode(error, 'invalid')) {
        await announce('failed', failMedia, [...claimOf(row), error.message]);
        return 'failed';
      }
      log.warn({ err: error, media_id: row.media_id, attempts: row.attempts }, 'a picture was not processed');
      await sql.query(postponeMedia, [...claimOf(row), RETRY_DELAY_S]);
      return 'retried';
    }
  }

  async function makeVariants(row: MediaRow): Promise<void> {
    const picture = await processes.decode(await bytesOf(row, [ORIGINAL]));
    await putFiles(row, picture.files);
    const { animated, width, height, thumbhash, variants } = picture;
    const shown = [animated, width, height, thumbhash, JSON.stringify(variants)] as const;
    if (!(await announce('ready', finishMedia, [...claimOf(row), ...shown]))) await removeIfGone(row);
  }

  async function cut(row: MediaRow): Promise<void> {
    const { purpose, variants } = row;
    if (purpose === 'post') return;
    const { focus } = storedMediaOf(row);
    const source = sourceOf(variants, purpose);
    const bytes = await bytesOf(row, [`${source}.webp`, `${source}.jpg`]);
    const { variant, files } = await processes.cut(bytes, { picture: purpose, focus });
    await putFiles(row, files);
    const after = JSON.stringify([...variants, variant]);
    if (!(await announce('cut', cutMedia, [...claimOf(row), after]))) await removeIfGone(row);
  }

  /** Of the first that is there. */
  async function bytesOf({ blob_key: key }: MediaRow, files: readonly string[]): Promise<Buffer> {
    for (const file of files) {
      const found = await blobStore.get(`${key}/${file}`);
      if (found === undefined) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of found.content as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    }
    throw undecodable();
  }

  /** An earlier try may have put some of them, of the same bytes. */
  async function putFiles({ blob_key: key }: MediaRow, files: readonly PictureFile[]): Promise<void> {
    for (const { file, bytes } of files) {
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      await blobStore.put(`${key}/${file}`, once(content), { bytesMax: content.length }).catch((error) => {
        if (!hasCode(error, 'conflict')) throw error;
      });
    }
  }

  /** What has become of it, and the event that says so. False if it is not the claimant's any more. */
  async function announce<Params extends readonly SqlValue[]>(
    kind: 'ready' | 'failed' | 'cut',
    statement: Statement<Params, MediaRow>,
    params: Params,
  ): Promise<boolean> {
    return sql.transaction(async (transaction) => {
      const [row] = await transaction.query(statement, params);
      if (row === undefined) return false;
      await eventLog.append(transaction, [mediaEvent(kind, row)]);
      return true;
    });
  }

  /** Someone else may have finished it. If it was deleted, the lease of its blobs may have ended before they were put. */
  async function removeIfGone({ media_id: mediaId, blob_key: key }: MediaRow): Promise<void> {
    const [row] = await sql.query(getMedia, [mediaId]);
    if (row === undefined) await deleteBlobsOf(blobStore, key);
  }

  /** It is shown to nobody, and has in it where it was taken. */
  async function removeOriginal({
    media_id: mediaId,
    blob_key: key,
    state,
    purpose,
  }: MediaRow): Promise<void> {
    await blobStore.delete(`${key}/${ORIGINAL}`);
    // What has just got its variants may still have to be cut.
    await sql.query(endMedia, [mediaId, state === 'processing' ? 'post' : purpose]);
  }

  async function run(): Promise<'more' | 'done'> {
    let left = RUN_MAX;
    const work = async (): Promise<boolean> => {
      while (left > 0) {
        left -= 1;
        if (!(await processNext())) return false;
      }
      return true;
    };
    const ends = await Promise.all(Array.from({ length: processes.concurrency }, work));
    return ends.includes(true) ? 'more' : 'done';
  }

  return {
    job: {
      name: 'process-media',
      everyMs: LOOK_EVERY_MS,
      run,
      onStart(wakeJob) {
        wake = wakeJob;
      },
    },
    subscription: {
      group: 'media',
      topics: [MEDIA_TOPIC],
      from: 'beginning',
      async handle(events: readonly LoggedEvent[]) {
        if (events.some(({ kind }) => kind === 'uploaded' || kind === 'chosen')) wake();
      },
    },
  };
}

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

function isToBeCut({ state, purpose, variants }: MediaRow): boolean {
  return state === 'ready' && purpose !== 'post' && !variants.some(({ name }) => name === purpose);
}

function claimOf({ media_id: mediaId, state, attempts }: MediaRow): Claim {
  return [mediaId, state, attempts];
}

function undecodable(): AppError {
  return new AppError('invalid', 'could not be decoded.');
}
