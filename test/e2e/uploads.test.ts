/** Uploads in pieces and by clients themselves, over HTTP, on a disk and in an object storage, through kills and broken lines. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { type S3Server, s3Backend, startS3Server } from '../support/s3-server.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const PIECE_TYPE = 'application/offset+octet-stream';
const VERSION = { 'tus-resumable': '1.0.0' };

describe('uploads in pieces, onto a disk', () => {
  uploadSuite({ blobsUrl: async () => undefined, isDirect: false });
});

describeOnBackend('uploads in pieces', s3Backend(), (program) => {
  let storage: S3Server;
  before(async () => {
    storage = await startS3Server(program);
  });
  after(() => storage?.close());
  uploadSuite({
    blobsUrl: async () => `${await storage.newBucket()}&direct=${storage.endpoint}`,
    isDirect: true,
  });
});

interface UploadSuite {
  blobsUrl(): Promise<string | undefined>;
  /** Whether clients reach the store. */
  readonly isDirect: boolean;
}

function uploadSuite({ blobsUrl, isDirect }: UploadSuite): void {
  let home: ServerHome;
  let settings: Record<string, string>;
  let server: ServerProcess;
  let alice: Person;
  let bytes: Buffer;
  const client = createJourneyClient(() => server.url);

  before(async () => {
    const url = await blobsUrl();
    settings = { GROUNDSWELL_RATE_LIMITS: 'off', ...(url && { GROUNDSWELL_BLOBS_URL: url }) };
    home = await createServerHome();
    server = await home.start(settings);
    alice = await client.signUp('alice');
    bytes = await picture();
  });
  after(async () => {
    await server?.stop();
    await home?.close();
  });

  async function send(method: string, where: string, headers: Record<string, string>, body?: Buffer) {
    const answer = await fetch(new URL(where, server.url), {
      method,
      headers: { authorization: `Bearer ${alice.token}`, ...VERSION, ...headers },
      ...(body && { body }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async function begin(length = bytes.length, headers: Record<string, string> = {}): Promise<string> {
    const answer = await send('POST', '/api/v1/media/uploads', { 'upload-length': `${length}`, ...headers });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.headers.get('location') ?? '';
  }

  const piece = (where: string, offset: number, body: Buffer) =>
    send('PATCH', where, { 'upload-offset': `${offset}`, 'content-type': PIECE_TYPE }, body);

  async function offsetOf(where: string): Promise<number> {
    const { status, headers } = await send('HEAD', where, {});
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(Number(headers.get('upload-length')), bytes.length);
    return Number(headers.get('upload-offset'));
  }

  async function ready(mediaId: string | null): Promise<Json> {
    let media: Json;
    await until(async () => {
      media = await alice.get(`/media/${mediaId}`);
      return media.state !== 'processing';
    }, 60_000);
    return media;
  }

  /** Sends the head of a request and so many bytes of its body, and breaks the line. */
  async function breakOff(where: string, offset: number, body: Buffer): Promise<void> {
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      [
        `PATCH ${where} HTTP/1.1`,
        `Host: ${hostname}`,
        `Authorization: Bearer ${alice.token}`,
        `Content-Type: ${PIECE_TYPE}`,
        `Upload-Offset: ${offset}`,
        `Content-Length: ${bytes.length - offset}`,
        '',
        '',
      ].join('\r\n'),
    );
    await new Promise((resolve) => socket.write(body, resolve));
    socket.destroy();
  }

  it('say what they take', async () => {
    const { status, headers } = await send('OPTIONS', '/api/v1/media/uploads', {});
    assert.equal(status, 204);
    assert.equal(headers.get('tus-version'), '1.0.0');
    assert.equal(headers.get('tus-extension'), 'creation,expiration,termination');
    assert.equal(headers.get('tus-max-size'), String(20 * 1_048_576));
    const other = await send('POST', '/api/v1/media/uploads', {
      'tus-resumable': '0.2.2',
      'upload-length': '10',
    });
    assert.equal(other.status, 412);
    assert.equal(other.headers.get('tus-version'), '1.0.0');
  });

  it('become a picture with what was said of it, as an upload at once does', async () => {
    const alt = Buffer.from('Snow, falling').toString('base64');
    const focus = Buffer.from('0.5,-0.5').toString('base64');
    const key = { 'idempotency-key': 'one-upload' };
    const metadata = { 'upload-metadata': `alt ${alt},focus ${focus},filename YQ==` };
    const where = await begin(bytes.length, { ...key, ...metadata });
    assert.equal(
      await begin(bytes.length, { ...key, ...metadata }),
      where,
      'a repeated request begins no other',
    );
    assert.equal(await offsetOf(where), 0);
    const third = Math.ceil(bytes.length / 3);
    const offsets: number[] = [];
    let mediaId: string | null = null;
    for (let at = 0; at < bytes.length; at += third) {
      const answer = await piece(where, at, bytes.subarray(at, at + third));
      assert.equal(answer.status, 204, JSON.stringify(answer.body));
      offsets.push(Number(answer.headers.get('upload-offset')));
      assert.ok(Date.parse(answer.headers.get('upload-expires') ?? '') > Date.now());
      mediaId = answer.headers.get('media-id');
    }
    assert.deepEqual(offsets, [third, 2 * third, bytes.length]);
    const upload = (await send('GET', where, {})).body;
    assert.deepEqual([upload.received_bytes, upload.media_id], [bytes.length, mediaId]);
    const media = await ready(mediaId);
    assert.deepEqual([media.state, media.width, media.height], ['ready', 1_200, 900]);
    assert.deepEqual([media.alt, media.focus], ['Snow, falling', [0.5, -0.5]]);
    const post = await alice.post('/posts', { body: { text: 'a', media_ids: [mediaId] } });
    assert.equal((await fetch(post.media[0].url)).status, 200);
  });

  it('keep what has arrived when the line breaks and when the server is killed', async () => {
    const where = await begin();
    const sent = Math.floor(bytes.length / 2);
    await breakOff(where, 0, bytes.subarray(0, sent));
    let offset = 0;
    await until(async () => {
      offset = await offsetOf(where);
      return offset > 0;
    });
    assert.ok(offset <= sent);
    const next = await piece(where, offset, bytes.subarray(offset, offset + 1_000));
    assert.equal(next.status, 204);
    await server.kill();
    server = await home.start(settings);
    assert.equal(await offsetOf(where), offset + 1_000, 'what was acknowledged');
    const left = offset + 1_000;
    const last = await piece(where, left, bytes.subarray(left));
    assert.equal(last.status, 204, JSON.stringify(last.body));
    assert.equal((await ready(last.headers.get('media-id'))).state, 'ready');
  });

  it('refuse what they cannot take, with the reason', async () => {
    const where = await begin();
    const half = bytes.subarray(0, 1_000);
    assert.equal((await piece(where, 5, half)).status, 409);
    const typed = await send('PATCH', where, { 'upload-offset': '0', 'content-type': 'image/jpeg' }, half);
    assert.equal(typed.status, 415);
    const unsaid = await send('PATCH', where, { 'content-type': PIECE_TYPE }, half);
    assert.equal(unsaid.status, 422);
    const long = await piece(where, 0, Buffer.concat([bytes, half]));
    assert.deepEqual([long.status, long.body.errors[0].field], [422, 'body']);
    for (const length of ['0', String(20 * 1_048_576 + 1)]) {
      const large = await send('POST', '/api/v1/media/uploads', { 'upload-length': length });
      assert.deepEqual([large.status, large.body.errors[0].field], [422, 'upload-length']);
    }
    assert.equal((await send('POST', '/api/v1/media/uploads', { 'upload-length': 'long' })).status, 422);
    assert.equal((await send('POST', '/api/v1/media/uploads', {})).status, 422);
    const html = await piece(where, 0, Buffer.from('<html><script>alert(1)</script>'.padEnd(bytes.length)));
    assert.deepEqual([html.status, html.body.errors[0].field], [422, 'file']);
    assert.equal((await send('HEAD', where, {})).status, 404, 'it is over');
    const bob = await client.signUp('bob');
    const other = await begin();
    const asBob = { authorization: `Bearer ${bob.token}` };
    assert.equal((await send('HEAD', other, asBob)).status, 404);
    assert.equal((await send('HEAD', other, { authorization: '' })).status, 401);
    assert.equal((await send('DELETE', other, asBob)).status, 404);
    assert.equal((await send('DELETE', other, {})).status, 204);
    assert.equal((await send('HEAD', other, {})).status, 404);
  });

  it(`go directly into the store ${isDirect ? 'and are taken over from there' : 'where there is one'}`, async () => {
    const body = { total_bytes: bytes.length, alt: 'direct' };
    const begun = await alice.call('POST', '/media/direct_uploads', { body });
    if (!isDirect) {
      assert.equal(begun.status, 404);
      assert.match(begun.body.detail, /Use POST \/media/);
      return;
    }
    assert.equal(begun.status, 201);
    const { url, headers, upload_id: uploadId } = begun.body;
    const complete = () => alice.call('POST', `/media/direct_uploads/${uploadId}/complete`);
    assert.equal((await complete()).status, 409, 'nothing is there yet');
    const larger = Buffer.concat([bytes, Buffer.from('x')]);
    const put = (content: Buffer) =>
      fetch(url, {
        method: 'PUT',
        headers: { ...headers, 'content-length': `${content.length}` },
        body: content,
      });
    assert.equal((await put(larger)).status, 403);
    assert.equal((await put(bytes)).status, 200);
    const done = await complete();
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.deepEqual((await complete()).body, done.body, 'once');
    const media = await ready(done.body.media_id);
    assert.deepEqual([media.state, media.alt], ['ready', 'direct']);

    const html = Buffer.from('<html>'.padEnd(100));
    const wrong = await alice.post('/media/direct_uploads', { body: { total_bytes: html.length } });
    const sent = await fetch(wrong.url, { method: 'PUT', headers: wrong.headers, body: html });
    assert.equal(sent.status, 200);
    const refused = await alice.call('POST', `/media/direct_uploads/${wrong.upload_id}/complete`);
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, 'file']);
  });
}

/** Noise, so that it is as large as a photo. */
async function picture(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({ create: { width: 1_200, height: 900, channels: 3, background: '#888', noise } })
    .jpeg({ quality: 90 })
    .toBuffer();
}
