import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { isKnown, rangeOf } from './byte-range.ts';

const ETAG = '"a"';

function request(headers: Record<string, string>): FastifyRequest {
  // No more of it is asked for.
  return { headers } as unknown as FastifyRequest;
}

describe('Range', () => {
  const read = (range: string, bytes = 100, headers = {}) =>
    rangeOf(request({ range, ...headers }), { bytes, etag: ETAG });

  it('is one range, cut at the end of the content', () => {
    assert.deepEqual(read('bytes=0-0'), { first: 0, last: 0 });
    assert.deepEqual(read('bytes=10-'), { first: 10, last: 99 });
    assert.deepEqual(read('bytes=90-1000'), { first: 90, last: 99 });
    assert.deepEqual(read('bytes=-10'), { first: 90, last: 99 });
    assert.deepEqual(read('bytes=-1000'), { first: 0, last: 99 });
    assert.deepEqual(read('bytes=99-99'), { first: 99, last: 99 });
  });

  it('cannot be satisfied where the content has ended', () => {
    assert.equal(read('bytes=100-'), 'unsatisfiable');
    assert.equal(read('bytes=-0'), 'unsatisfiable');
    assert.equal(read('bytes=0-', 0), 'unsatisfiable');
  });

  it('is ignored when it is several, broken, of other units, or of another content', () => {
    for (const range of ['bytes=0-1,3-4', 'bytes=5-4', 'bytes=-', 'bytes=a-b', 'lines=1-2', '']) {
      assert.equal(read(range), undefined, range);
    }
    assert.equal(read('bytes=0-1', 100, { 'if-range': '"b"' }), undefined);
    assert.deepEqual(read('bytes=0-1', 100, { 'if-range': ETAG }), { first: 0, last: 1 });
    assert.equal(rangeOf(request({}), { bytes: 100, etag: ETAG }), undefined);
  });
});

describe('If-None-Match', () => {
  it('names what the client has, weakly or not, or anything', () => {
    for (const known of [ETAG, `W/${ETAG}`, `"b", ${ETAG}`, '*']) {
      assert.equal(isKnown(request({ 'if-none-match': known }), ETAG), true, known);
    }
    assert.equal(isKnown(request({ 'if-none-match': '"b"' }), ETAG), false);
    assert.equal(isKnown(request({}), ETAG), false);
  });
});
