import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../core/clock.ts';
import { createMemoryTimelineStore } from '../../../ports/timeline-store/memory-timeline-store.ts';
import { createDeliveryFence } from './delivery-fence.ts';

describe('the fence round deliveries', () => {
  it('lets them through as long as this process is the keeper', async () => {
    const timelineStore = createMemoryTimelineStore({ clock: systemClock, timelinesMax: 10 });
    let elsewhere = false;
    const { store, isOpen, openWhile } = createDeliveryFence({
      timelineStore,
      timelineEpoch: { isElsewhere: () => elsewhere },
    });
    const generation = await timelineStore.begin(1);
    await timelineStore.complete(1, generation, [], 0);
    const deliver = (entryId: number) => store.deliver([{ entryId, readerIds: [1] }], generation);

    assert.equal(await deliver(7), 1);
    let isKeeper = true;
    openWhile(() => isKeeper);
    assert.equal(await deliver(8), 1);
    assert.equal(await store.generation(), generation);

    elsewhere = true;
    assert.throws(() => deliver(9), { code: 'unavailable' });
    elsewhere = false;

    isKeeper = false;
    assert.equal(isOpen(), false);
    // The event log tries again what was not possible, and gives up nothing for it.
    assert.throws(() => deliver(9), { code: 'unavailable' });
    assert.throws(() => store.generation(), { code: 'unavailable' });
    assert.deepEqual((await timelineStore.read(1, 10, 10))?.entryIds, [8, 7]);
  });
});
