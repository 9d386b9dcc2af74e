import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  BODY_BYTES_MAX,
  createHttpResponseParser,
  HEAD_BYTES_MAX,
  HttpProtocolError,
  type HttpResponse,
  headerOf,
} from './http-response-parser.ts';

function parse(...chunks: (string | Buffer)[]): HttpResponse[] {
  const parser = createHttpResponseParser();
  return chunks.flatMap((chunk) => parser.push(Buffer.from(chunk)) ?? []);
}

const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

const lengthResponse = body.map((bytes) => ({
  bytes,
  wire: Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]),
}));

const chunkedResponse = fc
  .tuple(fc.array(body.filter((bytes) => bytes.length > 0)), fc.boolean(), fc.boolean())
  .map(([chunks, extension, trailer]) => ({
    bytes: Buffer.concat(chunks),
    wire: Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
      ...chunks.flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)}${extension ? ';name=value' : ''}\r\n`),
        chunk,
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`0\r\n${trailer ? 'Digest: none\r\n' : ''}\r\n`),
    ]),
  }));

describe('createHttpResponseParser', () => {
  it('reads the same answers however the bytes are cut', () => {
    const responses = fc.array(fc.oneof(lengthResponse, chunkedResponse), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(responses, fc.array(fc.nat()), (sent, cuts) => {
        const parser = createHttpResponseParser();
        for (const { wire, bytes } of sent) {
          const at = [0, ...cuts.map((cut) => cut % wire.length), wire.length].sort((a, b) => a - b);
          const read = at.slice(1).flatMap((end, index) => parser.push(wire.subarray(at[index], end)) ?? []);
          equal(read.length, 1);
          deepEqual(read[0]?.body, bytes);
          equal(read[0]?.keepAlive, true);
        }
      }),
    );
  });

  it('answers status and header fields', () => {
    const [response] = parse(
      'HTTP/1.1 429 Too Many Requests\r\nRetry-After:  3 \r\nContent-Length: 2\r\n\r\nno',
    );
    equal(response?.status, 429);
    equal(response && headerOf(response, 'retry-after'), '3');
    equal(response && headerOf(response, 'etag'), undefined);
  });

  it('skips interim answers', () => {
    const [response] = parse(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n',
    );
    equal(response?.status, 201);
  });

  it('expects no body after 204 and 304', () => {
    equal(parse('HTTP/1.1 204 No Content\r\n\r\n').length, 1);
    equal(parse('HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n').length, 1);
  });

  it('reads an answer without a length until the server closes', () => {
    const parser = createHttpResponseParser();
    equal(parser.push(Buffer.from('HTTP/1.0 200 OK\r\n\r\nall of')), undefined);
    equal(parser.push(Buffer.from(' it')), undefined);
    const response = parser.end();
    equal(response?.body.toString(), 'all of it');
    equal(response?.keepAlive, false);
  });

  it('does not complete a cut answer', () => {
    const parser = createHttpResponseParser();
    parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    equal(parser.end(), undefined);
  });

  it('sees whether the connection stays open', () => {
    const closing = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    equal(parse(closing)[0]?.keepAlive, false);
    equal(parse('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n')[0]?.keepAlive, false);
    const kept = 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n';
    equal(parse(kept)[0]?.keepAlive, true);
  });

  it('refuses what is not HTTP/1.1', () => {
    throws(() => parse('SSH-2.0-OpenSSH\r\n\r\n'), HttpProtocolError);
    throws(() => parse('HTTP/1.1 20 OK\r\n\r\n'), HttpProtocolError);
    throws(() => parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'), HttpProtocolError);
    throws(
      () => parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'),
      HttpProtocolError,
    );
    throws(() => parse('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'), HttpProtocolError);
  });

  it('refuses a head or a body over its limit and takes one at it', () => {
    const start = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ';
    const headOf = (length: number) => `${start}${'x'.repeat(length - start.length)}`;
    equal(parse(`${headOf(HEAD_BYTES_MAX)}\r\n\r\n`).length, 1);
    throws(() => parse(`${headOf(HEAD_BYTES_MAX + 1)}\r\n\r\n`), HttpProtocolError);
    throws(() => parse(headOf(HEAD_BYTES_MAX + 1)), HttpProtocolError);
    const bodyOf = (length: number) => [
      `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`,
      Buffer.alloc(length),
    ];
    equal(parse(...bodyOf(BODY_BYTES_MAX)).length, 1);
    throws(() => parse(...bodyOf(BODY_BYTES_MAX + 1)), HttpProtocolError);
  });
});
