import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isReached, newOffsets } from './cursor.ts';
import { createRecentEvents, type PlacedEvent } from './recent-events.ts';

describe('createRecentEvents', () => {
  it('answers all that came after a place, or nothing where that is not kept', () => {
    const place = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(
        fc.array(place, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat({ max: 20 }), { minLength: 4, maxLength: 4 }),
        (places, eventsMax, since) => {
          const recent = createRecentEvents(eventsMax);
          const at = newOffsets();
          recent.startAt(at);
          const all: PlacedEvent[] = [];
          for (const each of places) {
            const placed = { place: each, offset: at[each] ?? 0, createdMs: 0, event: undefined };
            at[each] = placed.offset + 1;
            all.push(placed);
            recent.add(placed);
          }
          const cursor = newOffsets();
          for (const [index, offset] of since.entries()) cursor[index] = offset;
          const floor = newOffsets();
          for (const { place: each, offset } of all.slice(0, Math.max(0, all.length - eventsMax))) {
            floor[each] = offset + 1;
          }
          const due = all.filter((placed) => placed.offset >= (cursor[placed.place] ?? 0));
          assert.deepEqual(recent.since(cursor), isReached(floor, cursor) ? due : undefined);
        },
      ),
    );
  });

  it('knows nothing before it has started', () => {
    assert.equal(createRecentEvents().since(newOffsets()), undefined);
  });
});
