import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.ts';
import { ACCURACY_M_MAX, POINTS_MAX, type ReportedPoint, SEQUENCE_MAX } from './reported-point.ts';
import {
  ACCURACY_M_BELIEVED,
  AGE_MS_MAX,
  AHEAD_MS_MAX,
  checkBatch,
  createTrack,
  NUMBERS_AHEAD_MAX,
  SPEED_M_PER_S_MAX,
  SUSPECTS_BELIEVED,
} from './track.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const METRE = 1 / 111_195;
const point = (changes: Partial<ReportedPoint> & { readonly northM?: number } = {}): ReportedPoint => {
  const { northM = 0, ...rest } = changes;
  return { lat: 40.7 + northM * METRE, lng: -74, atMs: NOW_MS, accuracyM: 5, ...rest };
};

describe('a track', () => {
  it('believes a point that fits, and goes on from it', () => {
    const track = createTrack(undefined);
    assert.deepEqual([track.sequence, track.last], [0, undefined]);
    assert.equal(track.judge(7, point(), NOW_MS), 'accepted');
    assert.equal(track.judge(8, point({ atMs: NOW_MS + 1_000, northM: 15 }), NOW_MS), 'accepted');
    assert.deepEqual([track.sequence, track.last?.atMs], [8, NOW_MS + 1_000]);
  });

  it('drops what was sent before, whatever had become of it', () => {
    const track = createTrack({ sequence: 4, last: point() });
    const next = point({ atMs: NOW_MS + 1_000 });
    for (const sequence of [1, 4]) assert.equal(track.judge(sequence, next, NOW_MS), 'repeated');
    assert.equal(track.judge(5, point({ accuracyM: 60 }), NOW_MS), 'inaccurate');
    assert.equal(track.judge(5, next, NOW_MS), 'repeated');
    assert.equal(track.judge(6, next, NOW_MS), 'accepted');
  });

  it('drops what is late', () => {
    const track = createTrack(undefined);
    assert.equal(track.judge(1, point({ atMs: NOW_MS - AGE_MS_MAX }), NOW_MS), 'late');
    assert.equal(track.judge(2, point({ atMs: NOW_MS - AGE_MS_MAX + 1 }), NOW_MS), 'accepted');
    assert.equal(track.judge(3, point({ atMs: NOW_MS - AGE_MS_MAX + 1 }), NOW_MS), 'late');
    assert.equal(track.judge(4, point({ atMs: NOW_MS - AGE_MS_MAX + 2 }), NOW_MS), 'accepted');
  });

  it('drops what is too inaccurate', () => {
    const track = createTrack(undefined);
    assert.equal(track.judge(1, point({ accuracyM: ACCURACY_M_BELIEVED + 0.1 }), NOW_MS), 'inaccurate');
    assert.equal(track.judge(2, point({ accuracyM: ACCURACY_M_BELIEVED }), NOW_MS), 'accepted');
  });

  it('drops what cannot be: of the future, or too fast', () => {
    const track = createTrack(undefined);
    assert.equal(track.judge(1, point({ atMs: NOW_MS + AHEAD_MS_MAX + 1 }), NOW_MS), 'impossible');
    assert.equal(track.judge(2, point(), NOW_MS), 'accepted');
    const reachM = SPEED_M_PER_S_MAX + 10;
    const later = (northM: number) => point({ atMs: NOW_MS + 1_000, northM });
    assert.equal(track.judge(3, later(reachM + 1), NOW_MS), 'impossible');
    assert.equal(track.judge(4, later(reachM - 1), NOW_MS), 'accepted');
    assert.equal(track.judge(5, point({ atMs: NOW_MS + AHEAD_MS_MAX }), NOW_MS), 'accepted');
  });

  it('believes several that fit each other more than the one before them', () => {
    const track = createTrack(undefined);
    track.judge(1, point({ lat: 0, lng: 0 }), NOW_MS);
    for (let n = 1; n < SUSPECTS_BELIEVED; n += 1) {
      assert.equal(track.judge(1 + n, point({ atMs: NOW_MS + n }), NOW_MS), 'impossible');
    }
    assert.equal(track.judge(9, point({ atMs: NOW_MS + 9 }), NOW_MS), 'accepted');
    assert.equal(track.judge(10, point({ lat: 0, lng: 0, atMs: NOW_MS + 10 }), NOW_MS), 'impossible');
  });

  it('never believes points here and there in turns', () => {
    const track = createTrack(undefined);
    track.judge(1, point(), NOW_MS);
    for (let n = 1; n <= 20; n += 1) {
      const there = point({ lat: n % 2 === 0 ? 10 : -10, atMs: NOW_MS + n });
      assert.equal(track.judge(1 + n, there, NOW_MS), 'impossible');
    }
  });

  it('only goes forward, in numbers and in time, whatever is reported', () => {
    const reported = fc.record({
      sequence: fc.integer({ min: 1, max: 50 }),
      lat: fc.double({ min: 40, max: 41, noNaN: true }),
      aheadMs: fc.integer({ min: -2 * AGE_MS_MAX, max: 2 * AHEAD_MS_MAX }),
      accuracyM: fc.constantFrom(0, 49, 51),
    });
    fc.assert(
      fc.property(fc.array(reported, { maxLength: 40 }), (all) => {
        const track = createTrack(undefined);
        for (const { sequence, lat, aheadMs, accuracyM } of all) {
          const before = { sequence: track.sequence, last: track.last };
          const one = point({ lat, accuracyM, atMs: NOW_MS + aheadMs });
          const verdict = track.judge(sequence, one, NOW_MS);
          assert.equal(track.sequence, Math.max(before.sequence, sequence));
          assert.equal(track.last, verdict === 'accepted' ? one : before.last);
          if (verdict === 'accepted') {
            assert.ok(sequence > before.sequence && one.atMs > (before.last?.atMs ?? 0));
          }
        }
      }),
    );
  });
});

describe('a batch of points', () => {
  const batch = (changes: Partial<ReportedPoint>, sequence = 1) => ({ sequence, points: [point(changes)] });
  const refused = (changes: Partial<ReportedPoint>, sequence?: number) =>
    assert.throws(
      () => checkBatch(batch(changes, sequence), 0),
      (error) => error instanceof AppError && error.code === 'invalid',
      JSON.stringify(changes),
    );

  it('has numbers that a working app sends', () => {
    checkBatch(batch({}, 1), 0);
    checkBatch(batch({}, SEQUENCE_MAX), SEQUENCE_MAX - 1);
    const many = Array.from({ length: POINTS_MAX }, () => point());
    checkBatch({ sequence: SEQUENCE_MAX - POINTS_MAX + 1, points: many }, SEQUENCE_MAX - POINTS_MAX);
    assert.throws(() => checkBatch({ sequence: SEQUENCE_MAX - POINTS_MAX + 2, points: many }, SEQUENCE_MAX));
    for (const sequence of [0, -1, 1.5, Number.NaN, SEQUENCE_MAX + 1]) refused({}, sequence);
    checkBatch(batch({ lat: 90, lng: -180, accuracyM: ACCURACY_M_MAX }), 0);
    for (const lat of [90.1, -90.1, Number.NaN, Infinity]) refused({ lat });
    for (const lng of [180.1, -180.1, Number.NaN]) refused({ lng });
    for (const accuracyM of [-1, ACCURACY_M_MAX + 1, Number.NaN]) refused({ accuracyM });
    for (const atMs of [0, -1, Number.NaN, Infinity]) refused({ atMs });
  });

  it('leaves out no more numbers than an app that works', () => {
    checkBatch(batch({}, 41 + NUMBERS_AHEAD_MAX), 41);
    assert.throws(
      () => checkBatch(batch({}, 42 + NUMBERS_AHEAD_MAX), 41),
      /the next point has the number 42/,
    );
  });
});
