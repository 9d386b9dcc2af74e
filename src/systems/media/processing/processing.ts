/**
 * Makes the variants of pictures that were uploaded. Whoever takes one has it for some time; if that ends without a result,
 * the next one tries, a few times in all. So a picture that kills whoever decodes it ends as failed, not in a loop.
 */
import { AppError, hasCode } from '../../../core/errors.ts';
import type { Job } from '../../../core/job.ts';
import { type BlobStore, deleteBlobsOf } from '../../../ports/blob-store/blob-store.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import {
  claimDueMedia,
  endMedia,
  failMedia,
  finishMedia,
  type MediaRow,
  postponeMedia,
} from '../media-queries.ts';
import { PICTURE_BYTES_MAX } from '../picture-limits.ts';
import { MEDIA_TOPIC, mediaEvent } from '../stored-media.ts';
import { ORIGINAL } from '../uploads/uploads.ts';
import type { PictureProcesses } from './picture-processes.ts';
import type { Picture } from './picture-task.ts';

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
    if (row.state === 'processing') {
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
      const picture = await processes.decode(await originalOf(row));
      await putVariants(row, picture);
      await finish(row, picture);
      return 'ready';
    } catch (error) {
      if (hasCode(error, 'invalid')) {
        await fail(row, error);
        return 'failed';
      }
      log.warn({ err: error, media_id: row.media_id, attempts: row.attempts }, 'a picture was not processed');
      await sql.query(postponeMedia, [row.media_id, RETRY_DELAY_S]);
      return 'retried';
    }
  }

  async function originalOf({ blob_key: key }: MediaRow): Promise<Buffer> {
    const found = await blobStore.get(`${key}/${ORIGINAL}`);
    if (found === undefined || found.bytes > PICTURE_BYTES_MAX) throw undecodable();
    const chunks: Buffer[] = [];
    for await (const chunk of found.content as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** An earlier try may have put some of them, of the same bytes. */
  async function putVariants({ blob_key: key }: MediaRow, { files }: Picture): Promise<void> {
    for (const { file, bytes } of files) {
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      await blobStore.put(`${key}/${file}`, once(content), { bytesMax: content.length }).catch((error) => {
        if (!hasCode(error, 'conflict')) throw error;
      });
    }
  }

  async function finish({ media_id: mediaId, blob_key: key }: MediaRow, picture: Picture): Promise<void> {
    const { animated, width, height, thumbhash, variants } = picture;
    const isKept = await sql.transaction(async (transaction) => {
      const params = [mediaId, animated, width, height, thumbhash, JSON.stringify(variants)] as const;
      return announce(transaction, 'ready', await transaction.query(finishMedia, params));
    });
    if (!isKept) await deleteBlobsOf(blobStore, key);
  }

  async function fail({ media_id: mediaId }: MediaRow, { message }: AppError): Promise<void> {
    await sql.transaction(async (transaction) =>
      announce(transaction, 'failed', await transaction.query(failMedia, [mediaId, message])),
    );
  }

  /** False if it was deleted meanwhile. */
  async function announce(
    transaction: SqlTransaction,
    kind: 'ready' | 'failed',
    [row]: readonly MediaRow[],
  ): Promise<boolean> {
    if (row === undefined) return false;
    await eventLog.append(transaction, [mediaEvent(kind, row)]);
    return true;
  }

  /** It is shown to nobody, and has in it where it was taken. */
  async function removeOriginal({ media_id: mediaId, blob_key: key }: MediaRow): Promise<void> {
    await blobStore.delete(`${key}/${ORIGINAL}`);
    await sql.query(endMedia, [mediaId]);
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
        if (events.some(({ kind }) => kind === 'uploaded')) wake();
      },
    },
  };
}

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

function undecodable(): AppError {
  return new AppError('invalid', 'could not be decoded.');
}
