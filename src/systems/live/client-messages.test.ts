import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  connectTo,
  createSimulatedLog,
  createSimulatedProcess,
  settle,
} from '../../../test/support/simulated-live.ts';
import { hasCode } from '../../core/errors.ts';
import { FAULTS_MAX, MESSAGE_BYTES_MAX, MESSAGES_MAX, parseWatched } from './client-messages.ts';
import type { LiveDeps } from './live.ts';
import { WATCHED_POSTS_MAX } from './watches.ts';

const BOB = 1_500_000_000_000_002;
const idText = (index: number): string => String(1_600_000_000_000_000 + index);
const watch = (count: number): string =>
  JSON.stringify({ type: 'watch', post_ids: Array.from({ length: count }, (_, index) => idText(index)) });

describe('messages of clients', () => {
  async function open(deps: Partial<LiveDeps> = {}) {
    const { live } = createSimulatedProcess(createSimulatedLog(), deps);
    const told = await connectTo(live, BOB);
    const { messages } = await told.opened;
    await settle();
    const events = () => told.frames.slice(1).map(({ event, data }) => [event, data['code']]);
    return { told, messages, events };
  }

  it('say which posts are shown, as many as there may be', async () => {
    const { told, messages, events } = await open();
    assert(watch(WATCHED_POSTS_MAX).length <= MESSAGE_BYTES_MAX);
    await messages.receive(watch(WATCHED_POSTS_MAX));
    assert.deepEqual(events(), [['watching', undefined]]);
    await messages.receive(watch(WATCHED_POSTS_MAX + 1));
    await settle();
    assert.deepEqual(events().at(-1), ['error', 'invalid']);
    const shown = told.frames[1]?.data['posts'];
    assert(Array.isArray(shown));
    assert.equal(shown.length, WATCHED_POSTS_MAX);
  });

  it('are refused when they are not understood, and the connection ends when that goes on', async () => {
    const { told, messages, events } = await open();
    const wrong = ['{', 'null', '[]', '{"type":"unwatch"}', '{"type":"watch","post_ids":[1]}'];
    assert.equal(wrong.length, FAULTS_MAX);
    for (const [index, text] of wrong.entries()) {
      assert.equal(told.isEnded(), false, `${index}`);
      await messages.receive(text);
      await settle();
    }
    assert.deepEqual(events(), [...wrong.map(() => ['error', 'invalid']), ['end', undefined]]);
    assert.equal(told.isEnded(), true);
  });

  it('are refused also before all is told that the connection begins with', async () => {
    const { told, messages, events } = await open({ ownStatesOf: () => new Promise(() => undefined) });
    for (let count = 0; count < FAULTS_MAX; count += 1) await messages.receive('{');
    await settle();
    assert.deepEqual(events(), [...Array(FAULTS_MAX).fill(['error', 'invalid']), ['end', undefined]]);
    assert.equal(told.isEnded(), true);
  });

  it('are as many as they may be in ten seconds, and no more', async () => {
    const { told, messages, events } = await open();
    for (let count = 0; count < MESSAGES_MAX; count += 1) await messages.receive(watch(1));
    await settle();
    assert(events().every(([event]) => event === 'watching'));
    await messages.receive(watch(1));
    await settle();
    assert.deepEqual(events().at(-1), ['error', 'rate_limited']);
    assert.equal(told.isEnded(), false);
  });

  it('name each post once', () => {
    assert.deepEqual(parseWatched([idText(1), idText(1), idText(2)]), [Number(idText(1)), Number(idText(2))]);
    for (const list of [undefined, 'x', [1], ['1'], [null]]) {
      assert.throws(
        () => parseWatched(list),
        (error) => hasCode(error, 'invalid'),
      );
    }
  });
});
