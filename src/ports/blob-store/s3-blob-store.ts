/**
 * Blobs as objects of a bucket, under their names. The storage must keep what it has acknowledged, show it at once, and honour
 * `If-None-Match: *` on writes, as S3 does since 2024, MinIO and versitygw; opening says so where it does not. Its bucket must not keep
 * old versions: what is deleted here is to be gone.
 */
import { PassThrough, Readable } from 'node:stream';
import type { S3Location } from '../../config/s3-location.ts';
import type { Clock } from '../../core/clock.ts';
import { assert } from '../../core/errors.ts';
import { failure } from './blob-failures.ts';
import {
  BLOB_KEY_PATTERN,
  BLOBS_PAGE_MAX,
  type BlobContent,
  type BlobFacts,
  type BlobStore,
  checkBlobName,
  isBlobName,
} from './blob-store.ts';
import { elementOf, elementsOf, textOf, unanswered, unexpected } from './s3-answers.ts';
import { checkS3Bucket } from './s3-bucket.ts';
import { createS3Client, type S3Answer, type S3Request, type S3TextAnswer } from './s3-client.ts';
import { presignS3Put } from './s3-presign.ts';
import { abortUpload, putInParts } from './s3-put.ts';

export interface S3BlobStoreOptions {
  readonly location: S3Location;
  readonly clock: Clock;
  /** After how long parts are those of a process that is gone; by default UNFINISHED_AGE_MAX_MS. */
  readonly unfinishedAgeMaxMs?: number;
}

/** Far longer than any content takes to arrive. */
const UNFINISHED_AGE_MAX_MS = 3_600_000;
const CLEAN_EVERY_MS = 600_000;

/**
 * Fails with `invalid` where the bucket cannot be what is needed of it: absent, closed to this key, or with old versions
 * kept. A storage that cannot be reached now may be there in a moment: then it is the calls that fail.
 */
export async function openS3BlobStore(options: S3BlobStoreOptions): Promise<BlobStore> {
  const { location, clock, unfinishedAgeMaxMs = UNFINISHED_AGE_MAX_MS } = options;
  const { prefix } = location;
  const client = createS3Client(location, { clock });
  try {
    await checkS3Bucket(client, location);
  } catch (error) {
    client.close();
    throw error;
  }

  async function call(what: string, request: S3Request): Promise<S3TextAnswer> {
    return client.call(request).catch((error: unknown) => {
      throw unanswered(what, error);
    });
  }

  /** What uploads of processes that were killed have left there. */
  async function clean(): Promise<void> {
    const before = clock.nowMs() - unfinishedAgeMaxMs;
    const answer = await call('deleted', { method: 'GET', query: { uploads: '', prefix } });
    for (const upload of elementsOf(answer.text, 'Upload')) {
      const [name, uploadId] = [nameOf(upload, prefix), elementOf(upload, 'UploadId')];
      const isOld = Date.parse(elementOf(upload, 'Initiated') ?? '') < before;
      if (isOld && name !== undefined && uploadId !== undefined) await abortUpload(client, name, uploadId);
    }
  }
  // What fails now is tried again soon, and is in nobody's way until then.
  const cleanIfPossible = () => void clean().catch(() => undefined);
  cleanIfPossible();
  const timer = setInterval(cleanIfPossible, CLEAN_EVERY_MS).unref();

  async function head(name: string): Promise<BlobFacts | undefined> {
    checkBlobName(name);
    const answer = await call('read', { method: 'HEAD', name });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw unexpected('read', answer);
    const { 'content-length': bytes, 'last-modified': at } = answer.headers;
    return { name, bytes: Number(bytes), createdMs: Date.parse(at ?? '') };
  }

  return {
    async put(name, content, options) {
      checkBlobName(name);
      return putInParts(client, name, content, options);
    },

    async get(name, range) {
      checkBlobName(name);
      const headers: Record<string, string> =
        range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` };
      const answer = await client.send({ method: 'GET', name, headers }).catch((error: unknown) => {
        throw unanswered('read', error);
      });
      if (answer.status === 200 || answer.status === 206) return contentOf(answer);
      const text = await textOf(answer.body);
      if (answer.status === 404) return undefined;
      if (answer.status !== 416) throw unexpected('read', { ...answer, text });
      const facts = await head(name);
      return facts && { bytes: facts.bytes, content: Readable.from([]) };
    },

    head,

    async delete(name) {
      checkBlobName(name);
      const answer = await call('deleted', { method: 'DELETE', name });
      if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404) {
        throw unexpected('deleted', answer);
      }
    },

    async list({ key, after = '', limit }) {
      assert(limit >= 1 && limit <= BLOBS_PAGE_MAX, `a page of ${limit} blobs`);
      assert(key === undefined || BLOB_KEY_PATTERN.test(key), 'a key of blobs');
      const page: BlobFacts[] = [];
      // The bucket may have objects that are none of ours, which do not count.
      for (let from = after; ; ) {
        const query = {
          'list-type': '2',
          prefix: key === undefined ? prefix : `${prefix}${key}/`,
          'max-keys': String(limit),
          ...(from === '' ? {} : { 'start-after': `${prefix}${from}` }),
        };
        const answer = await call('read', { method: 'GET', query });
        if (answer.status !== 200) throw unexpected('read', answer);
        const objects = elementsOf(answer.text, 'Contents');
        page.push(...objects.flatMap((object) => factsOf(object, prefix)));
        from = elementOf(objects.at(-1) ?? '', 'Key')?.slice(prefix.length) ?? '';
        const isTruncated = elementOf(answer.text, 'IsTruncated') === 'true' && from !== '';
        if (page.length >= limit || !isTruncated) return page.slice(0, limit);
      }
    },

    async presignPut(name, options) {
      checkBlobName(name);
      return presignS3Put(location, name, { ...options, nowMs: clock.nowMs() });
    },

    async close() {
      clearInterval(timer);
      client.close();
    },
  };
}

function contentOf({ status, headers, body }: S3Answer): BlobContent {
  const whole =
    status === 206 ? /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : headers['content-length'];
  const content = new PassThrough();
  body.once('error', (error) => content.destroy(failure('read', error)));
  content.once('close', () => body.destroy());
  body.pipe(content);
  return { bytes: Number(whole), content };
}

/** Nothing for what is none of ours. */
function factsOf(object: string, prefix: string): BlobFacts[] {
  const name = nameOf(object, prefix);
  const [bytes, at] = [elementOf(object, 'Size'), elementOf(object, 'LastModified')];
  return name === undefined ? [] : [{ name, bytes: Number(bytes), createdMs: Date.parse(at ?? '') }];
}

function nameOf(object: string, prefix: string): string | undefined {
  const name = elementOf(object, 'Key')?.slice(prefix.length) ?? '';
  return isBlobName(name) ? name : undefined;
}
