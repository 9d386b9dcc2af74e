import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyOf, type WrittenOperation } from '../../test/support/history-events.ts';
import { formatReport } from './check-report.ts';
import { checkReactions } from './reaction-checker.ts';

const change = (f: 'like-post' | 'unlike-post', session: string, end: WrittenOperation['end'] = 'ok') => ({
  ...{ f, key: 'post', session, end },
});
const read = (session: string, liked: boolean, likes: number): WrittenOperation => ({
  ...{ f: 'read-likes', key: 'post', session, end: 'ok' },
  answer: { liked, likes },
});

describe('checkReactions', () => {
  const sound: [string, readonly WrittenOperation[]][] = [
    ['what was done last holds', [change('like-post', 'a'), change('unlike-post', 'a'), read('a', false, 0)]],
    [
      'an attempt nobody knows of may hold',
      [change('like-post', 'a'), change('unlike-post', 'a', 'info'), read('a', false, 0)],
    ],
    ['or may not', [change('like-post', 'a'), change('unlike-post', 'a', 'info'), read('a', true, 1)]],
    [
      'one that was refused does not',
      [change('like-post', 'a'), change('unlike-post', 'a', 'fail'), read('a', true, 1)],
    ],
    [
      'each has their own',
      [
        change('like-post', 'a'),
        change('like-post', 'b'),
        change('unlike-post', 'b'),
        read('a', true, 1),
        read('b', false, 1),
      ],
    ],
  ];
  for (const [name, operations] of sound) {
    it(`is content where ${name}`, () => {
      const report = checkReactions(historyOf(...operations));
      assert.equal(report.verdict, 'valid', formatReport(report));
    });
  }

  const planted: [string, readonly WrittenOperation[]][] = [
    ['like-lost', [change('like-post', 'a'), read('a', false, 0)]],
    ['unlike-lost', [change('like-post', 'a'), change('unlike-post', 'a'), read('a', true, 1)]],
    [
      'unlike-lost',
      [
        change('like-post', 'a'),
        change('unlike-post', 'a'),
        change('like-post', 'a', 'fail'),
        read('a', true, 1),
      ],
    ],
    [
      'miscounted',
      [change('like-post', 'a'), change('like-post', 'b'), read('a', true, 2), read('b', true, 1)],
    ],
  ];
  for (const [name, operations] of planted) {
    it(`catches ${name} among ${operations.length} operations`, () => {
      const report = checkReactions(historyOf(...operations));
      assert.equal(report.verdict, 'invalid');
      assert.deepEqual(report.anomalyCounts, { [name]: 1 }, formatReport(report));
    });
  }

  it('does not know without likes, or without reading them at the end', () => {
    assert.equal(checkReactions([]).verdict, 'unknown');
    assert.equal(checkReactions(historyOf(change('like-post', 'a'))).verdict, 'unknown');
  });
});
