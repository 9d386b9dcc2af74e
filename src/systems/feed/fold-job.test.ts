import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldJob } from './fold-job.ts';

describe('foldJob', () => {
  it('folds again at once at the limit, soon while much is written, and else seldom', async () => {
    let moved = 0;
    const job = foldJob('fold-counts', async () => moved, 5_000);
    const after = async (deltas: number) => {
      moved = deltas;
      return [await job.run(), job.everyMs];
    };
    assert.equal(job.everyMs, 2_000);
    assert.deepEqual(await after(99), ['done', 2_000]);
    assert.deepEqual(await after(100), ['done', 250]);
    assert.deepEqual(await after(4_999), ['done', 250]);
    assert.deepEqual(await after(5_000), ['more', 250]);
    assert.deepEqual(await after(0), ['done', 2_000]);
  });

  it('is not busy when it fails', async () => {
    let fails = false;
    const fold = async () => {
      if (fails) throw new Error('the database is away');
      return 1_000;
    };
    const job = foldJob('fold-counts', fold, 5_000);
    await job.run();
    fails = true;
    await assert.rejects(job.run());
    assert.equal(job.everyMs, 2_000);
  });
});
