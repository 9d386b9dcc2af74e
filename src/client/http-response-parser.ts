/** Reads HTTP/1.1 answers (RFC 9112) off a connection on which one request is outstanding at a time. */

export interface HttpResponse {
  readonly status: number;
  /** Status line and header fields as they came, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
  /** Whether the server leaves the connection open for a next request. */
  readonly keepAlive: boolean;
}

export interface HttpResponseParser {
  /** Takes the next bytes, cut anywhere. Answers the response that they complete. Throws on malformed ones. */
  push(chunk: Buffer): HttpResponse | undefined;
  /** The server has closed: this completes an answer without a length, and cuts any other. */
  end(): HttpResponse | undefined;
}

export const HEAD_BYTES_MAX = 64 * 1024;
export const BODY_BYTES_MAX = 64 * 1024 * 1024;
const CHUNK_LINE_BYTES_MAX = 1024;

const EMPTY = Buffer.alloc(0);
const LINE_END = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: |\r|$)/;
const CONTENT_LENGTH = /\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*(?:\r|$)/i;
const CHUNKED = /\r\ntransfer-encoding:[^\r]*\bchunked[ \t]*(?:\r|$)/i;
const CLOSES = /\r\nconnection:[^\r]*\bclose\b/i;
const KEEPS_ALIVE = /\r\nconnection:[^\r]*\bkeep-alive\b/i;
const CHUNK_SIZE = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i;

type Step = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers';

/** What cannot be HTTP, or is larger than the limits here. */
export class HttpProtocolError extends Error {
  override readonly name = 'HttpProtocolError';
}

export function createHttpResponseParser(): HttpResponseParser {
  let pending: Buffer = EMPTY;
  let step: Step = 'head';
  let remaining = 0;
  let head = '';
  let status = 0;
  let bodyLength = 0;
  let parts: Buffer[] = [];

  function complete(): HttpResponse {
    const [only] = parts;
    const body = only !== undefined && parts.length === 1 ? only : Buffer.concat(parts, bodyLength);
    const response = { status, head, body, keepAlive: step !== 'until-close' && keepsAlive(head) };
    [step, parts, bodyLength] = ['head', [], 0];
    return response;
  }

  function takeBody(): void {
    const part = pending.subarray(0, remaining);
    if (part.length === 0) return;
    pending = pending.subarray(part.length);
    remaining -= part.length;
    bodyLength += part.length;
    if (bodyLength > BODY_BYTES_MAX) throw new HttpProtocolError(`a body of over ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }

  /** The text before `mark`, which is taken along; undefined if it is not all there. */
  function takeUntil(mark: Buffer, bytesMax: number): string | undefined {
    const end = pending.indexOf(mark);
    if (end > bytesMax || (end === -1 && pending.length > bytesMax)) {
      throw new HttpProtocolError(`over ${bytesMax} bytes where ${step} should end`);
    }
    if (end === -1) return undefined;
    const text = pending.toString('latin1', 0, end);
    pending = pending.subarray(end + mark.length);
    return text;
  }

  function startBody(): void {
    if (status < 200 && status !== 101) return; // An interim answer; the real one follows.
    if (CHUNKED.test(head)) {
      step = 'chunk-size';
      return;
    }
    const length = CONTENT_LENGTH.exec(head)?.[1];
    const bodiless = status === 204 || status === 304;
    step = length === undefined && !bodiless ? 'until-close' : 'length';
    remaining = bodiless ? 0 : length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  }

  /** Does one step of the grammar. Answers a response, `more` bytes wanted, or `on` to go on. */
  function advance(): HttpResponse | 'more' | 'on' {
    switch (step) {
      case 'head': {
        const text = takeUntil(HEAD_END, HEAD_BYTES_MAX);
        if (text === undefined) return 'more';
        [head, status] = [text, readStatus(text)];
        startBody();
        return 'on';
      }
      case 'length':
        takeBody();
        return remaining === 0 ? complete() : 'more';
      case 'until-close':
        takeBody();
        return 'more';
      case 'chunk-size': {
        const line = takeUntil(LINE_END, CHUNK_LINE_BYTES_MAX);
        if (line === undefined) return 'more';
        remaining = readChunkSize(line);
        step = remaining === 0 ? 'trailers' : 'chunk';
        return 'on';
      }
      case 'chunk':
        takeBody();
        if (remaining > 0) return 'more';
        step = 'chunk-end';
        return 'on';
      case 'chunk-end': {
        const line = takeUntil(LINE_END, CHUNK_LINE_BYTES_MAX);
        if (line === undefined) return 'more';
        if (line !== '') throw new HttpProtocolError('a chunk is longer than its size');
        step = 'chunk-size';
        return 'on';
      }
      case 'trailers': {
        const line = takeUntil(LINE_END, HEAD_BYTES_MAX);
        if (line === undefined) return 'more';
        return line === '' ? complete() : 'on';
      }
    }
  }

  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        if (step === 'head' && pending.length === 0) return undefined;
        const result = advance();
        if (result === 'more') return undefined;
        if (result === 'on') continue;
        if (pending.length > 0) throw new HttpProtocolError('bytes after the answer');
        return result;
      }
    },
    end: () => (step === 'until-close' ? complete() : undefined),
  };
}

function readStatus(head: string): number {
  const status = STATUS_LINE.exec(head)?.[1];
  if (status === undefined) throw new HttpProtocolError('no HTTP/1.1 status line');
  return Number(status);
}

function readChunkSize(line: string): number {
  const size = CHUNK_SIZE.exec(line)?.[1];
  if (size === undefined) throw new HttpProtocolError('no chunk size where one should be');
  return Number.parseInt(size, 16);
}

function keepsAlive(head: string): boolean {
  if (head.startsWith('HTTP/1.0')) return KEEPS_ALIVE.test(head);
  return !CLOSES.test(head);
}

/** The value of a header field, or undefined. */
export function headerOf(response: HttpResponse, name: string): string | undefined {
  const wanted = `${name.toLowerCase()}:`;
  const line = response.head.split('\r\n').find((field) => field.toLowerCase().startsWith(wanted));
  return line?.slice(wanted.length).trim();
}
