import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BatchedClick } from '../clicks/click-batch.ts';
import { createClickTally, spansOf } from './click-tally.ts';

const LINK = 7;
const click = (visitor: number, atMs = 0): BatchedClick => ({
  ...{ linkId: LINK, atMs, clickClass: 'human', visitor },
  values: Array(6).fill('unknown'),
});

describe('counted clicks', () => {
  it('have no visitor where somebody asks not to be followed, and count all the same', () => {
    const tally = createClickTally();
    for (const visitor of [0, 0, 65, 65, 130]) tally.add(click(visitor));
    const link = tally.links.get(LINK);
    assert.ok(link !== undefined);
    const seen = spansOf(link).map(({ grain, humans, visitors }) => [grain, humans, visitors.estimate()]);
    assert.deepEqual(seen, [
      ['minute', 5, 2],
      ['hour', 5, 2],
      ['day', 5, 2],
    ]);
  });
});
