import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { createHealth } from './health.ts';

/** A clock on which every sleep of `durationMs` or less is over in the next turn of the loop. */
function impatientClock(durationMs: number): Clock {
  return {
    ...systemClock,
    sleep: async (askedMs, signal) => {
      await nextTurn();
      if (askedMs > durationMs) await systemClock.sleep(askedMs, signal);
    },
  };
}

describe('health', () => {
  it('is ready when every part is up, and says so of each', async () => {
    const health = createHealth(systemClock);
    health.addCheck('sql-store', async () => undefined);
    health.addCheck('event-log', async () => undefined);
    const report = await health.ready();
    assert.equal(report.status, 'ready');
    assert.deepEqual(Object.keys(report.checks), ['sql-store', 'event-log']);
    assert.equal(report.checks['sql-store']?.status, 'up');
  });

  it('is not ready but alive when a part is down, and shows only messages made to be shown', async () => {
    const health = createHealth(systemClock);
    health.addCheck('sql-store', async () => {
      throw new AppError('unavailable', 'The database is starting.');
    });
    health.addCheck('disk', () => {
      throw new Error('/srv/secret-path is full');
    });
    const report = await health.ready();
    assert.equal(report.status, 'not_ready');
    assert.equal(report.checks['sql-store']?.message, 'The database is starting.');
    assert.ok(!JSON.stringify(report).includes('secret-path'));
    assert.deepEqual(health.live(), { status: 'live' });
  });

  it('is ready while a part is down that it can serve without, and shows it', async () => {
    const health = createHealth(systemClock);
    health.addCheck('sql-store', async () => undefined);
    const full = () => Promise.reject(new AppError('unavailable', 'The disk is full.'));
    health.addCheck('disk', full, { optional: true });
    const { status, checks } = await health.ready();
    assert.equal(status, 'ready');
    assert.equal(checks['disk']?.status, 'down');
    assert.equal(checks['disk']?.message, 'The disk is full.');
  });

  it('is limited without a part that it had, where it can answer something all the same', async () => {
    const health = createHealth(systemClock);
    let isThere = false;
    const find = async () => {
      if (!isThere) throw new AppError('unavailable', 'The database is away.');
    };
    health.addCheck('sql-store', find, { limits: true });
    const statusOf = async () => (await health.ready()).status;
    assert.equal(await statusOf(), 'not_ready', 'it never had it');
    isThere = true;
    assert.equal(await statusOf(), 'ready');
    isThere = false;
    assert.equal(await statusOf(), 'limited');
    let hasKey = false;
    health.addCheck('key', async () => assert.ok(hasKey));
    assert.equal(await statusOf(), 'not_ready', 'it lacks what it can do nothing without');
    hasKey = true;
    assert.equal(await statusOf(), 'limited');
    health.drain();
    assert.equal(await statusOf(), 'draining');
  });

  it('reports a part that hangs as down after its time-out, without starting its check again', async () => {
    const health = createHealth(impatientClock(50));
    let started = 0;
    let release = () => {};
    const check = () => {
      started += 1;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    health.addCheck('sql-store', check, { timeoutMs: 50 });
    const [first, second] = await Promise.all([health.ready(), health.ready()]);
    assert.match(first.checks['sql-store']?.message ?? '', /within 50 ms/);
    assert.equal(second.status, 'not_ready');
    assert.equal((await health.ready()).status, 'not_ready');
    assert.equal(started, 1);
    release();
    await nextTurn();
    await health.ready();
    assert.equal(started, 2);
    release();
  });

  it('is draining from drain on, whatever its parts say', async () => {
    const health = createHealth(systemClock);
    health.addCheck('sql-store', async () => undefined);
    health.drain();
    const report = await health.ready();
    assert.equal(report.status, 'draining');
    assert.equal(report.checks['sql-store']?.status, 'up');
    assert.deepEqual(health.live(), { status: 'live' });
  });

  it('refuses two checks of one name', () => {
    const health = createHealth(systemClock);
    health.addCheck('sql-store', async () => undefined);
    assert.throws(() => health.addCheck('sql-store', async () => undefined));
  });
});
