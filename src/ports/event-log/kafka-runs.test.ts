import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { shorterRuns } from './kafka-expiry.ts';
import { extendRuns, type LocatedRow, pieceAt, type RunHead } from './kafka-runs.ts';

const PLACE = { topic: 'posts', partition: 3 };

interface Run {
  readonly offset: number;
  readonly end_offset: number | null;
  readonly kafka_offset: number;
}

/** What the tables hold of one partition, and which event is where by what was done. */
interface State {
  head: RunHead;
  runs: Run[];
  /** By offset of the log: Kafka's, or that of the table. */
  places: ({ readonly in: 'kafka'; readonly at: number } | { readonly in: 'table' })[];
}

/** Records of others in Kafka, events that Kafka takes, and events that a relay without Kafka moves. */
type Change =
  | { readonly kind: 'others'; readonly records: number }
  | { readonly kind: 'append'; readonly batches: readonly number[] }
  | { readonly kind: 'table'; readonly events: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('others' as const), records: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constant('append' as const),
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('table' as const), events: fc.integer({ min: 1, max: 4 }) }),
);

function play(changes: readonly Change[], othersBetween: number): State {
  let kafkaEnd = 0;
  const state: State = {
    head: { ...PLACE, next_offset: 0, kafka_end: null, kafka_next: null, kafka_topic_id: null },
    runs: [],
    places: [],
  };
  for (const each of changes) {
    if (each.kind === 'others') kafkaEnd += each.records;
    if (each.kind === 'table') {
      state.head = { ...state.head, next_offset: state.head.next_offset + each.events };
      for (let event = 0; event < each.events; event += 1) state.places.push({ in: 'table' });
    }
    if (each.kind !== 'append') continue;
    const appended = each.batches.map((events) => {
      const kafkaOffset = kafkaEnd;
      kafkaEnd += events + othersBetween;
      for (let event = 0; event < events; event += 1)
        state.places.push({ in: 'kafka', at: kafkaOffset + event });
      return { ...PLACE, topicId: 'first', kafkaOffset, events };
    });
    settle(state, appended);
  }
  return state;
}

/** As the statement `settleAppended` does. */
function settle(state: State, appended: Parameters<typeof extendRuns>[1]): void {
  const { heads, closed, opened } = extendRuns([state.head], appended);
  const [head] = heads;
  assert(head !== undefined && heads.length === 1);
  assert.equal(head.expected, state.head.next_offset);
  for (const { end_offset } of closed)
    state.runs = state.runs.map((run) => (run.end_offset === null ? { ...run, end_offset } : run));
  state.runs.push(...opened);
  const { next_offset, kafka_next, kafka_topic_id } = head;
  state.head = { ...PLACE, next_offset, kafka_end: next_offset, kafka_next, kafka_topic_id };
}

/** As `locatePlaces`. */
function locate({ head, runs }: State, from: number): LocatedRow {
  const endOf = (run: Run) => run.end_offset ?? head.kafka_end ?? 0;
  const [run] = runs.filter((each) => endOf(each) > from).sort((a, b) => a.offset - b.offset);
  const { next_offset } = head;
  const found =
    run === undefined
      ? { run_offset: null, run_end: null, kafka_offset: null, kafka_topic_id: null }
      : {
          run_offset: run.offset,
          run_end: endOf(run),
          kafka_offset: run.kafka_offset,
          kafka_topic_id: 'first',
        };
  return { ...PLACE, from, next_offset, ...found };
}

describe('runs of events in Kafka', () => {
  it('find every event where it was put, whoever else wrote to Kafka or to the table in between', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 30 }),
        fc.nat({ max: 1 }),
        (changes, othersBetween) => {
          const state = play(changes, othersBetween);
          for (let from = 0; from < state.head.next_offset; from += 1) {
            const piece = pieceAt(locate(state, from));
            assert(piece.to > from && piece.to <= state.head.next_offset);
            for (let offset = from; offset < piece.to; offset += 1) {
              const place = state.places[offset];
              assert.equal(place?.in, piece.in);
              if (place?.in === 'kafka' && piece.in === 'kafka')
                assert.equal(place.at, piece.kafkaOffset + offset - from);
            }
          }
        },
      ),
    );
  });

  it('are one while nobody else writes', () => {
    const append = { kind: 'append', batches: [3, 2] } as const;
    assert.equal(play([append, append, append], 0).runs.length, 1);
    assert.equal(play([append, { kind: 'others', records: 1 }, append], 0).runs.length, 2);
    assert.equal(play([append, { kind: 'table', events: 1 }, append], 0).runs.length, 2);
  });

  it('end where a topic was made anew, even if Kafka gives out the offset that would follow', () => {
    const head = { ...PLACE, next_offset: 5, kafka_end: 5, kafka_next: 5, kafka_topic_id: 'first' };
    const { closed, opened } = extendRuns(
      [head],
      [{ ...PLACE, topicId: 'second', kafkaOffset: 5, events: 1 }],
    );
    assert.deepEqual(closed, [{ ...PLACE, end_offset: 5 }]);
    const run = { offset: 5, end_offset: null, kafka_offset: 5, kafka_topic_id: 'second' };
    assert.deepEqual(opened, [{ ...PLACE, ...run }]);
  });

  it('lose what is old and passed, and nothing else; the last keeps an event', () => {
    const run = {
      ...PLACE,
      offset: 10,
      end_offset: 20,
      is_last: false,
      is_current: true,
      kafka_offset: 110,
      passed: 30,
    };
    const last = { ...run, offset: 20, end_offset: 25, is_last: true, kafka_offset: 200 };
    const by = (runs: (typeof run)[], young: number) =>
      shorterRuns(runs, [{ ...PLACE, offset: young }]).map((each) => [each.run.offset, each.by, each.over]);
    assert.deepEqual(by([run, last], 110), []);
    assert.deepEqual(by([run, last], 113), [[10, 3, false]]);
    assert.deepEqual(
      by(
        [
          { ...run, passed: 12 },
          { ...last, passed: 12 },
        ],
        119,
      ),
      [[10, 2, false]],
    );
    assert.deepEqual(by([run, last], 202), [
      [10, 10, true],
      [20, 2, false],
    ]);
    assert.deepEqual(by([run, last], 1_000), [
      [10, 10, true],
      [20, 4, false],
    ]);
    assert.deepEqual(by([run, last], 0), []);
    const gone = { ...run, is_current: false };
    assert.deepEqual(by([gone, last], 0), [[10, 10, true]], 'of a topic that is gone, what was passed');
    assert.deepEqual(by([{ ...gone, passed: 10 }, last], 0), []);
  });
});
