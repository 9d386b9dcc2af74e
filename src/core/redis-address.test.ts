import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRedisUrl } from './redis-address.ts';

const NOBODY = { username: undefined, password: undefined };

describe('the address of a Redis', () => {
  it('is of one server, with a database of it', () => {
    assert.deepEqual(parseRedisUrl('redis://cache.example'), {
      cluster: false,
      nodes: [{ host: 'cache.example', port: 6_379 }],
      database: 0,
      tls: false,
      ...NOBODY,
    });
    assert.deepEqual(parseRedisUrl('rediss://me:a%20word@[::1]:7000/12'), {
      cluster: false,
      nodes: [{ host: '::1', port: 7_000 }],
      database: 12,
      tls: true,
      username: 'me',
      password: 'a word',
    });
  });

  it('is of a cluster, by some of its nodes', () => {
    assert.deepEqual(parseRedisUrl('redis-cluster://one:7001?node=two:7002&node=three'), {
      cluster: true,
      nodes: [
        { host: 'one', port: 7_001 },
        { host: 'two', port: 7_002 },
        { host: 'three', port: 6_379 },
      ],
      database: 0,
      tls: false,
      ...NOBODY,
    });
    assert.equal(parseRedisUrl('rediss-cluster://one')?.tls, true);
  });

  it('is refused where it says what nobody would follow', () => {
    for (const text of [
      '',
      'memory:',
      'redis',
      'redis://',
      'http://cache.example',
      'redis://cache.example/name',
      'redis://cache.example/10000',
      'redis://cache.example?node=other',
      'redis://cache.example?timeout=3',
      'redis-cluster://one/1',
      'redis-cluster://one?node=',
      'redis-cluster://one:7001,two:7002',
    ]) {
      assert.equal(parseRedisUrl(text), undefined, text);
    }
  });
});
