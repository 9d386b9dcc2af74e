import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LoggedEvent } from './event-log.ts';
import { createRecentEvents, RECENT_EVENTS_MAX } from './recent-events.ts';

function event(topic: string, partition: number, offset: number): LoggedEvent {
  const createdAt = new Date(0);
  return { topic, partition, offset, key: 1, kind: 'made', payload: {}, createdAt, traceparent: undefined };
}

describe('recent events', () => {
  it('answer from an offset on without a gap, or nothing', () => {
    const runs = fc.array(fc.tuple(fc.nat(2), fc.nat(400), fc.integer({ min: 1, max: 200 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        runs,
        fc.nat(2),
        fc.nat(500),
        fc.integer({ min: 1, max: 100 }),
        (added, partition, offset, limit) => {
          const recent = createRecentEvents(() => true);
          const logged = new Set<string>();
          for (const [of, first, count] of added) {
            const run = Array.from({ length: count }, (_, index) => event('posts', of, first + index));
            for (const each of run) logged.add(`${each.partition}/${each.offset}`);
            recent.add(run);
          }
          const found = recent.from('posts', partition, offset, limit);
          assert(found.length <= limit);
          for (const [index, each] of found.entries()) {
            assert.equal(each.partition, partition);
            assert.equal(each.offset, offset + index);
            assert(logged.has(`${partition}/${each.offset}`));
          }
        },
      ),
    );
  });

  it('keep the latest of each partition', () => {
    const recent = createRecentEvents(() => true);
    const count = 10 * RECENT_EVENTS_MAX;
    for (let offset = 0; offset < count; offset += 1) recent.add([event('posts', 3, offset)]);
    const kept = recent.from('posts', 3, count - RECENT_EVENTS_MAX, count);
    assert.equal(kept.length, RECENT_EVENTS_MAX);
    assert.deepEqual(recent.from('posts', 3, 0, count), []);
    assert.deepEqual(recent.from('posts', 2, count - 1, count), []);
  });

  it('keep nothing of a topic with one reader', () => {
    const recent = createRecentEvents((topic) => topic === 'posts');
    recent.add([event('clicks', 0, 0), event('posts', 0, 0)]);
    assert.equal(recent.from('clicks', 0, 0, 1).length, 0);
    assert.equal(recent.from('posts', 0, 0, 1).length, 1);
  });
});
