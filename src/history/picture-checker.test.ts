import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyOf, type WrittenOperation } from '../../test/support/history-events.ts';
import { checkPictures } from './picture-checker.ts';

const upload = (media_id: string, end: WrittenOperation['end'] = 'ok'): WrittenOperation => ({
  ...{ f: 'upload-picture', key: 'alice', end },
  answer: { media_id },
});
const read = (key: string, status: string, bytes: number): WrittenOperation => ({
  ...{ f: 'read-picture', key, end: 'ok' },
  answer: { status, bytes },
});

describe('checkPictures', () => {
  it('is content if what was acknowledged is there, whatever became of the rest', () => {
    const report = checkPictures(historyOf(upload('1'), upload('2', 'info'), read('1', 'ready', 9)));
    assert.equal(report.verdict, 'valid');
  });

  it('catches a picture that is never cut, and one whose file is gone', () => {
    const report = checkPictures(
      historyOf(upload('1'), upload('2'), read('1', 'failed', 0), read('2', 'ready', 0)),
    );
    assert.deepEqual(report.anomalyCounts, { 'never-cut': 1, 'missing-blob': 1 });
  });

  it('does not know without uploads, or without looking at them', () => {
    assert.equal(checkPictures([]).verdict, 'unknown');
    assert.equal(checkPictures(historyOf(upload('1'))).verdict, 'unknown');
  });
});
