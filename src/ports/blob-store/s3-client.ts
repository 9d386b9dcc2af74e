/**
 * Requests to an object storage that speaks S3: signed, over kept connections, each with a limit for how long nothing may
 * come. Signing is aws4fetch's; sending is ours, because `fetch` offers neither limits for a connection nor plain streams.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { AwsV4Signer } from 'aws4fetch';
import type { S3Location } from '../../config/s3-location.ts';
import type { Clock } from '../../core/clock.ts';
import { textOf } from './s3-answers.ts';
import { amzDate } from './s3-presign.ts';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** In the bucket, below the folder of the location; absent: the bucket itself. */
  readonly name?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** In pieces, so that nobody has to copy them into one. */
  readonly body?: readonly Buffer[];
  /** Of the body, in hexadecimal: the storage compares it with what arrives. */
  readonly sha256?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or destroyed. */
  readonly body: IncomingMessage;
  /** The request was sent twice, because the connection of the first broke before an answer: it may have had its effect. */
  readonly wasRepeated: boolean;
}

export interface S3TextAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly wasRepeated: boolean;
}

export interface S3Client {
  send(request: S3Request): Promise<S3Answer>;
  /** For short answers, which are read whole. */
  call(request: S3Request): Promise<S3TextAnswer>;
  /** Before a request is made again. */
  pause(durationMs: number): Promise<void>;
  close(): void;
}

/** Shorter than the time that a try of the port has, so that what hangs is known as what it is. */
const ANSWER_MS = 8_000;
/** While content is read: as long as whoever it is sent to may pause. */
const CONTENT_PAUSE_MS = 60_000;
/** Storages close connections that are idle for longer. */
const IDLE_MS = 4_000;
const CONNECTIONS_MAX = 128;
/** Of nothing. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function createS3Client(location: S3Location, { clock }: { readonly clock: Clock }): S3Client {
  const { endpoint, bucket, prefix, region, accessKeyId, secretAccessKey } = location;
  const { Agent, request: open } = endpoint.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_MS });
  /** Of signing keys, which change every day. */
  const cache = new Map<string, ArrayBuffer>();

  async function signed(request: S3Request): Promise<{ url: URL; headers: Record<string, string> }> {
    const url = new URL(
      `${endpoint}/${bucket}${request.name === undefined ? '' : `/${prefix}${request.name}`}`,
    );
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const signer = new AwsV4Signer({
      method: request.method,
      url: url.href,
      headers: { ...request.headers, 'x-amz-content-sha256': request.sha256 ?? EMPTY_SHA256 },
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region,
      cache,
      datetime: amzDate(clock.nowMs()),
    });
    return { url, headers: Object.fromEntries((await signer.sign()).headers) };
  }

  async function sendOnce(request: S3Request): Promise<IncomingMessage> {
    const { url, headers } = await signed(request);
    const { method, body, signal } = request;
    const length = body === undefined ? {} : { 'content-length': bytesOf(body) };
    return new Promise((resolve, reject) => {
      const sent = open(url, {
        method,
        headers: { ...headers, ...length },
        agent,
        ...(signal && { signal }),
      });
      sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error('the storage was silent for too long')));
      let wasSent = false;
      sent.once('finish', () => {
        wasSent = true;
      });
      sent.once('error', (error) => reject(Object.assign(error, { wasReused: sent.reusedSocket, wasSent })));
      sent.once('response', (answer) => {
        answer.setTimeout(CONTENT_PAUSE_MS);
        resolve(answer);
      });
      for (const piece of body ?? []) sent.write(piece);
      sent.end();
    });
  }

  /** A connection that was kept may be closed by the other side just when it is used again: that is no failure. */
  async function send(request: S3Request): Promise<S3Answer> {
    let wasRepeated = false;
    const body = await sendOnce(request).catch((error: unknown) => {
      if (!wasClosedWhileIdle(error)) throw error;
      wasRepeated = true;
      return sendOnce(request);
    });
    return { status: body.statusCode ?? 0, headers: body.headers, body, wasRepeated };
  }

  return {
    send,
    async call(request) {
      const { status, headers, body, wasRepeated } = await send(request);
      return { status, headers, text: await textOf(body), wasRepeated };
    },
    pause: (durationMs) => clock.sleep(durationMs),
    close: () => agent.destroy(),
  };
}

export function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function wasClosedWhileIdle(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('wasReused' in error)) return false;
  return error.wasReused === true && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
