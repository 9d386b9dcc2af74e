import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { historyOf, type WrittenOperation } from '../../test/support/history-events.ts';
import { formatReport } from './check-report.ts';
import { checkLinks, type LinkCheckOptions } from './link-checker.ts';

const created = (code: string, url: string, link_id = `id of ${code}`): WrittenOperation => ({
  ...{ f: 'create-link', key: 'alice', value: { url }, end: 'ok' },
  answer: { link_id, code },
});
const opened = (code: string, target: string | null): WrittenOperation => ({
  ...{ f: 'open-link', key: code, end: 'ok' },
  answer: { target },
});
const unanswered = (code: string): WrittenOperation => ({ f: 'open-link', key: code, end: 'info' });
const counted = (code: string, clicks: number): WrittenOperation => ({
  ...{ f: 'count-clicks', key: code, end: 'ok' },
  answer: { clicks },
});

function check(operations: readonly WrittenOperation[], options?: LinkCheckOptions) {
  const report = checkLinks(historyOf(...operations), options);
  return { verdict: report.verdict, anomalies: report.anomalyCounts, text: formatReport(report) };
}

describe('checkLinks', () => {
  it('finds nothing wrong with links that lead to their targets, and clicks that are counted once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('ok', 'info', 'fail'), { maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (ends, share) => {
          const openings = ends.map(
            (end): WrittenOperation =>
              end === 'ok' ? opened('a', 'x') : { f: 'open-link', key: 'a', end: end as 'info' | 'fail' },
          );
          const sure = ends.filter((end) => end === 'ok').length;
          const perhaps = Math.round(share * ends.filter((end) => end === 'info').length);
          const { verdict, text } = check([created('a', 'x'), ...openings, counted('a', sure + perhaps)]);
          assert.equal(verdict, 'valid', text);
        },
      ),
    );
  });

  const planted: [string, readonly WrittenOperation[]][] = [
    ['code-dup', [created('a', 'x'), created('a', 'y', 'another'), counted('a', 0)]],
    ['retargeted', [created('a', 'x'), opened('a', 'y'), counted('a', 1)]],
    ['404-after-ack', [created('a', 'x'), opened('a', null), counted('a', 0)]],
    ['under', [created('a', 'x'), opened('a', 'x'), opened('a', 'x'), counted('a', 1)]],
    ['over', [created('a', 'x'), opened('a', 'x'), unanswered('a'), counted('a', 3)]],
  ];
  for (const [name, operations] of planted) {
    it(`catches ${name}`, () => {
      const { verdict, anomalies, text } = check(operations);
      assert.equal(verdict, 'invalid');
      assert.deepEqual(anomalies, { [name]: 1 }, text);
    });
  }

  it('is content with a link that was not there before it was acknowledged', () => {
    assert.equal(check([opened('a', null), created('a', 'x'), counted('a', 0)]).verdict, 'valid');
  });

  it('allows a process that was killed the clicks of its last moments, and no others', () => {
    const operations = [created('a', 'x'), opened('a', 'x'), opened('a', 'x'), counted('a', 1)];
    // The second opening ended 5 ms after the beginning.
    assert.equal(check(operations, { killedAtNs: [6e6], uncountedMs: 2 }).verdict, 'valid');
    assert.equal(check(operations, { killedAtNs: [6e6], uncountedMs: 1 }).verdict, 'invalid');
    const none = [created('a', 'x'), opened('a', 'x'), opened('a', 'x'), counted('a', 0)];
    assert.equal(check(none, { killedAtNs: [6e6], uncountedMs: 2 }).verdict, 'invalid');
  });

  it('does not know without links, or without their clicks', () => {
    assert.equal(check([]).verdict, 'unknown');
    assert.equal(check([created('a', 'x'), opened('a', 'x')]).verdict, 'unknown');
  });
});
