import assert from 'node:assert/strict';
import { it } from 'node:test';
import { idTimeMs } from '../core/ids.ts';
import { seededPost, seededUser } from './seeded-content.ts';

const DAY_MS = 86_400_000;

it('makes the same posts at every run, or as many that end when it is told', () => {
  const author = seededUser('1', 'person_');
  const untilMs = Date.UTC(2027, 4, 5, 6, 7, 8);
  for (let index = 0; index < 100; index += 1) {
    const [fixed, told] = [seededPost(author, index), seededPost(author, index, untilMs)];
    assert.deepEqual(fixed, seededPost(author, index));
    assert.equal(told.text, fixed.text);
    const ageMs = untilMs - idTimeMs(told.postId);
    assert.ok(ageMs > 0 && ageMs <= 600 * DAY_MS);
  }
});
