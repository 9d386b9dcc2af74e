import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { ID_MAX, type Id } from '../../core/ids.ts';
import { createMemoryTimelineStore, type MemoryTimelineStore } from './memory-timeline-store.ts';
import { timelineStoreContract } from './timeline-store.contract.ts';
import { TIMELINE_BUILD_MS, TIMELINE_IDLE_MS } from './timeline-store.ts';

function openStore(timelinesMax: number) {
  const clock = createManualClock();
  const store = createMemoryTimelineStore({ clock, timelinesMax });
  return { store, advance: async (durationMs: number) => clock.skip(durationMs) };
}

timelineStoreContract('memory-timeline-store', async () => openStore(100));

const reader = (n: number): Id => 1_500_000_000_000_000 + n;

describe('the memory of memory-timeline-store', () => {
  it('holds as many timelines as its limit says and never one more', () => {
    const { store } = openStore(10);
    for (let n = 1; n <= 10; n += 1) build(store, n);
    assert.equal(store.timelineCount(), 10);
    build(store, 11);
    assert.equal(store.timelineCount(), 10);
    assert.ok(store.read(reader(11), ID_MAX, 1) !== undefined);
    for (let n = 12; n <= 1_000; n += 1) {
      store.begin(reader(n));
      assert.equal(store.timelineCount(), 10);
    }
  });

  it('forgets who has not read for longest', async () => {
    const { store, advance } = openStore(3);
    for (const n of [1, 2, 3]) {
      build(store, n);
      await advance(1);
    }
    store.read(reader(1), ID_MAX, 1);
    await advance(1);
    build(store, 4);
    assert.deepEqual(cached(store), [1, 3, 4]);
    await advance(1);
    build(store, 5);
    assert.deepEqual(cached(store), [1, 4, 5]);
  });

  it('keeps those who read through a flood of others', async () => {
    const { store, advance } = openStore(100);
    for (let n = 1; n <= 20; n += 1) build(store, n);
    for (let n = 21; n <= 2_000; n += 1) {
      await advance(1);
      build(store, n);
      if (n % 20 === 0) for (let active = 1; active <= 20; active += 1) store.read(reader(active), ID_MAX, 1);
    }
    assert.deepEqual(
      cached(store).slice(0, 20),
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });

  it('works with room for one', () => {
    const { store } = openStore(1);
    const evicted = store.begin(reader(1));
    build(store, 2);
    assert.equal(store.complete(reader(1), evicted, [], 0), false);
    assert.deepEqual(cached(store), [2]);
  });

  it('lets go of what has expired as others come, without a timer', async () => {
    const { store, advance } = openStore(1_000);
    for (let n = 1; n <= 100; n += 1) build(store, n);
    await advance(TIMELINE_IDLE_MS - TIMELINE_BUILD_MS);
    for (let n = 101; n <= 200; n += 1) store.begin(reader(n));
    assert.equal(store.timelineCount(), 200);
    await advance(TIMELINE_BUILD_MS + 1);
    for (let n = 0; n < 200; n += 1) build(store, 1_000);
    assert.equal(store.timelineCount(), 1);
  });
});

function build(store: MemoryTimelineStore, n: number): void {
  assert.ok(store.complete(reader(n), store.begin(reader(n)), [], 0));
}

function cached(store: MemoryTimelineStore): number[] {
  return store
    .cached()
    .map((readerId) => readerId - reader(0))
    .sort((one, other) => one - other);
}
