import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kindOf } from './driver-lines.ts';
import { createKindGroups, KINDS_MAX, OTHERS } from './kind-groups.ts';

it('kinds have groups of their own, as many as there is room for, and share one beyond', () => {
  const groups = createKindGroups();
  const kinds = Array.from({ length: KINDS_MAX + 2 }, (_, n) =>
    kindOf({ driverId: 1, state: n % 3, types: n + 1, rating: undefined }),
  );
  const given = kinds.map(groups.groupOf);
  assert.deepEqual(kinds.map(groups.groupOf), given);
  assert.equal(new Set(given.slice(0, KINDS_MAX)).size, KINDS_MAX);
  assert.deepEqual(given.slice(KINDS_MAX), [OTHERS, OTHERS]);
  const types = 0b100;
  const wanted = groups.wanted(0b010, types);
  for (const [n, group] of given.entries()) {
    const isWanted = n % 3 === 1 && ((n + 1) & types) !== 0;
    assert.equal(wanted.includes(group), isWanted || group === OTHERS, `kind ${n}`);
  }
  assert.deepEqual(createKindGroups().wanted(-1, -1), []);
});
