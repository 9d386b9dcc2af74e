import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { ALICE, BOB, createMediaSetting, type MediaSetting } from '../../../../test/support/media-setting.ts';
import { systemClock, systemRandomness } from '../../../core/clock.ts';
import { AppError, hasCode } from '../../../core/errors.ts';
import { createIdGenerator, type Id } from '../../../core/ids.ts';
import type { BlobStore } from '../../../ports/blob-store/blob-store.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { PICTURE_BYTES_MAX } from '../picture-limits.ts';
import {
  createPendingUploads,
  PENDING_UPLOADS_MAX,
  type PendingUpload,
  type PendingUploads,
  PIECES_MAX,
} from './pending-uploads.ts';
import { deleteUploadsOfOwner } from './pending-uploads-queries.ts';

const lease = { writer: 2, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
const ids = createIdGenerator(() => lease, systemClock);
const PLAIN = { alt: null, focus: null };
let media: MediaSetting;
before(async () => {
  media = await createMediaSetting();
});
after(() => media.close());
beforeEach(async () => {
  await media.clear();
  await media.run('DELETE FROM media_uploads');
});

/** The nouns of a process, on a store that may fail. */
function pending(blobStore: BlobStore = media.blobStore): PendingUploads {
  const { uploads } = media.made();
  return createPendingUploads({ sql: media.sql, ids, blobStore, randomness: systemRandomness, uploads });
}

const begin = (
  noun: PendingUploads,
  totalBytes = media.picture.length,
  ownerId: Id = ALICE,
): Promise<PendingUpload> =>
  media.sql.transaction((transaction) =>
    noun.create(transaction, ownerId, { totalBytes, description: PLAIN }),
  );

async function* arriving(...parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

const remove = (noun: PendingUploads, ownerId: Id, uploadId: Id): Promise<void> =>
  media.sql.transaction((transaction) => noun.delete(transaction, ownerId, uploadId));

/** Also what nobody waits for any more. */
async function sweep(): Promise<void> {
  await media.run('UPDATE blob_leases SET expires_at = now()');
  await media.runJob(media.made(), 'remove-blobs');
}

async function expire(noun: PendingUploads): Promise<void> {
  await media.run(`UPDATE media_uploads SET expires_at = now()`);
  assert.equal(await noun.job.run(), 'done');
}

describe('uploads in pieces', () => {
  it('become the same medium as an upload at once, wherever they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: media.picture.length - 1 }), { maxLength: 6 }),
        async (cuts) => {
          const noun = pending();
          const { uploadId } = await begin(noun);
          const ends = [...cuts.sort((one, other) => one - other), media.picture.length];
          let offset = 0;
          let upload: PendingUpload | undefined;
          for (const end of ends) {
            const half = Math.floor((offset + end) / 2);
            const content = arriving(media.picture.subarray(offset, half), media.picture.subarray(half, end));
            upload = await noun.append(ALICE, uploadId, offset, content);
            assert.equal(upload.receivedBytes, end);
            offset = end;
          }
          assert.ok(upload?.mediaId != null);
          assert.deepEqual(await noun.get(ALICE, uploadId), upload, 'for whoever has not heard the answer');
          const row = await media.stateOf(upload.mediaId);
          assert.deepEqual([row?.state, row?.width, row?.height], ['processing', 40, 30]);
          const found = await media.blobStore.get(`${row?.blob_key}/original`);
          const chunks: Buffer[] = [];
          for await (const chunk of found?.content ?? []) chunks.push(chunk);
          assert.deepEqual(Buffer.concat(chunks), media.picture);
        },
      ),
      { numRuns: 15 },
    );
    await sweep();
    const files = await media.blobs();
    assert.deepEqual([...new Set(files)], ['original'], 'the pieces are gone');
  });

  it('go on where a line broke, with what had arrived', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    const cut = await noun.append(ALICE, uploadId, 0, arriving(media.picture.subarray(0, 100)));
    assert.equal(cut.receivedBytes, 100);
    const nothing = await noun.append(ALICE, uploadId, 100, arriving());
    assert.equal(nothing.receivedBytes, 100);
    const other = pending();
    assert.equal((await other.get(ALICE, uploadId)).receivedBytes, 100, 'in another process');
    const done = await other.append(ALICE, uploadId, 100, arriving(media.picture.subarray(100)));
    assert.ok(done.mediaId !== null);
  });

  it('lose nothing acknowledged when whoever stores a piece, or all of them, fails in between', async () => {
    const failing = (name: 'put' | 'get'): BlobStore => ({
      ...media.blobStore,
      async [name](...args: never[]) {
        if (name === 'put') await Reflect.apply(media.blobStore[name], undefined, args);
        throw new AppError('unavailable', 'The process was killed.');
      },
    });
    const noun = pending();
    const { uploadId } = await begin(noun);
    await noun.append(ALICE, uploadId, 0, arriving(media.picture.subarray(0, 100)));
    const rest = () => arriving(media.picture.subarray(100));
    for (const name of ['put', 'get'] as const) {
      await assert.rejects(pending(failing(name)).append(ALICE, uploadId, 100, rest()), /was killed/);
      assert.equal((await noun.get(ALICE, uploadId)).receivedBytes, 100);
    }
    const { mediaId } = await noun.append(ALICE, uploadId, 100, rest());
    assert.ok(mediaId !== null);
    await sweep();
    assert.deepEqual(await media.blobs(), ['original']);
  });

  it('count one of several that send the same piece at the same time', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    const middle = media.picture.length >> 1;
    const half = media.picture.subarray(0, middle);
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => noun.append(ALICE, uploadId, 0, arriving(half))),
    );
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const each of tries) assert.ok(each.status === 'fulfilled' || hasCode(each.reason, 'conflict'));
    const rest = media.picture.subarray(middle);
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, () => noun.append(ALICE, uploadId, middle, arriving(rest))),
    );
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    const count = readStatement<[], { media: number }>(
      'test_media',
      'SELECT count(*)::int AS media FROM media',
    );
    assert.deepEqual(await media.sql.query(count, []), [{ media: 1 }]);
    await sweep();
    assert.deepEqual(await media.blobs(), ['original']);
  });

  it('refuse another offset than where they are', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    await noun.append(ALICE, uploadId, 0, arriving(media.picture.subarray(0, 100)));
    for (const offset of [0, 99, 101]) {
      await assert.rejects(
        noun.append(ALICE, uploadId, offset, arriving(media.picture)),
        (error) => hasCode(error, 'conflict') && /has 100 of \d+ bytes/.test(error.message),
      );
    }
    await noun.append(ALICE, uploadId, 100, arriving(media.picture.subarray(100)));
    const complete = noun.append(ALICE, uploadId, media.picture.length, arriving(Buffer.from('x')));
    await assert.rejects(complete, (error) => hasCode(error, 'conflict'));
  });

  it('take as many bytes as were announced, and not one more', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    const more = arriving(media.picture, Buffer.from('x'));
    await assert.rejects(
      noun.append(ALICE, uploadId, 0, more),
      (error) => hasCode(error, 'invalid') && error.fields[0]?.field === 'body',
    );
    assert.equal((await noun.get(ALICE, uploadId)).receivedBytes, 0);
    assert.ok((await noun.append(ALICE, uploadId, 0, arriving(media.picture))).mediaId !== null);
  });

  it('take what a picture may have, and begin no larger and no empty one', async () => {
    const noun = pending();
    assert.equal((await begin(noun, PICTURE_BYTES_MAX)).totalBytes, PICTURE_BYTES_MAX);
    for (const bytes of [0, PICTURE_BYTES_MAX + 1]) {
      await assert.rejects(begin(noun, bytes), (error) => hasCode(error, 'invalid'));
    }
  });

  it('end at once when their beginning is of no picture, and at last when the whole is of none', async () => {
    const noun = pending();
    const text = Buffer.from('<html>'.padEnd(200, ' '));
    const isNoPicture = (error: unknown) => hasCode(error, 'invalid') && error.fields[0]?.field === 'file';
    const early = await begin(noun, 1_000);
    await assert.rejects(noun.append(ALICE, early.uploadId, 0, arriving(text)), isNoPicture);
    const late = await begin(noun, 200);
    await noun.append(ALICE, late.uploadId, 0, arriving(text.subarray(0, 10)));
    await assert.rejects(noun.append(ALICE, late.uploadId, 10, arriving(text.subarray(10))), isNoPicture);
    for (const { uploadId } of [early, late]) {
      await assert.rejects(noun.get(ALICE, uploadId), (error) => hasCode(error, 'not_found'));
    }
    await sweep();
    assert.deepEqual(await media.blobs(), []);
  });

  it('have so many pieces at most', async () => {
    const noun = pending();
    const bytes = Buffer.concat([media.picture, Buffer.alloc(PIECES_MAX)]);
    const { uploadId } = await begin(noun, bytes.length);
    await noun.append(ALICE, uploadId, 0, arriving(bytes.subarray(0, 40)));
    const full = `UPDATE media_uploads SET pieces = array_cat(pieces, array_fill('x'::text, ARRAY[${PIECES_MAX - 2}]))`;
    await media.run(full);
    await noun.append(ALICE, uploadId, 40, arriving(bytes.subarray(40, 41)));
    await assert.rejects(noun.append(ALICE, uploadId, 41, arriving(bytes.subarray(41, 42))), (error) =>
      hasCode(error, 'invalid'),
    );
  });

  it('are so many at most of one owner, also when they begin at the same time', async () => {
    const noun = pending();
    const tries = await Promise.allSettled(
      Array.from({ length: PENDING_UPLOADS_MAX + 4 }, () => begin(noun)),
    );
    const begun = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    assert.equal(begun.length, PENDING_UPLOADS_MAX);
    for (const each of tries) assert.ok(each.status === 'fulfilled' || hasCode(each.reason, 'conflict'));
    await begin(noun, 10, BOB);
    await remove(noun, ALICE, begun[0]?.uploadId ?? 0);
    const next = await begin(noun);
    await assert.rejects(begin(noun), (error) => hasCode(error, 'conflict'));
    // One that is complete does not count.
    await noun.append(ALICE, next.uploadId, 0, arriving(media.picture));
    await begin(noun);
  });

  it('are seen, gone on with and deleted by their owner alone', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    const isAbsent = (error: unknown) => hasCode(error, 'not_found');
    await assert.rejects(noun.get(BOB, uploadId), isAbsent);
    await assert.rejects(noun.append(BOB, uploadId, 0, arriving(media.picture)), isAbsent);
    await assert.rejects(remove(noun, BOB, uploadId), isAbsent);
    await assert.rejects(noun.completeDirect(ALICE, uploadId), isAbsent);
    await remove(noun, ALICE, uploadId);
    await assert.rejects(noun.get(ALICE, uploadId), isAbsent);
    await assert.rejects(remove(noun, ALICE, uploadId), isAbsent);
  });

  it('are swept with their bytes when they expire, are deleted, or their owner is', async () => {
    const noun = pending();
    const started = async (): Promise<Id> => {
      const { uploadId } = await begin(noun);
      await noun.append(ALICE, uploadId, 0, arriving(media.picture.subarray(0, 100)));
      return uploadId;
    };
    const ends: readonly ((uploadId: Id) => Promise<unknown>)[] = [
      () => expire(noun),
      (uploadId) => remove(noun, ALICE, uploadId),
      () => media.sql.query(deleteUploadsOfOwner, [ALICE]),
    ];
    for (const end of ends) {
      const uploadId = await started();
      await end(uploadId);
      await assert.rejects(noun.get(ALICE, uploadId), (error) => hasCode(error, 'not_found'));
      await media.runJob(media.made(), 'remove-blobs');
      assert.equal(
        (await media.blobs()).length,
        1,
        'not yet: somebody may be sending a piece at this moment',
      );
      await sweep();
      assert.deepEqual(await media.blobs(), []);
    }
  });

  it('keep a medium that they have become when they expire', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    const { mediaId } = await noun.append(ALICE, uploadId, 0, arriving(media.picture));
    await expire(noun);
    await sweep();
    assert.equal((await media.stateOf(mediaId ?? 0))?.state, 'processing');
    assert.deepEqual(await media.blobs(), ['original']);
  });

  it('leave no bytes of a piece that arrives while they end', async () => {
    const noun = pending();
    const { uploadId } = await begin(noun);
    async function* meanwhile(): AsyncGenerator<Buffer> {
      yield media.picture.subarray(0, 100);
      await remove(noun, ALICE, uploadId);
      await media.runJob(media.made(), 'remove-blobs');
      yield media.picture.subarray(100, 200);
    }
    await assert.rejects(noun.append(ALICE, uploadId, 0, meanwhile()), (error) => hasCode(error, 'conflict'));
    await sweep();
    assert.deepEqual(await media.blobs(), []);
  });
});

describe('direct uploads', () => {
  it('are none where clients cannot reach the store, which is said', async () => {
    const noun = pending();
    const begun = media.sql.transaction((transaction) =>
      noun.createDirect(transaction, ALICE, { totalBytes: 10, description: PLAIN }),
    );
    await assert.rejects(
      begun,
      (error) => hasCode(error, 'not_found') && /Use POST \/media/.test(error.message),
    );
    const rows = readStatement<[], { rows: number }>(
      'test_uploads',
      'SELECT count(*)::int AS rows FROM media_uploads',
    );
    assert.deepEqual(await media.sql.query(rows, []), [{ rows: 0 }]);
  });
});
