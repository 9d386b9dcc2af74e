import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  createMediaSetting,
  type MadeMedia,
  type MediaSetting,
} from '../../../test/support/media-setting.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import { readStatement } from '../../ports/sql-store/sql-store.ts';

let media: MediaSetting;
before(async () => {
  media = await createMediaSetting();
});
after(() => media.close());
beforeEach(() => media.clear());

describe('pictures of profiles', () => {
  const choose = (made: MadeMedia, mediaId: Id, ownerId = ALICE) =>
    media.sql.transaction((transaction) => made.library.choose(transaction, ownerId, mediaId, 'avatar'));
  const fileNames = async () =>
    (await media.blobs()).filter((name) => /^(avatar|header|original)/.test(name));
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
      const made = media.made();
      const { media_id: mediaId } = await media.upload(made);
      if (isReady) await made.processing.job.run();
      await choose(made, mediaId);
      await made.processing.job.run();
      const row = await media.stateOf(mediaId);
      assert.deepEqual(
        [row?.state, row?.variants.at(-1)],
        ['ready', { name: 'avatar', width: 30, height: 30 }],
      );
      assert.deepEqual(await fileNames(), ['avatar.jpg', 'avatar.webp']);
      const told = (await media.sql.query(kinds, [String(mediaId)])).map(({ kind }) => kind);
      const between = isReady ? ['ready', 'chosen'] : ['chosen', 'ready'];
      assert.deepEqual(told, ['uploaded', ...between, 'cut']);
      assert.equal(await made.processing.job.run(), 'done');
      assert.equal(made.outcomes.length, 2, 'nothing is left to do');
      await media.sql.transaction((transaction) => made.library.release(transaction, [mediaId]));
      await media.runJob(made, 'remove-blobs');
      assert.deepEqual(await media.blobs(), []);
    }
  });

  it('are cut also when they are chosen while they are processed', async () => {
    let made = media.made();
    const { media_id: mediaId } = await media.upload(made);
    made = media.made({
      ...media.decoding,
      async decode(bytes) {
        await choose(made, mediaId);
        return media.decoding.decode(bytes);
      },
    });
    await made.processing.job.run();
    assert.deepEqual(await fileNames(), ['avatar.jpg', 'avatar.webp']);
  });

  it('are of their owner, whole, and nowhere else', async () => {
    const made = media.made();
    const refused = async (mediaId: Id, why: RegExp, ownerId = ALICE) =>
      assert.rejects(
        choose(made, mediaId, ownerId),
        (error) =>
          hasCode(error, 'invalid') &&
          error.fields[0]?.field === 'avatar_media_id' &&
          why.test(error.fields[0].message),
      );
    const [shown, own, broken] = [
      await media.upload(made),
      await media.upload(made),
      await media.upload(made),
    ];
    await refused(own.media_id, /does not exist/, BOB);
    await refused(1_163_250_892_800_777, /does not exist/);
    const postId = 1_537_140_515_004_424;
    await media.sql.transaction((transaction) =>
      made.library.attach(transaction, ALICE, postId, [shown.media_id]),
    );
    await refused(shown.media_id, /shown by a post/);
    await media.run(
      `UPDATE media SET state = 'failed', failure = 'is cut off.' WHERE media_id = ${broken.media_id}`,
    );
    await refused(broken.media_id, /failed to be processed: it is cut off\./);
    await choose(made, own.media_id);
    await refused(own.media_id, /is your avatar already/);
    await assert.rejects(
      media.sql.transaction((transaction) => made.library.attach(transaction, ALICE, postId, [own.media_id])),
      /your avatar/,
    );
    await assert.rejects(
      media.sql.transaction((transaction) => made.library.delete(transaction, ALICE, own.media_id)),
      (error) => hasCode(error, 'conflict'),
    );
  });

  it('are not swept, unless they failed', async () => {
    const made = media.made({
      ...media.decoding,
      cut: async () => Promise.reject(new AppError('invalid', 'cannot be cut to size.')),
    });
    const [kept, failing] = [await media.upload(made), await media.upload(made)];
    await made.processing.job.run();
    await choose(made, failing.media_id);
    await made.processing.job.run();
    assert.equal((await media.stateOf(failing.media_id))?.failure, 'cannot be cut to size.');
    await choose(made, kept.media_id);
    const day = 24 * 3_600_000 * 4_096;
    await media.run(`UPDATE media SET media_id = media_id - ${day}`);
    await media.runJob(made, 'delete-unattached-media');
    assert.equal(await media.stateOf(failing.media_id - day), undefined);
    assert.ok(await media.stateOf(kept.media_id - day));
  });

  it('that are removed while they are cut leave nothing', async () => {
    let made = media.made();
    const { media_id: mediaId } = await media.upload(made);
    await made.processing.job.run();
    await choose(made, mediaId);
    made = media.made({
      ...media.decoding,
      async cut(bytes, cut) {
        await media.sql.transaction((transaction) => made.library.release(transaction, [mediaId]));
        await media.runJob(made, 'remove-blobs');
        return media.decoding.cut(bytes, cut);
      },
    });
    await made.processing.job.run();
    await media.run('UPDATE blob_leases SET expires_at = now()');
    await media.runJob(made, 'remove-blobs');
    assert.deepEqual([await media.blobs(), await media.stateOf(mediaId)], [[], undefined]);
  });
});
