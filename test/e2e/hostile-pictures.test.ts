/** Files that mean harm, and a server that is killed amid uploads: what becomes of them, of it, and of what it stores. */
import assert from 'node:assert/strict';
import { readdir, readFile, utimes } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import sharp from 'sharp';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemRandomness } from '../../src/core/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { emptyAvif, greyJpeg, greyPng, manyFrames } from '../support/hostile-pictures.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { createPictureClient, noise } from '../support/picture-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const UPLOADS = 200;
const PEOPLE = 10;
/** One of the sizes of a picture takes half of this. */
const GROWTH_BYTES_MAX = 150_000_000;

let home: ServerHome;
let database: TestDatabase;
let sql: pg.Client;
let server: ServerProcess;
const client = createJourneyClient(() => server.url);
const pictures = createPictureClient(() => server.url);

// A database that outlives the server, so that it can be looked at while there is none.
const start = () => home.start({ GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_DATABASE_URL: database.url });

before(async () => {
  [home, database] = [await createServerHome(), await createTestDatabase()];
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  server = await start();
});
after(async () => {
  await server?.stop();
  await sql?.end();
  await database?.close();
  await home?.close();
});

describe('files that mean harm', () => {
  it('are refused with a reason, or made harmless, and the server does not notice', async () => {
    const alice = await client.signUp('alice');
    const photo = await noise(400, 300);
    const text = (content: string) => Buffer.from(content);
    const refusedAtOnce: [string, Buffer, RegExp][] = [
      [
        'a PNG of 16,000 x 16,000 in 253 kB',
        greyPng(16_000, 16_000),
        /16000 x 16000 pixels; at most 50 million/,
      ],
      ['a JPEG of 30,000 x 30,000', greyJpeg(30_000, 30_000), /30000 x 30000 pixels/],
      ['an AVIF of 20,000 x 20,000', emptyAvif(20_000, 20_000), /20000 x 20000 pixels/],
      ['a GIF with a screen of 65,535 x 65,535', manyFrames(1, 65_535, 65_535), /65535 x 65535 pixels/],
      ['nothing at all', Buffer.alloc(0), /is empty/],
      [
        'an SVG with a script',
        text('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
        /must be a JPEG/,
      ],
      ['a page', text('<!doctype html><script>alert(1)</script>'.padEnd(100)), /must be a JPEG/],
      [
        'a byte more than 20 MiB',
        Buffer.concat([photo, Buffer.alloc(20 * 1_048_576 + 1 - photo.length)]),
        /at most 20 MiB/,
      ],
      ['a HEIC', text('\0\0\0\x18ftypheic\0\0\0\0mif1heic'.padEnd(64)), /HEIC.*Send it as a JPEG/],
    ];
    const memoryBefore = await residentBytes();
    for (const [what, bytes, why] of refusedAtOnce) {
      const { status, body } = await pictures.upload(alice, bytes);
      assert.equal(status, 422, `${what}: ${JSON.stringify(body)}`);
      assert.equal(body.errors[0].field, 'file', what);
      assert.match(body.errors[0].message, why, what);
    }
    const announced = await pictures.upload(alice, Buffer.concat([photo, Buffer.alloc(22_000_000)]));
    assert.equal(announced.status, 413, 'before a byte of it is read');
    assert.match(announced.body.detail, /at most 20 MiB/);
    const failing: [string, Buffer, RegExp][] = [
      ['a photo that is cut off', photo.subarray(0, photo.length / 2), /cut off/],
      ['a head without a body', photo.subarray(0, 700), /cannot be decoded/],
      ['a small AVIF with nothing in it', emptyAvif(200, 200), /cannot be decoded/],
      ['1,001 frames', manyFrames(1_001, 2_000, 2_000), /has 1001 frames; at most 1000/],
    ];
    for (const [what, bytes, why] of failing) {
      const { status, body } = await pictures.upload(alice, bytes);
      assert.equal(status, 201, `${what}: ${JSON.stringify(body)}`);
      const media = await pictures.processed(alice, body.media_id);
      assert.deepEqual([media.state, media.url], ['failed', null], what);
      assert.match(media.failure, why, what);
    }
    assert.ok((await residentBytes()) - memoryBefore < GROWTH_BYTES_MAX, 'the memory of the server');
    assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
    assert.doesNotMatch(server.logs(), /uncaught|heap/i);
  });

  it('lose on the way whatever is no picture in them', async () => {
    const bob = await client.signUp('bob');
    const photo = await sharp(await noise(400, 300))
      .withExif({ IFD0: { Make: 'A camera' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' } })
      .jpeg()
      .toBuffer();
    assert.match(photo.toString('latin1'), /A camera/);
    const polyglot = Buffer.concat([photo, Buffer.from('<html><script>alert(1)</script></html>')]);
    const large = greyPng(6_000, 6_000);
    const moving = manyFrames(1_000, 60, 40);
    const sent = [polyglot, large, moving];
    const answers = await Promise.all(sent.map((bytes) => pictures.upload(bob, bytes)));
    for (const [index, { body }] of answers.entries()) {
      const media = await pictures.processed(bob, body.media_id);
      assert.equal(media.state, 'ready', `${index}: ${media.failure}`);
      assert.equal(media.animated, sent[index] === moving);
      for (const { url } of [media, ...media.variants] as Json[]) {
        for (const accept of ['image/webp', '*/*']) {
          const answer = await fetch(url, { headers: { accept } });
          assert.match(answer.headers.get('content-type') ?? '', /^image\/(jpeg|webp)$/);
          assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
          const bytes = Buffer.from(await answer.arrayBuffer());
          assert.doesNotMatch(bytes.toString('latin1'), /script|A camera|Exif|GPS/);
        }
      }
    }
  });
});

describe(`kill -9 amid ${UPLOADS} uploads`, () => {
  it('leaves no record without bytes, no bytes without record, and nothing acknowledged undone', async (t) => {
    const people = await Promise.all(Array.from({ length: PEOPLE }, (_, n) => client.signUp(`person_${n}`)));
    const photos = await Promise.all(Array.from({ length: 8 }, () => noise(160, 120)));
    const acknowledged: { readonly owner: Person; readonly mediaId: string }[] = [];
    const uploads = Array.from({ length: UPLOADS }, async (_, n) => {
      const owner = people[n % PEOPLE] ?? assert.fail();
      const photo = photos[n % photos.length] ?? assert.fail();
      const answer = await pictures.upload(owner, photo).catch(() => undefined);
      if (answer?.status === 201) acknowledged.push({ owner, mediaId: answer.body.media_id });
    });
    const killAfter = 1 + (systemRandomness.bytes(1).readUInt8() % (UPLOADS / 2));
    await until(() => acknowledged.length >= killAfter, 60_000);
    await server.kill();
    await Promise.all(uploads);
    t.diagnostic(`killed after ${killAfter} answers, ${acknowledged.length} in all`);

    const [atOnce, leases] = [await recorded('media'), await recorded('blob_leases')];
    const onDisk = await storedFiles();
    const named = new Set([...atOnce.keys(), ...leases.keys()]);
    assert.deepEqual(
      [...onDisk.keys()].filter((key) => !named.has(key)),
      [],
      'bytes without record',
    );
    for (const [key, state] of atOnce) {
      const needed = state === 'ready' ? 'full.jpg' : 'original';
      assert.ok(state === 'failed' || onDisk.get(key)?.has(needed), `${key} is ${state} without ${needed}`);
    }

    // As if the minutes had passed after which nobody else can be working on them.
    for (const file of await unfinishedFiles()) await utimes(file, 0, 0);
    await sql.query('UPDATE blob_leases SET expires_at = now()');
    await sql.query('UPDATE media SET due_at = now() WHERE due_at IS NOT NULL');
    server = await start();
    for (const { owner, mediaId } of acknowledged) {
      assert.equal((await pictures.processed(owner, mediaId)).state, 'ready');
    }
    await until(async () => {
      const { rows } = await sql.query(`SELECT FROM media WHERE due_at IS NOT NULL
        UNION ALL SELECT FROM blob_leases`);
      return rows.length === 0;
    }, 60_000);
    const afterwards = await recorded('media');
    const left = await storedFiles();
    assert.deepEqual(await unfinishedFiles(), []);
    assert.deepEqual(
      [...left.keys()].sort(),
      [...afterwards]
        .filter(([, state]) => state === 'ready')
        .map(([key]) => key)
        .sort(),
    );
    for (const files of left.values())
      assert.ok(!files.has('original'), 'what was sent is kept no longer than it is needed');
  });
});

/** Keys, and the state of those that have one. */
async function recorded(table: 'media' | 'blob_leases'): Promise<ReadonlyMap<string, string>> {
  const state = table === 'media' ? 'state' : "''";
  const { rows } = await sql.query(`SELECT blob_key, ${state} AS state FROM ${table}`);
  return new Map(rows.map((row) => [row.blob_key, row.state]));
}

const blobs = () => path.join(home.dataFolder, 'blobs');

/** What was being written when the server was killed. */
async function unfinishedFiles(): Promise<string[]> {
  const folder = path.join(blobs(), 'unfinished');
  return (await readdir(folder)).map((name) => path.join(folder, name));
}

/** The files of each key on the disk. */
async function storedFiles(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const entries = (await readdir(blobs(), { recursive: true, withFileTypes: true })).filter(
    ({ parentPath }) => !parentPath.endsWith('unfinished'),
  );
  const files = new Map<string, Set<string>>();
  for (const entry of entries.filter((each) => each.isFile())) {
    const key = path.basename(entry.parentPath);
    files.set(key, (files.get(key) ?? new Set()).add(entry.name));
  }
  return files;
}

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
}
