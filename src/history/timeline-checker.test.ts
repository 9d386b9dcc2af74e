import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyOf, type WrittenOperation } from '../../test/support/history-events.ts';
import { formatReport } from './check-report.ts';
import { checkTimelines } from './timeline-checker.ts';

const follow = (key: string, end: WrittenOperation['end'] = 'ok'): WrittenOperation => ({
  ...{ f: 'follow', key, session: 'reader', end },
});
const post = (
  key: string,
  text: string,
  id = text,
  end: WrittenOperation['end'] = 'ok',
): WrittenOperation => ({
  ...{ f: 'create-post', key, value: { text }, end },
  answer: end === 'ok' ? { post_id: id, reply: id } : { status: 503 },
});
const read = (ids: readonly string[], complete = true): WrittenOperation => ({
  ...{ f: 'read-timeline', session: 'reader', end: 'ok' },
  answer: { posts: ids.map((id) => ({ post_id: id, text: id })), complete },
});

function check(...operations: readonly WrittenOperation[]) {
  return checkTimelines(historyOf(...operations));
}

describe('checkTimelines', () => {
  const sound: [string, readonly WrittenOperation[]][] = [
    ['has all posts, the newest first', [follow('a'), post('a', '1'), post('a', '2'), read(['2', '1'])]],
    [
      'may have one that nobody knows of',
      [follow('a'), post('a', '1'), post('a', '2', '2', 'info'), read(['2', '1'])],
    ],
    ['need not have one from before the follow', [post('a', '1'), follow('a'), post('a', '2'), read(['2'])]],
    [
      'need not have one of somebody whom perhaps nobody follows',
      [follow('a'), follow('b', 'info'), post('a', '1'), post('b', '2'), read(['1'])],
    ],
    ['may lack one while it is on its way', [follow('a'), post('a', '1'), read([], false), read(['1'])]],
  ];
  for (const [name, operations] of sound) {
    it(`is content with a timeline that ${name}`, () => {
      const report = check(...operations);
      assert.equal(report.verdict, 'valid', formatReport(report));
    });
  }

  const planted: [string, readonly WrittenOperation[]][] = [
    ['missing', [follow('a'), post('a', '1'), post('a', '2'), read(['2'])]],
    ['extra', [follow('a'), post('a', '1'), post('b', '2'), read(['2', '1'])]],
    ['extra', [follow('a'), post('a', '1'), post('a', '2', '2', 'fail'), read(['2', '1'])]],
    ['twice', [follow('a'), post('a', '1'), post('a', '2'), read(['2', '2', '1'])]],
    ['inversion', [follow('a'), post('a', '1'), post('a', '2'), read(['1', '2'])]],
    ['inversion', [follow('a'), post('a', '1'), post('a', '2'), read(['1', '2'], false), read(['2', '1'])]],
  ];
  for (const [index, [name, operations]] of planted.entries()) {
    it(`catches ${name} (${index})`, () => {
      const report = check(...operations);
      assert.equal(report.verdict, 'invalid');
      assert.deepEqual(report.anomalyCounts, { [name]: 1 }, formatReport(report));
    });
  }

  it('does not know without readers, or without a timeline that was read to its end', () => {
    assert.equal(check().verdict, 'unknown');
    assert.equal(check(follow('a'), post('a', '1'), read(['1'], false)).verdict, 'unknown');
  });
});
