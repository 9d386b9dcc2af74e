import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyOf, type WrittenOperation } from '../../test/support/history-events.ts';
import { checkSessions } from './session-checker.ts';

const X = '1500000000000001';
const Y = '1500000000000002';
const written = (author: string, postId: string): WrittenOperation => ({
  ...{ f: 'create-post', key: author, value: { text: postId }, end: 'ok' },
  answer: { post_id: postId, reply: postId },
});
const seen = (session: string, author: string, postIds: readonly string[], rest = {}): WrittenOperation => {
  const { mayBeStale = false, complete = true } = rest as { mayBeStale?: boolean; complete?: boolean };
  return {
    ...{ f: 'read-newest', key: author, session, value: { mayBeStale }, end: 'ok' },
    answer: { post_ids: postIds, complete },
  };
};
const anomaliesOf = (...operations: readonly WrittenOperation[]) =>
  checkSessions(historyOf(...operations)).anomalyCounts;

describe('what sessions see', () => {
  it('is right if lists only grow, and what lies on a further page is not missed', () => {
    const report = checkSessions(
      historyOf(
        written('alice', X),
        seen('bob', 'alice', [X]),
        written('alice', Y),
        seen('alice', 'alice', [Y], { complete: false }),
        seen('bob', 'alice', [Y], { complete: false }),
      ),
    );
    assert.deepEqual([report.verdict, report.anomalyCounts], ['valid', {}]);
    assert.equal(report.counts['reads'], 3);
  });

  it('is unknown if nobody looked', () => {
    assert.equal(checkSessions(historyOf(written('alice', X))).verdict, 'unknown');
  });

  it('goes back if something seen is gone, on a replica too; another session may be behind', () => {
    const gone = [seen('bob', 'alice', [Y, X]), seen('bob', 'alice', [X])];
    assert.deepEqual(anomaliesOf(...gone), { monotonic: 1 });
    const onReplicas = gone.map((one) => ({ ...one, value: { mayBeStale: true } }));
    assert.deepEqual(anomaliesOf(...onReplicas), { monotonic: 1 });
    assert.deepEqual(anomaliesOf(seen('bob', 'alice', [Y, X]), seen('carol', 'alice', [X])), {});
  });

  it('lacks what its author wrote', () => {
    assert.deepEqual(anomaliesOf(written('alice', X), seen('alice', 'alice', [])), { ryw: 1 });
    assert.deepEqual(anomaliesOf(written('alice', X), seen('bob', 'alice', [])), {});
  });

  it('forks if two of them disagree on what was first: broken on primaries, counted on replicas', () => {
    const forked = (rest = {}) => [
      ...[seen('bob', 'y', [], rest), seen('carol', 'x', [], rest)],
      ...[seen('bob', 'x', [X], rest), seen('carol', 'y', [Y], rest)],
      ...[seen('bob', 'y', [], rest), seen('carol', 'x', [], rest)],
      ...[seen('bob', 'y', [Y], rest), seen('carol', 'x', [X], rest)],
    ];
    assert.deepEqual(anomaliesOf(...forked()), { 'long-fork': 1 });
    const onReplicas = checkSessions(historyOf(...forked({ mayBeStale: true })));
    assert.deepEqual([onReplicas.verdict, onReplicas.counts['forks_on_replicas']], ['valid', 1]);
  });

  it('does not fork if one merely asked in another order', () => {
    assert.deepEqual(
      anomaliesOf(
        ...[seen('bob', 'y', []), seen('bob', 'x', [X]), seen('bob', 'y', []), seen('bob', 'y', [Y])],
        ...[seen('carol', 'y', [Y]), seen('carol', 'x', [X])],
      ),
      {},
    );
  });
});
