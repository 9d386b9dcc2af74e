import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createReaders } from './readers.ts';

const ALICE = 1_500_000_000_000_001;
const BOB = 1_500_000_000_000_002;

it('readers are there when all has been heard that was committed before their relations were loaded', async () => {
  const loaded = { followeeIds: [ALICE], mutedIds: [], blockedIds: [], blockedByIds: [] };
  const readers = createReaders({
    load: async () => loaded,
    // Both are in what was loaded; after the first alone, Bob would miss what Alice wrote meanwhile.
    async catchUp() {
      for (const change of ['muted', 'unmuted'] as const) {
        readers.hear({ kind: 'relationship', userId: BOB, otherId: ALICE, change });
        assert.equal(readers.get(BOB), undefined, `after ${change}`);
      }
    },
  });
  const bob = await readers.join(BOB);
  assert.equal(bob.relations.hears(ALICE), true);
  readers.hear({ kind: 'relationship', userId: BOB, otherId: ALICE, change: 'muted' });
  assert.equal(bob.relations.hears(ALICE), false);
});
