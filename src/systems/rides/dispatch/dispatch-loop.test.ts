import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import type { Clock } from '../../../core/clock.ts';
import { createLog } from '../../../telemetry/log.ts';
import { CLAIM_EVERY_MS, LEASE_MS, TAKEOVER_MS } from './dispatch-leases.ts';
import { BATCH_MS, startDispatch } from './dispatch-loop.ts';
import { RADII, searchRadiusM } from './search-radius.ts';

const log = createLog({ level: 'silent', pretty: false });

function setUp(run: (clock: Clock) => Promise<void> = async () => undefined) {
  const clock = createManualClock();
  const counts = { claims: 0, runs: 0, releases: 0 };
  const dispatch = {
    async claim() {
      counts.claims += 1;
    },
    async run() {
      counts.runs += 1;
      await run(clock);
    },
    async release() {
      counts.releases += 1;
    },
  };
  return {
    clock,
    counts,
    loop: startDispatch({ dispatch, surge: { run: async () => undefined }, clock, log }),
  };
}

describe('the loop of dispatching', () => {
  it('makes a batch every two seconds and renews leases every second, until it is closed', async () => {
    const { clock, counts, loop } = setUp();
    await clock.advance(BATCH_MS * 5);
    assert.deepEqual([counts.runs, counts.claims], [6, (BATCH_MS * 5) / CLAIM_EVERY_MS + 1]);
    await loop.close();
    assert.equal(counts.releases, 1);
    await clock.advance(BATCH_MS * 5);
    assert.equal(counts.runs, 6);
    assert.equal(clock.sleepers(), 0);
  });

  it('goes on after a failure, and never makes two batches at a time', async () => {
    let running = 0;
    const { clock, counts, loop } = setUp(async ({ sleep }) => {
      running += 1;
      assert.equal(running, 1);
      await sleep(BATCH_MS * 2);
      running -= 1;
      throw new Error('planted');
    });
    await clock.advance(BATCH_MS * 6);
    assert.equal(counts.runs, 4);
    const closing = loop.close();
    await clock.advance(BATCH_MS * 2);
    await closing;
    assert.equal(running, 0);
  });

  it('renews a lease several times before it expires, and takes over within 5 s', () => {
    assert.ok(LEASE_MS >= 3 * CLAIM_EVERY_MS);
    assert.ok(TAKEOVER_MS < 5_000);
  });
});

describe('the radius of a search', () => {
  it('widens to 5 km and beyond', () => {
    for (const { afterMs, radiusM } of RADII) assert.equal(searchRadiusM(afterMs), radiusM);
    assert.equal(searchRadiusM(-5), RADII[0]?.radiusM);
    assert.ok(searchRadiusM(10_000) >= 5_000);
    assert.ok(searchRadiusM(120_000) > 5_000);
  });
});
