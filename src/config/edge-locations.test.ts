import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEdgeUrl } from './edge-locations.ts';

const SECRET = 'abcdefghij-_0123';

describe('parseEdgeUrl', () => {
  it('takes an address with a secret', () => {
    assert.deepEqual(parseEdgeUrl(`http://:${SECRET}@edge.example:8080`), {
      origin: 'http://edge.example:8080',
      secret: SECRET,
    });
    assert.equal(parseEdgeUrl(`https://:${SECRET}@edge.example/`)?.origin, 'https://edge.example');
  });

  it('refuses a secret that is short or could not stand in a configuration, and what is no address', () => {
    for (const text of [
      '',
      'edge.example',
      'http://edge.example',
      `http://:${SECRET.slice(1)}@edge.example`,
      `http://:${SECRET}%3B@edge.example`,
      `http://:${SECRET}${'x'.repeat(128)}@edge.example`,
      `http://user:${SECRET}@edge.example`,
      `http://:${SECRET}@edge.example/path`,
      `http://:${SECRET}@edge.example?query`,
      `ftp://:${SECRET}@edge.example`,
    ]) {
      assert.equal(parseEdgeUrl(text), undefined, text);
    }
  });
});
