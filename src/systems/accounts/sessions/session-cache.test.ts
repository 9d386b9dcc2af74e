import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSessionCache, UNKNOWN_CACHED_MAX } from './session-cache.ts';

const session = (userId: number) => ({
  principal: { userId, sessionId: userId, role: 'user', tier: 'standard' } as const,
  loadedMs: 0,
  staleMs: 1,
  noteUseFromMs: 0,
});

describe('the cache of sessions', () => {
  it('forgets the one that was set first when it is full', () => {
    const cache = createSessionCache(2);
    cache.set('a', session(1));
    cache.set('b', session(2));
    cache.set('a', session(1));
    cache.set('c', session(3));
    assert.equal(cache.size(), 2);
    assert.equal(cache.get('b'), undefined);
    assert.notEqual(cache.get('a'), undefined);
  });

  it('forgets all sessions of a user, and nobody else', () => {
    const cache = createSessionCache();
    for (const token of ['a', 'b', 'c']) cache.set(token, session(1));
    cache.set('d', session(2));
    cache.forgetUser(1);
    cache.forgetUser(7);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((token) => cache.get(token)?.principal.userId),
      [undefined, undefined, undefined, 2],
    );
  });

  it('keeps garbage apart, so that it drives no session out', () => {
    const cache = createSessionCache(2);
    cache.set('a', session(1));
    for (let count = 0; count <= UNKNOWN_CACHED_MAX; count += 1) cache.setUnknown(`garbage ${count}`, 10);
    assert.equal(cache.size(), 1);
    assert.equal(cache.isUnknown('garbage 0', 9), false);
    assert.equal(cache.isUnknown('garbage 1', 9), true);
    assert.equal(cache.isUnknown('garbage 1', 10), false);
  });
});
