import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyOf, type WrittenOperation } from '../../test/support/history-events.ts';
import { checkLog } from './log-checker.ts';

const created = (postId: string, author = 'alice'): WrittenOperation => ({
  ...{ f: 'create-post', key: author, value: { text: postId }, end: 'ok' },
  answer: { post_id: postId, reply: postId },
});
/** `[offset, post]`, or `[offset]` of something else. */
type Place = readonly [number, string?];
const read = (reader: string, places: readonly Place[], complete = false): WrittenOperation => ({
  ...{ f: 'read-log', key: '0', value: { reader, complete }, end: 'ok' },
  answer: { events: places.map(([offset, postId]) => ({ offset, key: 'alice', post_id: postId ?? null })) },
});
const final = (...places: readonly Place[]): WrittenOperation => read('final', places, true);
const anomaliesOf = (...operations: readonly WrittenOperation[]) =>
  checkLog(historyOf(...operations)).anomalyCounts;

describe('the event log', () => {
  it('is right if each post is there once, in order, and readers miss nothing', () => {
    const report = checkLog(
      historyOf(
        ...[created('1'), read('tail', [[5, '1']]), created('2'), read('tail', [[6], [7, '2']])],
        final([5, '1'], [6], [7, '2']),
      ),
    );
    assert.deepEqual([report.verdict, report.anomalyCounts], ['valid', {}]);
  });

  it('is unknown if it was not read to its end, or nothing was written', () => {
    assert.equal(checkLog(historyOf(created('1'), read('tail', [[5, '1']]))).verdict, 'unknown');
    assert.equal(checkLog(historyOf(final())).verdict, 'unknown');
  });

  it('has lost what was acknowledged and is not there', () => {
    assert.deepEqual(anomaliesOf(created('1'), created('2'), final([5, '2'])), { 'lost-write': 1 });
  });

  it('may have what was not acknowledged', () => {
    const unheard = { ...created('1'), end: 'info' as const, answer: {} };
    assert.deepEqual(anomaliesOf(unheard, created('2'), final([5, '1'], [6, '2'])), {});
  });

  it('has doubled what has two places', () => {
    assert.deepEqual(anomaliesOf(created('1'), final([5, '1'], [6, '1'])), { duplicate: 1 });
  });

  it('contradicts itself if a place has had two events', () => {
    const places = [read('tail', [[5, '1']]), final([5, '2'])];
    const { 'inconsistent-offsets': count } = anomaliesOf(created('2'), ...places);
    assert.equal(count, 1);
  });

  it('is out of order if a later post of an author stands before an earlier one', () => {
    assert.deepEqual(anomaliesOf(created('1'), created('2'), final([5, '2'], [6, '1'])), { disorder: 1 });
    assert.deepEqual(anomaliesOf(created('1'), created('2', 'bob'), final([5, '2'], [6, '1'])), {});
  });

  it('has skipped or repeated what a reader was not given, or twice', () => {
    const posts = [created('1'), created('2'), created('3')];
    const whole = final([5, '1'], [6, '2'], [7, '3']);
    assert.deepEqual(anomaliesOf(...posts, read('tail', [[5, '1']]), read('tail', [[7, '3']]), whole), {
      'poll-skip': 1,
    });
    const back: readonly Place[] = [
      [5, '1'],
      [6, '2'],
      [5, '1'],
    ];
    assert.deepEqual(anomaliesOf(...posts, read('tail', back), whole), { 'nonmonotonic-poll': 1 });
  });
});
