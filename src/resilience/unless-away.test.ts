import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { AppError, hasCode, notFound } from '../core/errors.ts';
import { unlessAway } from './unless-away.ts';

function openSetting() {
  const clock = createManualClock();
  const state = { away: false };
  const asked: string[] = [];
  const instead = async () => {
    asked.push('instead');
    return 'other';
  };
  const run = (ask: () => Promise<string>) => unlessAway({ clock, isAway: () => state.away }, ask, instead);
  return { clock, state, asked, run };
}

const unavailable = () => Promise.reject(new AppError('unavailable', 'Try again.'));
const never = () => new Promise<string>(() => undefined);

describe('asking what may fall silent', () => {
  it('answers what was asked, and asks nobody else', async () => {
    const { run, asked, clock } = openSetting();
    assert.equal(await run(async () => 'one'), 'one');
    assert.deepEqual([asked, clock.sleepers()], [[], 0]);
  });

  it('asks the other one at once where it is away, or as soon as it is', async () => {
    const { run, state, clock, asked } = openSetting();
    const answer = run(never);
    await clock.advance(1_000);
    assert.deepEqual(asked, []);
    state.away = true;
    await clock.advance(100);
    assert.equal(await answer, 'other');
    assert.equal(await run(() => assert.fail('it is away')), 'other');
  });

  it('fails as what was asked does, unless it is away', async () => {
    const { run, state, clock } = openSetting();
    await assert.rejects(run(unavailable), (error) => hasCode(error, 'unavailable'));
    /** Before anybody has looked again. */
    const failsAway = async (error: AppError) => {
      state.away = false;
      const answer = run(async () => {
        await clock.sleep(1);
        state.away = true;
        throw error;
      });
      const settled = answer.catch((reason: unknown) => reason);
      await clock.advance(1);
      return settled;
    };
    assert.equal(await failsAway(new AppError('unavailable', 'Try again.')), 'other');
    assert(hasCode(await failsAway(notFound('user')), 'not_found'));
  });
});
