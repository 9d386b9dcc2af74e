/**
 * Connections are cut at random while people write, and one of the two servers is killed now and then: nobody may miss
 * anything, or be told twice. `npm run test:live` does it for ten minutes.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createJourneyClient } from '../support/journey-client.ts';
import { runCuts } from '../support/live-cuts.ts';
import { describeOnPostgres } from '../support/postgres-engines.ts';
import { createServerHome } from '../support/server-process.ts';

const SECONDS = Number(process.env['GROUNDSWELL_TEST_LIVE_SECONDS'] ?? 8);
const KILL_EVERY_MS = 6_000;
const SEED = 7;

describeOnPostgres('live updates with connections that are cut', (engine) => {
  it(`lose and double nothing in ${SECONDS} s`, { timeout: (SECONDS + 240) * 1_000 }, async (test) => {
    const database = await engine.createDatabase();
    const homes = [await createServerHome(), await createServerHome()] as const;
    const settings = { GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_DATABASE_URL: database.url };
    const first = await homes[0].start(settings);
    let second: ServerProcess | undefined = await homes[1].start(settings);
    const done = new AbortController();

    async function killNowAndThen(): Promise<number> {
      for (let kills = 0; ; kills += 1) {
        await systemClock.sleep(KILL_EVERY_MS, done.signal);
        if (done.signal.aborted) return kills;
        const dying = second;
        second = undefined;
        await dying?.kill();
        second = await homes[1].start(settings);
      }
    }

    try {
      const killing = killNowAndThen();
      const report = await runCuts({
        urls: () => [first.url, ...(second === undefined ? [] : [second.url])],
        client: createJourneyClient(() => first.url),
        durationMs: SECONDS * 1_000,
        seed: SEED,
      });
      done.abort();
      const { complaints, ...figures } = report;
      test.diagnostic(`${JSON.stringify({ ...figures, kills: await killing })}, seed ${SEED}`);
      assert.deepEqual(complaints.slice(0, 10), []);
      assert(report.written > 20 && report.cuts > 10, JSON.stringify(figures));
      assert(report.told > 0);
    } finally {
      done.abort();
      await Promise.all([first.stop(), second?.stop()]);
      for (const home of homes) await home.close();
      await database.drop();
    }
  });
});
