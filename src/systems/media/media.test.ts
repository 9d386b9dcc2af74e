import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ALICE, BOB, createMediaSetting, type MediaSetting } from '../../../test/support/media-setting.ts';
import { systemClock } from '../../core/clock.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import { SERVER_LIMITS } from '../../http/server.ts';
import { BLOB_REMOVAL_LOCK } from '../../ports/blob-store/blob-store.ts';
import { PUT_MS } from '../../ports/blob-store/blob-store-policies.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import { writeStatement } from '../../ports/sql-store/sql-store.ts';
import { PICTURE_BYTES_MAX, UPLOAD_BYTES_PER_SECOND_MIN } from './picture-limits.ts';
import type { PictureProcesses } from './processing/picture-processes.ts';
import { ATTEMPTS_MAX } from './processing/processing.ts';
import { UPLOADS_EACH_MAX } from './uploads/running-uploads.ts';

let media: MediaSetting;
before(async () => {
  media = await createMediaSetting();
});
after(() => media.close());
beforeEach(() => media.clear());

describe('uploads', () => {
  it('leave no bytes when their process dies before they are recorded', async () => {
    const made = media.made();
    const original = await made.uploads.store(ALICE, media.content(), undefined);
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), ['original'], 'it may still be recorded');
    await media.run('UPDATE blob_leases SET expires_at = now()');
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), []);
    await assert.rejects(media.record(made, original), (error) => hasCode(error, 'unavailable'));
  });

  it('leave no bytes when they were not recorded, and keep them when they were', async () => {
    const made = media.made();
    await made.uploads.settle(await made.uploads.store(ALICE, media.content(), undefined));
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), []);
    await media.upload(made);
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), ['original']);
  });

  it('leave no bytes when they fail on the way', async () => {
    const made = media.made();
    async function* cut(): AsyncGenerator<Buffer> {
      yield media.picture.subarray(0, 100);
      throw new Error('the line broke');
    }
    await assert.rejects(made.uploads.store(ALICE, cut(), 'key'), /the line broke/);
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), []);
    await made.uploads.settle(await made.uploads.store(ALICE, media.content(), 'key'));
  });

  it('go on for as long as their bytes arrive, and fail when their lease has ended', async () => {
    let nowMs = 0;
    const slowly = media.made(media.decoding, { ...systemClock, monotonicMs: () => nowMs });
    async function* slow(): AsyncGenerator<Buffer> {
      yield media.picture.subarray(0, 100);
      await media.run(`UPDATE blob_leases SET expires_at = now() + interval '1 second'`);
      nowMs += 25_000;
      yield media.picture.subarray(100, 200);
      await media.run(`DELETE FROM blob_leases WHERE expires_at < now() + interval '100 seconds'`);
      yield media.picture.subarray(200);
    }
    await media.record(slowly, await slowly.uploads.store(ALICE, slow(), undefined));
    async function* late(): AsyncGenerator<Buffer> {
      yield media.picture.subarray(0, 100);
      await media.run('UPDATE blob_leases SET expires_at = now()');
      nowMs += 25_000;
      yield media.picture.subarray(100);
    }
    await assert.rejects(slowly.uploads.store(ALICE, late(), undefined), (error) =>
      hasCode(error, 'unavailable'),
    );
  });

  it('have the time that the slowest client is given', () => {
    const slowestMs = (PICTURE_BYTES_MAX / UPLOAD_BYTES_PER_SECOND_MIN) * 1_000;
    assert.ok(PUT_MS > SERVER_LIMITS.requestTimeoutMs + slowestMs);
  });

  it('run so many at a time for one person, and not one more', async () => {
    const made = media.made();
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* waiting(): AsyncGenerator<Buffer> {
      await held;
      yield media.picture;
    }
    const stored = Array.from({ length: UPLOADS_EACH_MAX }, () =>
      made.uploads.store(ALICE, waiting(), undefined),
    );
    await assert.rejects(made.uploads.store(ALICE, media.content(), undefined), (error) =>
      hasCode(error, 'rate_limited'),
    );
    await made.uploads.store(BOB, media.content(), undefined);
    go();
    await Promise.all(stored);
    await made.uploads.store(ALICE, media.content(), undefined);
  });

  it('run once at a time for a key, and again when the first one was interrupted', async () => {
    const made = media.made();
    await made.uploads.store(ALICE, media.content(), 'key');
    await assert.rejects(made.uploads.store(ALICE, media.content(), 'key'), (error) =>
      hasCode(error, 'conflict'),
    );
    await made.uploads.store(BOB, media.content(), 'key');
    await media.run('UPDATE blob_leases SET expires_at = now()');
    await made.uploads.store(ALICE, media.content(), 'key');
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), ['original'], 'that of the last one, which is running');
  });
});

describe('processing', () => {
  it('makes the variants and keeps nothing of what was sent', async () => {
    const made = media.made();
    const { media_id: mediaId } = await media.upload(made);
    await made.processing.job.run();
    const row = await media.stateOf(mediaId);
    assert.deepEqual([row?.state, row?.width, row?.height], ['ready', 40, 30]);
    assert.deepEqual(await media.blobs(), ['150.jpg', '150.webp', 'full.jpg', 'full.webp']);
    assert.equal(await made.processing.job.run(), 'done');
    assert.deepEqual(made.outcomes, ['ready']);
  });

  it('finishes what was interrupted after some variants were there', async () => {
    const made = media.made();
    const { media_id: mediaId, blob_key: key } = await media.upload(made);
    await made.processing.job.run();
    await media.run(`UPDATE media SET state = 'processing', due_at = now()`);
    await media.blobStore.delete(`${key}/full.webp`);
    await media.blobStore.put(`${key}/original`, media.content(), { bytesMax: 10_000 });
    await made.processing.job.run();
    assert.equal((await media.stateOf(mediaId))?.state, 'ready');
    assert.equal((await media.blobs()).length, 4);
  });

  it('gives up a picture that nobody survives, with a reason, and removes it', async () => {
    const deadly: PictureProcesses = {
      ...media.decoding,
      decode: async () => Promise.reject(new AppError('internal', 'The process that decoded it died.')),
    };
    const made = media.made(deadly);
    const { media_id: mediaId } = await media.upload(made);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      await made.processing.job.run();
      assert.equal((await media.stateOf(mediaId))?.state, 'processing');
      await media.run('UPDATE media SET due_at = now()');
    }
    await made.processing.job.run();
    const row = await media.stateOf(mediaId);
    assert.deepEqual([row?.state, row?.failure], ['failed', 'could not be decoded.']);
    assert.deepEqual(made.outcomes, ['retried', 'retried', 'retried', 'failed']);
    assert.deepEqual(await media.blobs(), []);
  });

  it('keeps what another has finished when one that had stalled comes back', async () => {
    for (const isBroken of [false, true]) {
      const other = media.made();
      const stalled = media.made({
        ...media.decoding,
        async decode(bytes) {
          await media.run('UPDATE media SET due_at = now()');
          await other.processing.job.run();
          if (isBroken) throw new AppError('invalid', 'cannot be decoded.');
          return media.decoding.decode(bytes);
        },
      });
      const { media_id: mediaId } = await media.upload(other);
      await stalled.processing.job.run();
      assert.equal((await media.stateOf(mediaId))?.state, 'ready');
      assert.equal((await media.blobs()).length, 4);
      await media.run('DELETE FROM media');
      for (const { name } of await media.blobStore.list({ limit: 10 })) await media.blobStore.delete(name);
    }
  });

  it('leaves nothing of a picture that is deleted while it is processed', async () => {
    let made = media.made();
    const { media_id: mediaId } = await media.upload(made);
    made = media.made({
      ...media.decoding,
      async decode(bytes) {
        await media.sql.transaction((transaction) => made.library.delete(transaction, ALICE, mediaId));
        return media.decoding.decode(bytes);
      },
    });
    await made.processing.job.run();
    await media.run('UPDATE blob_leases SET expires_at = now()');
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual([await media.blobs(), await media.stateOf(mediaId)], [[], undefined]);
  });
});

describe('removal', () => {
  const deleted = (topic: string, key: Id, payload = {}): LoggedEvent => ({
    ...{ topic, partition: 0, offset: 0, key, kind: 'deleted', payload },
    ...{ createdAt: new Date(0), traceparent: undefined },
  });

  it('waits while a backup copies', async () => {
    const made = media.made();
    await made.uploads.settle(await made.uploads.store(ALICE, media.content(), undefined));
    await media.sql.transaction(async (transaction) => {
      const hold = writeStatement<[number], object>('test_hold', 'SELECT pg_advisory_xact_lock_shared($1)');
      await transaction.query(hold, [BLOB_REMOVAL_LOCK]);
      await media.runJob(made, 'remove-blobs');
      assert.deepEqual(await media.blobs(), ['original']);
    });
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(await media.blobs(), []);
  });

  it('takes the pictures of deleted posts and users, and of nobody else', async () => {
    const made = media.made();
    const [shown, kept, owned] = [
      await media.upload(made),
      await media.upload(made),
      await media.upload(made, BOB),
    ];
    const postId = 1_537_140_515_004_424;
    await media.sql.transaction((transaction) =>
      made.library.attach(transaction, ALICE, postId, [shown.media_id]),
    );
    const { subscription } = made.removal;
    const events = [deleted('posts', ALICE, { post_id: String(postId) }), deleted('users', BOB)];
    for (let delivery = 0; delivery < 2; delivery += 1) {
      await media.sql.transaction((transaction) => subscription.handle(events, transaction));
    }
    assert.equal(await media.stateOf(shown.media_id), undefined);
    assert.equal(await media.stateOf(owned.media_id), undefined);
    await media.run('UPDATE blob_leases SET expires_at = now()');
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual(
      (await media.blobStore.list({ limit: 10 })).map(({ name }) => name),
      [`${kept.blob_key}/original`],
    );
  });

  it('takes what no post shows after a day, and not before', async () => {
    const made = media.made();
    const { media_id: mediaId } = await media.upload(made);
    await media.runJob(made, 'delete-unattached-media');
    assert.ok(await media.stateOf(mediaId));
    // 24 hours are so many ids.
    await media.run(`UPDATE media SET media_id = media_id - ${24 * 3_600_000 * 4_096}`);
    await media.runJob(made, 'delete-unattached-media');
    assert.equal(await media.stateOf(mediaId - 24 * 3_600_000 * 4_096), undefined);
  });
});
