import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import sharp from 'sharp';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import { createIdGenerator, type Id } from '../../core/ids.ts';
import { BLOB_REMOVAL_LOCK, type BlobStore } from '../../ports/blob-store/blob-store.ts';
import { openDiskBlobStore } from '../../ports/blob-store/disk-blob-store.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlStore, writeStatement } from '../../ports/sql-store/sql-store.ts';
import { createLog } from '../../telemetry/log.ts';
import { createLibrary } from './library.ts';
import { getMedia, type MediaRow } from './media-queries.ts';
import { createPictureProcesses, type PictureProcesses } from './processing/picture-processes.ts';
import { ATTEMPTS_MAX, createProcessing } from './processing/processing.ts';
import { createRemoval } from './removal.ts';
import { createMediaAddresses } from './serving/media-addresses.ts';
import { createUploads, type StoredOriginal } from './uploads/uploads.ts';

const clock = systemClock;
const randomness = systemRandomness;
const log = createLog({ level: 'silent', pretty: false });
const PLAIN = { alt: null, focus: null };
const alice: Id = 1_163_250_892_800_001;
const bob: Id = 1_163_250_892_800_009;

let database: TestDatabase;
let sql: SqlStore;
let folder: string;
let blobStore: BlobStore;
let picture: Buffer;
let decoding: PictureProcesses;

before(async () => {
  database = await createTestDatabase();
  sql = createPostgresSqlStore({ connection: database.connection, poolSize: 4, clock, log });
  folder = await mkdtemp(path.join(tmpdir(), 'groundswell-media-'));
  picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#246' } })
    .jpeg()
    .toBuffer();
  decoding = createPictureProcesses({ concurrency: 1 });
});
after(async () => {
  await decoding.close();
  await sql.close();
  await database.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  blobStore = await openDiskBlobStore({ folder: path.join(folder, randomness.uuid()), clock, randomness });
  await run('DELETE FROM media');
  await run('DELETE FROM blob_leases');
});
afterEach(() => blobStore.close());

let statements = 0;
async function run(text: string): Promise<void> {
  statements += 1;
  await sql.query(writeStatement(`test_${statements}`, text), []);
}

function setting(processes: PictureProcesses = decoding) {
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const ids = createIdGenerator(() => lease, clock);
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log });
  const deps = { sql, ids, eventLog, blobStore, clock, randomness, log };
  const secret = Buffer.alloc(32, 1);
  const showMedia = createMediaAddresses({ secret, clock, publicUrl: () => 'http://a.example' }).show;
  const outcomes: string[] = [];
  const observer = { processed: (outcome: string) => void outcomes.push(outcome) };
  return {
    outcomes,
    uploads: createUploads(deps),
    library: createLibrary({ ...deps, showMedia }),
    removal: createRemoval({ ...deps, hasEdges: false }),
    processing: createProcessing({ ...deps, processes, monotonicMs: () => clock.monotonicMs(), observer }),
  };
}

type Setting = ReturnType<typeof setting>;

async function* content(bytes = picture): AsyncGenerator<Buffer> {
  yield bytes.subarray(0, 10);
  yield bytes.subarray(10);
}

async function record({ uploads }: Setting, original: StoredOriginal): Promise<MediaRow> {
  return sql.transaction((transaction) => uploads.record(transaction, original, PLAIN));
}

async function upload(made: Setting, ownerId = alice): Promise<MediaRow> {
  const original = await made.uploads.store(ownerId, content(), undefined);
  const row = await record(made, original);
  await made.uploads.settle(original);
  return row;
}

const blobs = async (): Promise<string[]> =>
  (await blobStore.list({ limit: 1_000 })).map(({ name }) => name.split('/')[1] ?? '');

async function stateOf(mediaId: Id): Promise<MediaRow | undefined> {
  return (await sql.query(getMedia, [mediaId]))[0];
}

async function runJob({ removal }: Setting, name: string): Promise<void> {
  const job = removal.jobs.find((each) => each.name === name);
  assert.ok(job);
  while ((await job.run()) === 'more');
}

describe('uploads', () => {
  it('leave no bytes when their process dies before they are recorded', async () => {
    const made = setting();
    const original = await made.uploads.store(alice, content(), undefined);
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), ['original'], 'it may still be recorded');
    await run('UPDATE blob_leases SET expires_at = now()');
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), []);
    await assert.rejects(record(made, original), (error) => hasCode(error, 'unavailable'));
  });

  it('leave no bytes when they were not recorded, and keep them when they were', async () => {
    const made = setting();
    await made.uploads.settle(await made.uploads.store(alice, content(), undefined));
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), []);
    await upload(made);
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), ['original']);
  });

  it('leave no bytes when they fail on the way', async () => {
    const made = setting();
    async function* cut(): AsyncGenerator<Buffer> {
      yield picture.subarray(0, 100);
      throw new Error('the line broke');
    }
    await assert.rejects(made.uploads.store(alice, cut(), 'key'), /the line broke/);
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), []);
    await made.uploads.settle(await made.uploads.store(alice, content(), 'key'));
  });

  it('run once at a time for a key, and again when the first one was interrupted', async () => {
    const made = setting();
    await made.uploads.store(alice, content(), 'key');
    await assert.rejects(made.uploads.store(alice, content(), 'key'), (error) => hasCode(error, 'conflict'));
    await made.uploads.store(bob, content(), 'key');
    await run('UPDATE blob_leases SET expires_at = now()');
    await made.uploads.store(alice, content(), 'key');
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), ['original'], 'that of the last one, which is running');
  });
});

describe('processing', () => {
  it('makes the variants and keeps nothing of what was sent', async () => {
    const made = setting();
    const { media_id: mediaId } = await upload(made);
    await made.processing.job.run();
    const row = await stateOf(mediaId);
    assert.deepEqual([row?.state, row?.width, row?.height], ['ready', 40, 30]);
    assert.deepEqual(await blobs(), ['150.jpg', '150.webp', 'full.jpg', 'full.webp']);
    assert.equal(await made.processing.job.run(), 'done');
    assert.deepEqual(made.outcomes, ['ready']);
  });

  it('finishes what was interrupted after some variants were there', async () => {
    const made = setting();
    const { media_id: mediaId, blob_key: key } = await upload(made);
    await made.processing.job.run();
    await run(`UPDATE media SET state = 'processing', due_at = now()`);
    await blobStore.delete(`${key}/full.webp`);
    await blobStore.put(`${key}/original`, content(), { bytesMax: 10_000 });
    await made.processing.job.run();
    assert.equal((await stateOf(mediaId))?.state, 'ready');
    assert.equal((await blobs()).length, 4);
  });

  it('gives up a picture that nobody survives, with a reason, and removes it', async () => {
    const deadly: PictureProcesses = {
      ...decoding,
      decode: async () => Promise.reject(new AppError('internal', 'The process that decoded it died.')),
    };
    const made = setting(deadly);
    const { media_id: mediaId } = await upload(made);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      await made.processing.job.run();
      assert.equal((await stateOf(mediaId))?.state, 'processing');
      await run('UPDATE media SET due_at = now()');
    }
    await made.processing.job.run();
    const row = await stateOf(mediaId);
    assert.deepEqual([row?.state, row?.failure], ['failed', 'could not be decoded.']);
    assert.deepEqual(made.outcomes, ['retried', 'retried', 'retried', 'failed']);
    assert.deepEqual(await blobs(), []);
  });

  it('keeps what another has finished when one that had stalled comes back', async () => {
    for (const isBroken of [false, true]) {
      const other = setting();
      const stalled = setting({
        ...decoding,
        async decode(bytes) {
          await run('UPDATE media SET due_at = now()');
          await other.processing.job.run();
          if (isBroken) throw new AppError('invalid', 'cannot be decoded.');
          return decoding.decode(bytes);
        },
      });
      const { media_id: mediaId } = await upload(other);
      await stalled.processing.job.run();
      assert.equal((await stateOf(mediaId))?.state, 'ready');
      assert.equal((await blobs()).length, 4);
      await run('DELETE FROM media');
      for (const { name } of await blobStore.list({ limit: 10 })) await blobStore.delete(name);
    }
  });

  it('leaves nothing of a picture that is deleted while it is processed', async () => {
    let made = setting();
    const { media_id: mediaId } = await upload(made);
    made = setting({
      ...decoding,
      async decode(bytes) {
        await sql.transaction((transaction) => made.library.delete(transaction, alice, mediaId));
        return decoding.decode(bytes);
      },
    });
    await made.processing.job.run();
    await run('UPDATE blob_leases SET expires_at = now()');
    await runJob(made, 'remove-blobs');
    assert.deepEqual([await blobs(), await stateOf(mediaId)], [[], undefined]);
  });
});

describe('pictures of profiles', () => {
  const choose = (made: Setting, mediaId: Id, ownerId = alice) =>
    sql.transaction((transaction) => made.library.choose(transaction, ownerId, mediaId, 'avatar'));
  const fileNames = async () => (await blobs()).filter((name) => /^(avatar|header|original)/.test(name));
  /** What was told of it, wherever it is by now. */
  const kinds = readStatement<[mediaId: string], { kind: string }>(
    'test_kinds',
    `SELECT kind FROM (
       SELECT kind, payload::jsonb AS payload, 0 AS place, "offset" AS number FROM event_log WHERE topic = 'media'
       UNION ALL
       SELECT kind, payload::jsonb, 1, id FROM outbox WHERE topic = 'media'
     ) AS events WHERE payload #>> '{media,media_id}' = $1 ORDER BY place, number`,
  );

  it('are cut to size after they have been chosen, whether their variants were there or not', async () => {
    for (const isReady of [true, false]) {
      const made = setting();
      const { media_id: mediaId } = await upload(made);
      if (isReady) await made.processing.job.run();
      await choose(made, mediaId);
      await made.processing.job.run();
      const row = await stateOf(mediaId);
      assert.deepEqual(
        [row?.state, row?.variants.at(-1)],
        ['ready', { name: 'avatar', width: 30, height: 30 }],
      );
      assert.deepEqual(await fileNames(), ['avatar.jpg', 'avatar.webp']);
      const told = (await sql.query(kinds, [String(mediaId)])).map(({ kind }) => kind);
      const between = isReady ? ['ready', 'chosen'] : ['chosen', 'ready'];
      assert.deepEqual(told, ['uploaded', ...between, 'cut']);
      assert.equal(await made.processing.job.run(), 'done');
      assert.equal(made.outcomes.length, 2, 'nothing is left to do');
      await sql.transaction((transaction) => made.library.release(transaction, [mediaId]));
      await runJob(made, 'remove-blobs');
      assert.deepEqual(await blobs(), []);
    }
  });

  it('are cut also when they are chosen while they are processed', async () => {
    let made = setting();
    const { media_id: mediaId } = await upload(made);
    made = setting({
      ...decoding,
      async decode(bytes) {
        await choose(made, mediaId);
        return decoding.decode(bytes);
      },
    });
    await made.processing.job.run();
    assert.deepEqual(await fileNames(), ['avatar.jpg', 'avatar.webp']);
  });

  it('are of their owner, whole, and nowhere else', async () => {
    const made = setting();
    const refused = async (mediaId: Id, why: RegExp, ownerId = alice) =>
      assert.rejects(
        choose(made, mediaId, ownerId),
        (error) =>
          hasCode(error, 'invalid') &&
          error.fields[0]?.field === 'avatar_media_id' &&
          why.test(error.fields[0].message),
      );
    const [shown, own, broken] = [await upload(made), await upload(made), await upload(made)];
    await refused(own.media_id, /does not exist/, bob);
    await refused(1_163_250_892_800_777, /does not exist/);
    const postId = 1_537_140_515_004_424;
    await sql.transaction((transaction) => made.library.attach(transaction, alice, postId, [shown.media_id]));
    await refused(shown.media_id, /shown by a post/);
    await run(
      `UPDATE media SET state = 'failed', failure = 'is cut off.' WHERE media_id = ${broken.media_id}`,
    );
    await refused(broken.media_id, /failed to be processed: it is cut off\./);
    await choose(made, own.media_id);
    await refused(own.media_id, /is your avatar already/);
    await assert.rejects(
      sql.transaction((transaction) => made.library.attach(transaction, alice, postId, [own.media_id])),
      /your avatar/,
    );
    await assert.rejects(
      sql.transaction((transaction) => made.library.delete(transaction, alice, own.media_id)),
      (error) => hasCode(error, 'conflict'),
    );
  });

  it('are not swept, unless they failed', async () => {
    const made = setting({
      ...decoding,
      cut: async () => Promise.reject(new AppError('invalid', 'cannot be cut to size.')),
    });
    const [kept, failing] = [await upload(made), await upload(made)];
    await made.processing.job.run();
    await choose(made, failing.media_id);
    await made.processing.job.run();
    assert.equal((await stateOf(failing.media_id))?.failure, 'cannot be cut to size.');
    await choose(made, kept.media_id);
    const day = 24 * 3_600_000 * 4_096;
    await run(`UPDATE media SET media_id = media_id - ${day}`);
    await runJob(made, 'delete-unattached-media');
    assert.equal(await stateOf(failing.media_id - day), undefined);
    assert.ok(await stateOf(kept.media_id - day));
  });

  it('that are removed while they are cut leave nothing', async () => {
    let made = setting();
    const { media_id: mediaId } = await upload(made);
    await made.processing.job.run();
    await choose(made, mediaId);
    made = setting({
      ...decoding,
      async cut(bytes, cut) {
        await sql.transaction((transaction) => made.library.release(transaction, [mediaId]));
        await runJob(made, 'remove-blobs');
        return decoding.cut(bytes, cut);
      },
    });
    await made.processing.job.run();
    await run('UPDATE blob_leases SET expires_at = now()');
    await runJob(made, 'remove-blobs');
    assert.deepEqual([await blobs(), await stateOf(mediaId)], [[], undefined]);
  });
});

describe('removal', () => {
  const deleted = (topic: string, key: Id, payload = {}): LoggedEvent => ({
    ...{ topic, partition: 0, offset: 0, key, kind: 'deleted', payload },
    ...{ createdAt: new Date(0), traceparent: undefined },
  });

  it('waits while a backup copies', async () => {
    const made = setting();
    await made.uploads.settle(await made.uploads.store(alice, content(), undefined));
    await sql.transaction(async (transaction) => {
      const hold = writeStatement<[number], object>('test_hold', 'SELECT pg_advisory_xact_lock_shared($1)');
      await transaction.query(hold, [BLOB_REMOVAL_LOCK]);
      await runJob(made, 'remove-blobs');
      assert.deepEqual(await blobs(), ['original']);
    });
    await runJob(made, 'remove-blobs');
    assert.deepEqual(await blobs(), []);
  });

  it('takes the pictures of deleted posts and users, and of nobody else', async () => {
    const made = setting();
    const [shown, kept, owned] = [await upload(made), await upload(made), await upload(made, bob)];
    const postId = 1_537_140_515_004_424;
    await sql.transaction((transaction) => made.library.attach(transaction, alice, postId, [shown.media_id]));
    const { subscription } = made.removal;
    const events = [deleted('posts', alice, { post_id: String(postId) }), deleted('users', bob)];
    for (let delivery = 0; delivery < 2; delivery += 1) {
      await sql.transaction((transaction) => subscription.handle(events, transaction));
    }
    assert.equal(await stateOf(shown.media_id), undefined);
    assert.equal(await stateOf(owned.media_id), undefined);
    await run('UPDATE blob_leases SET expires_at = now()');
    await runJob(made, 'remove-blobs');
    assert.deepEqual(
      (await blobStore.list({ limit: 10 })).map(({ name }) => name),
      [`${kept.blob_key}/original`],
    );
  });

  it('takes what no post shows after a day, and not before', async () => {
    const made = setting();
    const { media_id: mediaId } = await upload(made);
    await runJob(made, 'delete-unattached-media');
    assert.ok(await stateOf(mediaId));
    // 24 hours are so many ids.
    await run(`UPDATE media SET media_id = media_id - ${24 * 3_600_000 * 4_096}`);
    await runJob(made, 'delete-unattached-media');
    assert.equal(await stateOf(mediaId - 24 * 3_600_000 * 4_096), undefined);
  });
});
