import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../../test/support/at-end.ts';
import { describeOnBackend } from '../../../test/support/required-backends.ts';
import { type S3Server, s3Backend, startS3Server } from '../../../test/support/s3-server.ts';
import { until } from '../../../test/support/until.ts';
import { parseS3Url, type S3Location } from '../../config/s3-location.ts';
import { systemClock } from '../../core/clock.ts';
import { AppError, hasCode } from '../../core/errors.ts';
import { blobStoreContract, chunks, newKey } from './blob-store.contract.ts';
import type { BlobStore } from './blob-store.ts';
import { openS3BlobStore } from './s3-blob-store.ts';
import { PART_BYTES } from './s3-put.ts';

const clock = systemClock;

function locationOf(url: string): S3Location {
  const location = parseS3Url(url);
  assert.ok(location !== undefined, url);
  return location;
}

async function read(blobStore: BlobStore, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of (await blobStore.get(name))?.content ?? []) parts.push(chunk);
  return Buffer.concat(parts);
}

describeOnBackend('the blob-store', s3Backend(), (program) => {
  let server: S3Server;
  before(async () => {
    server = await startS3Server(program);
  });
  after(() => server?.close());

  async function open(test: TestContext, url?: string): Promise<BlobStore> {
    const blobStore = await openS3BlobStore({
      location: locationOf(url ?? (await server.newBucket())),
      clock,
    });
    atEnd(test, () => blobStore.close());
    return blobStore;
  }

  for (const folder of ['', '/folder/in-it']) {
    blobStoreContract(`S3${folder}`, {
      async open() {
        const url = `${(await server.newBucket()).replace('?', `${folder}?`)}&direct=${server.endpoint}`;
        const blobStore = await openS3BlobStore({ location: locationOf(url), clock });
        return { blobStore, close: () => blobStore.close() };
      },
    });
  }

  for (const [what, bytes] of [
    ['as large as a part', PART_BYTES],
    ['a byte larger than a part', PART_BYTES + 1],
    ['of several parts', 2 * PART_BYTES + 100_000],
  ] as const) {
    it(`gives back a blob ${what}, which arrived in pieces of another size`, async (test) => {
      const blobStore = await open(test);
      const content = randomBytes(bytes);
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes; at += 300_007) pieces.push(content.subarray(at, at + 300_007));
      const name = `${newKey()}/large`;
      const stored = await blobStore.put(name, chunks(...pieces), { bytesMax: bytes });
      assert.equal(stored.bytes, bytes);
      assert.equal(Buffer.compare(await read(blobStore, name), content), 0);
      const again = blobStore.put(name, chunks(...pieces), { bytesMax: bytes });
      await assert.rejects(again, (error) => hasCode(error, 'conflict'), 'the name is taken');
    });
  }

  it('leaves no parts behind of a large blob that is too large, fails, or is given up', async (test) => {
    const url = await server.newBucket();
    const blobStore = await open(test, url);
    const whole = Buffer.alloc(PART_BYTES + 1);
    const given = new AbortController();
    async function* broken(): AsyncGenerator<Buffer> {
      yield whole;
      throw new Error('the line broke');
    }
    async function* abandoned(): AsyncGenerator<Buffer> {
      yield whole;
      given.abort(new Error('given up'));
      yield whole;
    }
    const name = () => `${newKey()}/large`;
    const bytesMax = 3 * PART_BYTES;
    await assert.rejects(blobStore.put(name(), chunks(whole, whole), { bytesMax: PART_BYTES + 2 }));
    await assert.rejects(blobStore.put(name(), broken(), { bytesMax }), /the line broke/);
    await assert.rejects(blobStore.put(name(), abandoned(), { bytesMax, signal: given.signal }), /given up/);
    assert.doesNotMatch(await uploadsIn(url), /<UploadId>/);
    assert.deepEqual(await blobStore.list({ limit: 10 }), []);
  });

  async function uploadsIn(url: string): Promise<string> {
    return (await server.fetch(`/${locationOf(url).bucket}?uploads=`)).text();
  }

  it('removes parts that a killed process has left, but not those of one that is at work', async (test) => {
    const url = await server.newBucket();
    const { bucket } = locationOf(url);
    await server.fetch(`/${bucket}/${newKey()}/large?uploads=`, { method: 'POST' });
    await server.fetch(`/${bucket}/somebody-elses?uploads=`, { method: 'POST' });
    const now = await openS3BlobStore({ location: locationOf(url), clock });
    await now.list({ limit: 1 });
    await now.close();
    const before = await uploadsIn(url);
    assert.equal(before.match(/<UploadId>/g)?.length, 2);
    const later = await openS3BlobStore({ location: locationOf(url), clock, unfinishedAgeMaxMs: -60_000 });
    atEnd(test, () => later.close());
    await until(async () => (await uploadsIn(url)).match(/<UploadId>/g)?.length === 1);
    assert.match(await uploadsIn(url), /somebody-elses/);
  });

  it('lists none but blobs, in full pages, where the bucket has other objects', async (test) => {
    const url = await server.newBucket();
    const blobStore = await open(test, url);
    const { bucket } = locationOf(url);
    for (const other of ['0', '1', 'notes', 'z/z/z']) {
      await server.fetch(`/${bucket}/${other}`, { method: 'PUT', body: 'x' });
    }
    const names = [`${newKey()}/a`, `${newKey()}/a`, `${newKey()}/a`].sort();
    for (const name of names) await blobStore.put(name, chunks('x'), { bytesMax: 1 });
    const first = await blobStore.list({ limit: 2 });
    const rest = await blobStore.list({ limit: 2, after: first[1]?.name });
    assert.deepEqual(
      [...first, ...rest].map(({ name }) => name),
      names,
    );
  });

  it('refuses a bucket that is not there, and a key that may not use it', async () => {
    const location = locationOf(await server.newBucket());
    for (const [changes, message] of [
      [{ bucket: 'no-such-bucket' }, /There is no bucket no-such-bucket at/],
      [{ secretAccessKey: 'wrong' }, /may not use the bucket/],
    ] as const) {
      await assert.rejects(
        openS3BlobStore({ location: { ...location, ...changes }, clock }),
        (error) => hasCode(error, 'invalid') && message.test(error.message) && !/wrong/.test(error.message),
      );
    }
  });

  it('is unavailable while the storage is away, and goes on when it is back, with all it had', async (test) => {
    const own = await startS3Server(program);
    atEnd(test, () => own.close());
    const url = await own.newBucket();
    const blobStore = await open(test, url);
    const name = `${newKey()}/a`;
    await blobStore.put(name, chunks('kept'), { bytesMax: 4 });
    await own.kill();
    for (const call of [
      () => blobStore.head(name),
      () => blobStore.get(name),
      () => blobStore.list({ limit: 1 }),
      () => blobStore.delete(name),
      () => blobStore.put(`${newKey()}/b`, chunks('x'), { bytesMax: 1 }),
    ]) {
      await assert.rejects(call, (error) => hasCode(error, 'unavailable'));
    }
    const meanwhile = await openS3BlobStore({ location: locationOf(url), clock });
    atEnd(test, () => meanwhile.close());
    await own.restart();
    assert.equal(String(await read(blobStore, name)), 'kept');
    assert.equal(String(await read(meanwhile, name)), 'kept');
  });
});

describe('the blob-store on an S3 storage that misbehaves', () => {
  /** What comes after the checks at the start, which it passes. */
  async function openAt(test: TestContext, answer: RequestListener): Promise<BlobStore> {
    let isOpen = false;
    let isClean = false;
    const server = createServer((request, response) => {
      request.resume();
      if (isOpen) return answer(request, response);
      response.once('finish', () => {
        isClean ||= request.url?.includes('uploads=') === true;
      });
      response.statusCode = request.method === 'PUT' ? 412 : 200;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // It listens on a port.
    atEnd(test, () => {
      server.closeAllConnections();
      server.close();
    });
    const location = locationOf(`s3://key:secret@127.0.0.1:${port}/bucket?tls=off`);
    const blobStore = await openS3BlobStore({ location, clock });
    atEnd(test, () => blobStore.close());
    await until(() => isClean);
    isOpen = true;
    return blobStore;
  }

  const put = (blobStore: BlobStore, bytes = 3) =>
    blobStore.put(`${newKey()}/a`, chunks(Buffer.alloc(bytes)), { bytesMax: bytes });
  const outcomeIs = (outcome: string) => (error: unknown) =>
    hasCode(error, 'unavailable') && error.outcome === outcome;

  it('says that nothing was stored after a refusal, and that it may have been after a failure', async (test) => {
    for (const [status, outcome] of [
      [403, 'not_applied'],
      [503, 'not_applied'],
      [500, 'unknown'],
    ] as const) {
      const blobStore = await openAt(test, (_request, response) => {
        response.statusCode = status;
        response.end('<Error><Code>SomeCode</Code><Message>a &quot;reason&quot;</Message></Error>');
      });
      await assert.rejects(put(blobStore), (error) => {
        assert.ok(error instanceof AppError && error.cause instanceof Error);
        assert.equal(error.cause.message, `the storage answered ${status} SomeCode a "reason"`);
        assert.doesNotMatch(error.message, /SomeCode/, 'which is for the log');
        return outcomeIs(outcome)(error);
      });
      await assert.rejects(blobStore.get(`${newKey()}/a`), outcomeIs(outcome));
      await assert.rejects(blobStore.head(`${newKey()}/a`), (error) => hasCode(error, 'unavailable'));
      await assert.rejects(blobStore.list({ limit: 1 }), outcomeIs(outcome));
      await assert.rejects(blobStore.delete(`${newKey()}/a`), outcomeIs(outcome));
    }
  });

  it('says that a blob may have been stored when the answer does not come', async (test) => {
    const blobStore = await openAt(test, (request) => {
      request.once('end', () => request.socket.destroy());
    });
    await assert.rejects(put(blobStore), outcomeIs('unknown'));
  });

  it('asks first whether the name of a large blob is taken', async (test) => {
    let isTaken = true;
    const blobStore = await openAt(test, (request, response) => {
      if (request.method === 'PUT') return void request.socket.resetAndDestroy();
      response.statusCode = isTaken ? 200 : 404;
      response.end();
    });
    await assert.rejects(put(blobStore, PART_BYTES), (error) => hasCode(error, 'conflict'));
    isTaken = false;
    await assert.rejects(put(blobStore, PART_BYTES), (error) => hasCode(error, 'unavailable'));
  });

  it('tries again what it is asked to try again, a few times', async (test) => {
    let answers: number[] = [];
    const blobStore = await openAt(test, (_request, response) => {
      response.statusCode = answers.shift() ?? 404;
      response.end();
    });
    answers = [409, 503, 200];
    await put(blobStore);
    answers = [409, 409, 409, 200];
    await assert.rejects(put(blobStore), (error) => hasCode(error, 'conflict'));
    answers = [412, 200];
    await assert.rejects(put(blobStore), (error) => hasCode(error, 'conflict'));
    // What is there may be what the first of them has put.
    answers = [500, 412];
    await assert.rejects(put(blobStore), outcomeIs('unknown'));
  });

  it('does not take a failure for a success that comes after the status', async (test) => {
    const aborted: string[] = [];
    const blobStore = await openAt(test, (request, response) => {
      if (request.method === 'DELETE') aborted.push(request.url ?? '');
      response.setHeader('etag', '"tag"');
      const { searchParams } = new URL(request.url ?? '', 'http://storage');
      if (searchParams.has('uploads')) response.end('<UploadId>one</UploadId>');
      else if (searchParams.has('partNumber')) response.end();
      else response.end('<Error><Code>InternalError</Code></Error>');
    });
    await assert.rejects(put(blobStore, PART_BYTES + 1), outcomeIs('not_applied'));
    assert.equal(aborted.length, 1);
    assert.match(aborted[0] ?? '', /uploadId=one/);
  });

  it('fails the reader of a content that is cut off', async (test) => {
    const blobStore = await openAt(test, (_request, response) => {
      response.setHeader('content-length', '100');
      response.write('half');
      setImmediate(() => response.destroy());
    });
    await assert.rejects(read(blobStore, `${newKey()}/a`), (error) => hasCode(error, 'unavailable'));
  });

  it('sends a request again whose connection was closed while it was idle', async (test) => {
    let requests = 0;
    const blobStore = await openAt(test, (request, response) => {
      requests += 1;
      response.statusCode = 404;
      // The second finds the connection of the first gone.
      if (requests === 2) request.socket.destroy();
      else response.end();
    });
    assert.equal(await blobStore.get(`${newKey()}/a`), undefined);
    assert.equal(await blobStore.get(`${newKey()}/a`), undefined);
    assert.equal(requests, 3);
  });

  it('does not open on one that knows no conditional writes, keeps old versions, or is elsewhere', async (test) => {
    for (const [answer, message] of [
      [{ PUT: 200, body: '' }, /knows no conditional writes/],
      [{ PUT: 403, body: '' }, /may not write into/],
      [{ PUT: 412, body: '<Status>Enabled</Status>' }, /keeps old versions/],
      [{ HEAD: 301, body: '' }, /in another region/],
    ] as const) {
      const server = createServer((request, response) => {
        request.resume();
        response.statusCode = Reflect.get(answer, request.method ?? '') ?? 200;
        response.end(request.method === 'HEAD' ? '' : answer.body);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      atEnd(test, () => server.close());
      const { port } = server.address() as AddressInfo; // It listens on a port.
      const location = locationOf(`s3://key:secret@127.0.0.1:${port}/bucket?tls=off`);
      await assert.rejects(
        openS3BlobStore({ location, clock }),
        (error) => hasCode(error, 'invalid') && message.test(error.message),
      );
    }
  });
});
