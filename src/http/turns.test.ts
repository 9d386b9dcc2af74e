import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { systemClock } from '../core/clock.ts';
import { createTurns, REQUESTS_PER_TURN } from './turns.ts';

describe('turns', () => {
  it('begin at once what is within the share of a turn, and the rest in the turns that follow, in order', async () => {
    const turns = createTurns(systemClock);
    const begun: number[] = [];
    const count = 2 * REQUESTS_PER_TURN + 1;
    for (let n = 0; n < count; n += 1) turns.enter(() => begun.push(n));
    assert.equal(begun.length, REQUESTS_PER_TURN);
    assert.equal(turns.waiting(), count - REQUESTS_PER_TURN);
    await nextTurn();
    assert.equal(begun.length, 2 * REQUESTS_PER_TURN);
    await nextTurn();
    assert.deepEqual(
      begun,
      Array.from({ length: count }, (_, n) => n),
    );
    assert.equal(turns.waiting(), 0);
  });

  it('give a newcomer what those who waited have left of a turn, and never a place before them', async () => {
    const turns = createTurns(systemClock);
    const begun: string[] = [];
    for (let n = 0; n <= REQUESTS_PER_TURN; n += 1) turns.enter(() => begun.push('early'));
    turns.enter(() => begun.push('late'));
    assert(!begun.includes('late'));
    await nextTurn();
    assert.equal(begun.at(-1), 'late');
    turns.enter(() => begun.push('later'));
    assert.equal(begun.at(-1), 'later');
  });

  it('say how long each has waited, which is nothing for those that begin at once', async () => {
    const clock = createManualClock();
    const turns = createTurns(clock);
    const waits: number[] = [];
    for (let n = 0; n <= REQUESTS_PER_TURN; n += 1) turns.enter((waitedMs) => waits.push(waitedMs));
    clock.skip(250);
    await nextTurn();
    assert.deepEqual(waits, [...new Array(REQUESTS_PER_TURN).fill(0), 250]);
  });

  it('take a full share again after a quiet while', async () => {
    const turns = createTurns(systemClock);
    for (let round = 0; round < 3; round += 1) {
      let begun = 0;
      for (let n = 0; n < REQUESTS_PER_TURN; n += 1) {
        turns.enter(() => {
          begun += 1;
        });
      }
      assert.equal(begun, REQUESTS_PER_TURN);
      await nextTurn();
    }
  });
});
