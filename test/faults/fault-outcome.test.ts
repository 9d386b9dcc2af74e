import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HistoryEvent } from '../../src/history/history-event.ts';
import { historyOf, type WrittenOperation } from '../support/history-events.ts';
import { FAULTS } from './fault-list.ts';
import { MARKS, outcomeOf, tableRow } from './fault-outcome.ts';

const mark = (f: string): Pick<HistoryEvent, 'f'> => ({ f });
const post = (text: string, end: WrittenOperation['end'], status = 503): WrittenOperation => ({
  ...{ f: 'create-post', key: 'alice', value: { text }, end },
  answer: end === 'ok' ? { post_id: text, reply: text } : { status },
});
const seen = (ids: readonly string[], complete = false): WrittenOperation => ({
  ...{ f: 'read-timeline', session: 'reader', end: 'ok' },
  answer: { posts: ids.map((id) => ({ post_id: id, text: id })), complete },
});
const HELD = { healsItself: false, losesClicks: false };

/** Each event is a millisecond after the one before. */
function events() {
  return historyOf(
    { f: 'follow', key: 'alice', session: 'reader', end: 'ok' },
    post('1', 'ok'),
    mark(MARKS.broken),
    post('2', 'info'),
    post('2b', 'fail', 409),
    mark(MARKS.mended),
    post('3', 'info'),
    post('4', 'ok'),
    seen(['4', '1']),
    mark(MARKS.quiet),
    seen(['4', '1'], true),
    {
      f: 'read-posts',
      key: '1',
      value: { view: 'post', final: true },
      end: 'ok',
      answer: { posts: [], complete: true },
    },
  );
}

describe('what a fault costs', () => {
  it('is counted until all is quiet, by what failed and when the last of it did', () => {
    const outcome = outcomeOf(events(), HELD);
    assert.deepEqual(outcome.reads, { requests: 1, failed: 0 });
    assert.deepEqual(outcome.writes, { requests: 6, failed: 2 }, 'a retry that came too early is no failure');
    assert.equal(outcome.recoveryMs, 2, 'from the mending');
    assert.equal(outcomeOf(events(), { ...HELD, healsItself: true }).recoveryMs, 7, 'from the fault');
    assert.equal(outcome.timelinesBehindMs, 12);
  });

  it('is lost if a checker misses what was acknowledged', () => {
    const outcome = outcomeOf(events(), HELD);
    assert.equal(outcome.verdict, 'invalid');
    assert.equal(
      tableRow('Redis killed', outcome),
      '| Redis killed | 0 of 1 | 2 of 6 | 0.0 s | 0.0 s | 1 lost |',
    );
  });
});

describe('the faults', () => {
  it('have names of their own, by which one can be chosen', () => {
    assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
    for (const { name } of FAULTS) assert.match(name, /^[a-z0-9]+-[a-z]+$/);
  });
});
