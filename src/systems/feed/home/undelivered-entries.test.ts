import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeId, type Id } from '../../../core/ids.ts';
import type { ReaderView } from './reader-views.ts';
import { createUndeliveredEntries, UNDELIVERED_MAX } from './undelivered-entries.ts';

const START_MS = Date.UTC(2024, 0, 1);
const idAt = (index: number): Id => composeId(START_MS + index, 1, 0);
const READER = idAt(1);
const FOLLOWED = idAt(2);
const STRANGER = idAt(3);

const view = {
  readerId: READER,
  follows: (userId: Id) => userId === FOLLOWED,
} as ReaderView;

const created = (authorId: Id, entryId: Id, visibility = 'public') => ({
  topic: 'posts',
  kind: 'created',
  payload: { author_id: String(authorId), post_id: String(entryId), visibility },
});

function setUp() {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined };
  const skip = (ms: number): void => {
    nowMs += ms;
  };
  return { entries: createUndeliveredEntries({ clock }), skip };
}

const LAST = idAt(1_000_000);

describe('undelivered entries', () => {
  it('are those of whom the reader follows, newest first, from when they are heard until the fan-out is done', () => {
    const { entries } = setUp();
    assert.equal(entries.page(view, LAST), undefined);
    entries.hear([
      created(FOLLOWED, idAt(11)),
      created(STRANGER, idAt(12)),
      created(READER, idAt(13)),
      created(FOLLOWED, idAt(14), 'direct'),
    ]);
    assert.deepEqual(entries.page(view, LAST), { entryIds: [idAt(13), idAt(11)], floor: 0 });
    assert.deepEqual(entries.page(view, idAt(13))?.entryIds, [idAt(11)]);
    entries.end([idAt(11), idAt(12)]);
    assert.deepEqual(entries.page(view, LAST)?.entryIds, [idAt(13)]);
  });

  it('are not there when the fan-out was done before they are heard of, once', () => {
    const { entries } = setUp();
    entries.end([idAt(11)]);
    entries.hear([created(FOLLOWED, idAt(11))]);
    assert.equal(entries.page(view, LAST), undefined);
  });

  it('are forgotten in time, and beyond a bound the oldest', () => {
    const { entries, skip } = setUp();
    entries.hear([created(FOLLOWED, idAt(11))]);
    skip(30_000);
    entries.hear([]);
    assert.equal(entries.page(view, LAST), undefined);
    const all = Array.from({ length: UNDELIVERED_MAX + 1 }, (_, index) => idAt(100 + index));
    entries.hear(all.map((entryId) => created(FOLLOWED, entryId)));
    entries.hear([]);
    assert.equal(entries.page(view, LAST)?.entryIds.length, UNDELIVERED_MAX);
    assert.equal(entries.page(view, LAST)?.entryIds.at(-1), idAt(101));
  });
});
