import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ID_MAX } from '../../core/ids.ts';
import { createWindowWalk, windowLexemes } from './postgres-post-windows.ts';

describe('windows of posts', () => {
  it('leave no post out and have none twice, from the newest to the first', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.maxSafeNat(),
        fc.uniqueArray(fc.maxSafeNat(), { maxLength: 50 }),
        (before, span, postIds) => {
          const seen = new Map<number, number>();
          const walk = createWindowWalk(before, span, () => 0);
          for (let window = walk.next(); window !== undefined; window = walk.next()) {
            const { lexeme, start } = window;
            for (const postId of postIds.filter((id) => id < walk.below() && id >= start)) {
              if (lexeme === undefined || windowLexemes(postId).includes(lexeme)) {
                seen.set(postId, (seen.get(postId) ?? 0) + 1);
              }
            }
            walk.pass(window);
          }
          for (const postId of postIds) assert.equal(seen.get(postId) ?? 0, postId < before ? 1 : 0);
        },
      ),
    );
  });

  it('grow only while they are quick, and end in time', () => {
    let nowMs = 0;
    const walk = createWindowWalk(ID_MAX, 0, () => nowMs);
    const sizes: number[] = [];
    for (let window = walk.next(); window !== undefined; window = walk.next()) {
      const below = walk.below();
      nowMs += sizes.length < 2 ? 1 : 100;
      walk.pass(window);
      sizes.push(below - walk.below());
    }
    assert.equal(sizes.length, 5);
    assert.ok(walk.below() > 0);
  });
});
