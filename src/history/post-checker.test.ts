import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type PostFault, simulatePosts } from '../../test/support/simulated-posts.ts';
import { ANOMALIES_KEPT_PER_NAME, EXCERPT_EVENTS_MAX, formatReport } from './check-report.ts';
import type { HistoryEvent } from './history-event.ts';
import { checkPosts } from './post-checker.ts';

const OPTIONS = { finalViews: ['post', 'author'] } as const;
const SEEDS = Array.from({ length: 20 }, (_, index) => 1000 + index);

function check(events: readonly HistoryEvent[]) {
  return checkPosts(events, OPTIONS);
}

/** Events by hand: each has what matters, the rest is filled in. */
function historyOf(...events: Partial<HistoryEvent>[]): HistoryEvent[] {
  const empty = { process: 0, f: '', key: null, value: null, node: null, stage: null, epoch: null };
  return events.map((event, i) => ({
    i,
    t_ns: i * 1_000_000,
    type: 'invoke',
    session: null,
    idem: null,
    ...empty,
    ...event,
  }));
}

const create = { f: 'create-post', key: 'alice', idem: 'k' } as const;
const hello = { ...create, value: { text: 'hello' } } as const;
const created = { ...create, type: 'ok', value: { post_id: '1', reply: 'r' } } as const;
const readFinal = { f: 'read-posts', key: 'alice', value: { view: 'author', final: true } } as const;
const readNow = { f: 'read-posts', key: 'alice', value: { view: 'author', final: false } } as const;
const readBy = (...posts: [string, string][]) => ({
  f: 'read-posts',
  type: 'ok' as const,
  value: { posts: posts.map(([post_id, text]) => ({ post_id, text })), complete: true },
});
const author = { finalViews: ['author'] } as const;

describe('checkPosts', () => {
  it('finds nothing wrong with any valid history', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, posts) => {
        const report = check(simulatePosts({ seed, fault: 'none', posts }));
        deepEqual(report.anomalyCounts, {}, formatReport(report));
        ok(report.verdict === 'valid' || report.counts['acknowledged'] === 0);
      }),
      { numRuns: 300 },
    );
  });

  const planted: [PostFault, string[]][] = [
    ['drop-acknowledged', ['lost']],
    ['acknowledge-before-commit', ['lost', 'lost-after-seen']],
    ['forget-keys', ['dup-effect', 'divergent-reply']],
    ['forget-keys-at-crash', ['dup-effect', 'divergent-reply']],
    ['apply-refused', ['aborted-read']],
    ['new-reply-to-retry', ['divergent-reply']],
    ['accept-other-body', ['mismatch-accepted']],
    ['refuse-replay', ['lost-reply']],
    ['invent', ['garbage']],
    ['garble', ['garbage']],
    ['lagging-primary', ['stale']],
    ['hide-from-author-list', ['lost', 'lost-after-seen']],
    ['drop-seen', ['lost-after-seen']],
  ];
  for (const [fault, names] of planted) {
    it(`catches a service that has the defect ${fault}`, () => {
      const reports = SEEDS.map((seed) => check(simulatePosts({ seed, fault, posts: 300 })));
      const caught = reports.filter(({ verdict }) => verdict === 'invalid');
      // A defect that never came to bear in a run cannot show in its history.
      ok(caught.length >= SEEDS.length * 0.9, `caught in ${caught.length} of ${SEEDS.length} runs`);
      for (const name of names) {
        ok(
          caught.some(({ anomalyCounts }) => name in anomalyCounts),
          `${name} is among them`,
        );
      }
    });
  }

  it('shows with each anomaly the few events that prove it', () => {
    const report = check(simulatePosts({ seed: 1000, fault: 'drop-acknowledged', posts: 300 }));
    for (const { excerpt } of report.anomalies) {
      ok(excerpt.length >= 2 && excerpt.length <= EXCERPT_EVENTS_MAX);
      ok(excerpt.some(({ f, type }) => f === 'create-post' && type === 'ok'));
      ok(excerpt.some(({ f, type }) => f === 'read-posts' && type === 'ok'));
    }
    ok(/P1 lost: \d+ was acknowledged, but a final read/.test(formatReport(report)), formatReport(report));
  });

  it('counts every anomaly and keeps the first few of each name', () => {
    const report = check(simulatePosts({ seed: 1, fault: 'garble', posts: 500 }));
    ok((report.anomalyCounts['garbage'] ?? 0) > ANOMALIES_KEPT_PER_NAME);
    equal(report.anomalies.filter(({ name }) => name === 'garbage').length, ANOMALIES_KEPT_PER_NAME);
  });

  it('is unknown when nothing was acknowledged', () => {
    const events = historyOf(
      hello,
      { ...create, type: 'info' },
      { ...readFinal, process: 1 },
      { ...readBy(), process: 1 },
    );
    equal(checkPosts(events, author).verdict, 'unknown');
    equal(check([]).verdict, 'unknown');
  });

  it('is unknown when an acknowledged post has no final read of a wanted view', () => {
    const events = historyOf(hello, created, readFinal, readBy(['1', 'hello']));
    equal(checkPosts(events, author).verdict, 'valid');
    const report = check(events);
    equal(report.verdict, 'unknown');
    deepEqual(report.reasons, ['1 acknowledged posts have no final read (post).']);
    const early = historyOf(readFinal, readBy(), hello, created);
    equal(checkPosts(early, author).verdict, 'unknown');
    const partial = { ...readBy(), value: { posts: [], complete: false } };
    equal(checkPosts(historyOf(hello, created, readFinal, partial), author).verdict, 'unknown');
  });

  it('tolerates a replica that is behind, and measures by how much', () => {
    const onReplica = { node: 'replica-1', process: 1 };
    const events = historyOf(
      { ...hello, session: 's' },
      { ...created, session: 's' },
      { ...readNow, ...onReplica },
      { ...readBy(), ...onReplica },
      readFinal,
      readBy(['1', 'hello']),
    );
    const report = checkPosts(events, author);
    equal(report.verdict, 'valid');
    deepEqual(report.staleness, { count: 1, p50Ms: 1, p99Ms: 1, maxMs: 1 });
    const own = events.map((event) => ({ ...event, session: 's' }));
    deepEqual(checkPosts(own, author).anomalyCounts, { stale: 1 });
  });

  it('does not blame a read that began before the write was acknowledged', () => {
    const events = historyOf(
      hello,
      { ...readNow, process: 1 },
      created,
      { ...readBy(), process: 1 },
      readFinal,
      readBy(['1', 'hello']),
    );
    equal(checkPosts(events, author).verdict, 'valid');
  });

  it('accepts an undecided write as done or not, but not as undone again', () => {
    const info = { ...create, type: 'info' } as const;
    const other = { process: 1 };
    const done = [
      { ...hello, ...other, idem: 'a', value: { text: 'other' } },
      { ...created, ...other, idem: 'a' },
    ];
    const never = historyOf(
      hello,
      info,
      ...done,
      { ...readFinal, ...other },
      { ...readBy(['1', 'other']), ...other },
    );
    equal(checkPosts(never, author).verdict, 'valid');
    const seen = [
      { ...readNow, ...other },
      { ...readBy(['2', 'hello'], ['1', 'other']), ...other },
    ];
    const undone = historyOf(
      hello,
      info,
      ...done,
      ...seen,
      { ...readFinal, ...other },
      { ...readBy(['1', 'other']), ...other },
    );
    deepEqual(checkPosts(undone, author).anomalyCounts, { 'lost-after-seen': 1 });
  });

  it('lets a retry be turned away by a limit or by an attempt still running, and by nothing else', () => {
    const final = [readFinal, readBy(['1', 'hello'])];
    const retry = (status: number) => [hello, { ...create, type: 'fail' as const, value: { status } }];
    const verdictOf = (status: number, ...before: Partial<HistoryEvent>[]) =>
      checkPosts(historyOf(...before, hello, created, ...retry(status), ...final), author).anomalyCounts;
    deepEqual(verdictOf(429), {});
    deepEqual(verdictOf(503), {});
    deepEqual(verdictOf(404), { 'lost-reply': 1 });
    deepEqual(verdictOf(409), { 'lost-reply': 1 });
    const undecided = [
      { ...hello, process: 9 },
      { ...create, process: 9, type: 'info' as const },
    ];
    deepEqual(verdictOf(409, ...undecided), {});
  });

  it('refuses a recording that contradicts itself', () => {
    throws(() => check(historyOf(hello, hello)), /has not ended its last operation/);
    throws(() => check(historyOf(created)), /nothing was invoked/);
    throws(() => check(historyOf(hello, { ...create, type: 'info' }, hello)), /ended with an `info`/);
    throws(() => check(historyOf(hello, { ...readBy() })), /a create-post was invoked/);
    throws(() => check(historyOf(hello, { ...created, i: 0 })), /follows event 0/);
    throws(() => check(historyOf({ ...hello, t_ns: 5 }, { ...created, t_ns: 4 })), /time is before/);
    throws(() => check(historyOf({ ...hello, value: 7 }, created)), /unknown kind of value/);
    throws(() => check(historyOf(hello, created, { ...hello, idem: 'b' })), /text of another post/);
  });
});
