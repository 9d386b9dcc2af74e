/** Pictures in an object storage, from the upload to the last byte that is removed; and what becomes of them in a backup. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, it } from 'node:test';
import sharp from 'sharp';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { runCommand } from '../support/command.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { type S3Server, s3Backend, startS3Server } from '../support/s3-server.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

describeOnBackend('pictures', s3Backend(), (program) => {
  let storage: S3Server;
  let bucketUrl: string;
  let home: ServerHome;
  let server: ServerProcess;
  let alice: Person;
  const client = createJourneyClient(() => server.url);

  before(async () => {
    storage = await startS3Server(program);
    bucketUrl = await storage.newBucket();
    home = await createServerHome();
    server = await home.start(settings(bucketUrl));
    alice = await client.signUp('alice');
  });
  after(async () => {
    await server?.stop();
    await home?.close();
    await storage?.close();
  });

  async function upload(bytes: Buffer): Promise<Response> {
    const form = new FormData();
    form.set('file', new Blob([bytes]), 'picture.jpg');
    const headers = { authorization: `Bearer ${alice.token}` };
    return fetch(`${server.url}/api/v1/media`, { method: 'POST', body: form, headers });
  }

  async function posted(bytes: Buffer): Promise<{ postId: string; media: Json }> {
    const answer = await upload(bytes);
    assert.equal(answer.status, 201);
    const { media_id: mediaId } = (await answer.json()) as Json;
    await until(async () => (await alice.get(`/media/${mediaId}`)).state === 'ready');
    const post = await alice.post('/posts', { body: { text: 'a', media_ids: [mediaId] } });
    return { postId: post.post_id, media: post.media[0] };
  }

  const objects = (): Promise<string[]> => objectsIn(storage, bucketUrl);

  it('are stored, processed, served whole, in part and not again, and removed from the bucket', async () => {
    const { postId, media } = await posted(await noise(1_500, 1_000));
    assert.deepEqual([media.width, media.height, media.variants.length], [1_500, 1_000, 5]);
    await until(async () => !(await objects()).some((name) => name.endsWith('original')));
    assert.equal((await objects()).length, 10);

    const whole = await fetch(media.url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    assert.deepEqual([whole.status, Number(whole.headers.get('content-length'))], [200, bytes.length]);
    assert.equal((await sharp(bytes).metadata()).width, 1_500);
    const part = await fetch(media.url, { headers: { range: 'bytes=10-19' } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${bytes.length}`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 20));
    const known = { 'if-none-match': whole.headers.get('etag') ?? '' };
    assert.equal((await fetch(media.url, { headers: known })).status, 304);
    const beyond = await fetch(media.url, { headers: { range: `bytes=${bytes.length}-` } });
    assert.equal(beyond.status, 416);

    await alice.call('DELETE', `/posts/${postId}`);
    await until(async () => (await objects()).length === 0);
    assert.equal((await fetch(media.url)).status, 404);
  });

  it('of several parts are stored and processed as well', async () => {
    const bytes = await noise(3_000, 2_400, 100);
    assert.ok(bytes.length > 6_000_000, `${bytes.length} bytes`);
    const { media } = await posted(bytes);
    assert.equal(media.width, 3_000);
  });

  it('are unavailable while the storage is away, and nothing else is', async () => {
    const { media } = await posted(await noise(300, 200));
    await storage.kill();
    const refused = await upload(await noise(300, 201));
    assert.equal(refused.status, 503);
    assert.equal((await fetch(media.url)).status, 503);
    assert.equal((await alice.call('POST', '/posts', { body: { text: 'without a picture' } })).status, 201);
    assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
    await storage.restart();
    // The breaker of the port opens again after some seconds.
    await until(async () => (await fetch(media.url)).status === 200);
    await until(async () => (await upload(await noise(300, 202))).status === 201);
  });

  it('come back from a backup, into another bucket', async (test) => {
    const { postId, media } = await posted(await noise(900, 700));
    const bytes = Buffer.from(await (await fetch(media.url)).arrayBuffer());
    const folder = path.join(await temporaryFolder(test), 'backup');
    const withBlobs = (url: string) => ({ prefix: ['env', `GROUNDSWELL_BLOBS_URL=${url}`] });
    const backup = await runCommand(
      ['backup', '--data', home.dataFolder, '--to', folder],
      withBlobs(bucketUrl),
    );
    assert.equal(backup.code, 0, backup.stderr);
    assert.match(backup.stdout, /[\d,]+ blobs/);
    const [first, young, url] = [server, await createServerHome(), await storage.newBucket()];
    try {
      const data = path.join(young.dataFolder, 'data');
      const restored = await runCommand(['restore', '--data', data, '--from', folder], withBlobs(url));
      assert.equal(restored.code, 0, restored.stderr);
      server = await young.start({ ...settings(url), GROUNDSWELL_DATA: data });
      const [shown] = (await alice.get(`/posts/${postId}`)).media;
      assert.deepEqual(Buffer.from(await (await fetch(shown.url)).arrayBuffer()), bytes);
      await server.stop();
    } finally {
      server = first;
      await young.close();
    }
  });

  it('are in no log with the key of the storage', () => {
    const { password, username } = new URL(bucketUrl);
    for (const secret of [password, decodeURIComponent(password), `${username}:`]) {
      assert.ok(!server.logs().includes(secret));
    }
  });

  it('keep a server from starting whose bucket is not there, which says so', async () => {
    const wrong = bucketUrl.replace(/bucket-[a-f0-9-]+/, 'no-such-bucket');
    await server.stop();
    await assert.rejects(home.start(settings(wrong)), /There is no bucket no-such-bucket at http:/);
  });
});

function settings(blobsUrl: string): Record<string, string> {
  return { GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_BLOBS_URL: blobsUrl };
}

/** Blobs alone: what the server has put there to find out what the storage can is none. */
async function objectsIn(storage: S3Server, url: string): Promise<string[]> {
  const answer = await storage.fetch(`${new URL(url).pathname}?list-type=2`);
  const names = [...(await answer.text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, name = '']) => name);
  return names.filter((name) => name.includes('/'));
}

/** A photo that is none: noise, so that it is as large as one. */
async function noise(width: number, height: number, quality = 80): Promise<Buffer> {
  const background = { r: 128, g: 128, b: 128 };
  const settings = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({ create: { width, height, channels: 3, background, noise: settings } })
    .jpeg({ quality })
    .toBuffer();
}
