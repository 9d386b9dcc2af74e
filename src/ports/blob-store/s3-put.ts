/**
 * Putting a blob into an S3 storage as it arrives. The storage must know the length of what it is sent, so the content goes in
 * parts of a fixed size, each held in memory until it is full: a small blob as one request, a larger one as a multipart
 * upload, of which nothing is to be seen before it is complete.
 */
import { createHash, type Hash } from 'node:crypto';
import { failure, nameTaken, tooLarge } from './blob-failures.ts';
import type { PutOptions, StoredBlob } from './blob-store.ts';
import { elementOf, unanswered, unexpected } from './s3-answers.ts';
import { bytesOf, type S3Client, type S3TextAnswer } from './s3-client.ts';

/** The smallest that S3 takes for a part that is not the last. */
export const PART_BYTES = 5 * 1_048_576;
/** For what S3 asks to be tried again: when others are at the same name, it is busy, or something in it went wrong. */
const PUT_TRIES_MAX = 3;
const AGAIN_STATUSES: readonly number[] = [409, 500, 503];
const PAUSE_MS = 50;
/**
 * Above it, it is asked first whether a name is taken: some storages refuse it without reading what is sent, and close the
 * connection, of which the client may hear nothing else.
 */
const ASK_FIRST_BYTES = 65_536;

/** Only if there is nothing under the name: of several at the same time one wins. */
const IF_ABSENT = { 'if-none-match': '*' };
const TYPE = { 'content-type': 'application/octet-stream' };

export async function putInParts(
  client: S3Client,
  name: string,
  content: AsyncIterable<Buffer>,
  options: PutOptions,
): Promise<StoredBlob> {
  const { signal } = options;
  const hash = createHash('sha256');
  const measured = measuredContent(content, hash, options);
  let uploadId: string | undefined;
  const tags: string[] = [];
  try {
    for await (const { pieces, isLast } of partsOf(measured)) {
      if (isLast && uploadId === undefined) {
        await putWhole(client, name, pieces, signal);
        break;
      }
      uploadId ??= await begin(client, name, signal);
      tags.push(await putPart(client, { name, uploadId, number: tags.length + 1, pieces, signal }));
      if (isLast) await complete(client, { name, uploadId, tags, signal });
    }
  } catch (error) {
    if (uploadId !== undefined) await abortUpload(client, name, uploadId).catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  }
  return { bytes: measured.bytes(), sha256: hash.digest('hex') };
}

/** Removes all parts of a multipart upload that was not completed. */
export async function abortUpload(client: S3Client, name: string, uploadId: string): Promise<void> {
  const answer = await client.call({ method: 'DELETE', name, query: { uploadId } });
  if (answer.status !== 204 && answer.status !== 404) throw unexpected('deleted', answer);
}

interface MeasuredContent extends AsyncIterable<Buffer> {
  bytes(): number;
}

/** The same content, counted and hashed; it fails beyond the limit, and when the caller gives up. */
function measuredContent(
  content: AsyncIterable<Buffer>,
  hash: Hash,
  { bytesMax, signal }: PutOptions,
): MeasuredContent {
  let bytes = 0;
  async function* measuring(): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      hash.update(chunk);
      yield chunk;
    }
    signal?.throwIfAborted();
  }
  return Object.assign(measuring(), { bytes: () => bytes });
}

interface Part {
  readonly pieces: readonly Buffer[];
  readonly isLast: boolean;
}

/** Each of PART_BYTES but for the last. A part is given out once something follows it, so that the last is known as such. */
async function* partsOf(content: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  let pieces: Buffer[] = [];
  let room = PART_BYTES;
  for await (const chunk of content) {
    let left = chunk;
    while (left.length > room) {
      yield { pieces: [...pieces, left.subarray(0, room)], isLast: false };
      left = left.subarray(room);
      pieces = [];
      room = PART_BYTES;
    }
    pieces.push(left);
    room -= left.length;
  }
  yield { pieces, isLast: true };
}

async function putWhole(
  client: S3Client,
  name: string,
  body: readonly Buffer[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const request = { method: 'PUT', name, body, sha256: sha256Of(body), signal } as const;
  let wasRepeated = false;
  if (bytesOf(body) > ASK_FIRST_BYTES) await refuseTaken(client, name, signal);
  for (let tries = 1; ; tries += 1) {
    const answer = await stored(client.call({ ...request, headers: { ...TYPE, ...IF_ABSENT } }));
    if (answer.status === 200) return;
    wasRepeated ||= answer.wasRepeated || answer.status === 500;
    if (tries === PUT_TRIES_MAX || !AGAIN_STATUSES.includes(answer.status)) {
      throw refused({ ...answer, wasRepeated });
    }
    await client.pause(PAUSE_MS * tries);
  }
}

async function refuseTaken(client: S3Client, name: string, signal: AbortSignal | undefined): Promise<void> {
  const answer = await stored(client.call({ method: 'HEAD', name, signal }));
  if (answer.status === 200) throw nameTaken();
}

async function begin(client: S3Client, name: string, signal: AbortSignal | undefined): Promise<string> {
  const request = { method: 'POST', name, query: { uploads: '' }, headers: TYPE, signal } as const;
  const answer = await stored(client.call(request));
  const uploadId = elementOf(answer.text, 'UploadId');
  if (answer.status !== 200 || uploadId === undefined) throw unexpected('stored', answer);
  return uploadId;
}

interface PartUpload {
  readonly name: string;
  readonly uploadId: string;
  readonly number: number;
  readonly pieces: readonly Buffer[];
  readonly signal: AbortSignal | undefined;
}

/** The tag that stands for it when the upload is completed. */
async function putPart(
  client: S3Client,
  { name, uploadId, number, pieces, signal }: PartUpload,
): Promise<string> {
  const query = { partNumber: String(number), uploadId };
  const request = { method: 'PUT', name, query, body: pieces, sha256: sha256Of(pieces), signal } as const;
  const answer = await stored(client.call(request));
  const { etag } = answer.headers;
  if (answer.status !== 200 || etag === undefined) throw unexpected('stored', answer);
  return etag;
}

async function complete(
  client: S3Client,
  upload: {
    readonly name: string;
    readonly uploadId: string;
    readonly tags: readonly string[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { name, uploadId, tags, signal } = upload;
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
  );
  const body = [Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)];
  const headers = { 'content-type': 'application/xml', ...IF_ABSENT };
  const query = { uploadId };
  const request = { method: 'POST', name, query, headers, body, sha256: sha256Of(body), signal } as const;
  const answer = await stored(client.call(request));
  // A failure may come after the status has been sent.
  if (answer.status !== 200 || elementOf(answer.text, 'Code') !== undefined) throw refused(answer);
}

function refused(answer: S3TextAnswer): Error {
  if (answer.status !== 412 && answer.status !== 409) return unexpected('stored', answer);
  const cause = unexpected('stored', answer).cause;
  // What is there may be what the first of the two requests has put.
  return answer.wasRepeated ? failure('stored', cause, 'unknown') : nameTaken(cause);
}

function stored(answer: Promise<S3TextAnswer>): Promise<S3TextAnswer> {
  return answer.catch((error: unknown) => {
    throw unanswered('stored', error);
  });
}

function sha256Of(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
