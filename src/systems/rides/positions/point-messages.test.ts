import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.ts';
import { decodePoints, encodePoints, HEAD_BYTES, POINT_BYTES } from './binary-points.ts';
import { JSON_BYTES_MAX, parsePoints } from './json-points.ts';
import { POINTS_MAX, type ReportedPoint, SEQUENCE_MAX } from './reported-point.ts';

const FIRST_MS = Date.UTC(2026, 0, 1);
const one: ReportedPoint = { lat: 40.7127281, lng: -74.0060152, atMs: FIRST_MS, accuracyM: 4.5 };
const many = (count: number) => Array.from({ length: count }, () => one);
const isInvalid = (error: unknown) => error instanceof AppError && error.code === 'invalid';

describe('points as bytes', () => {
  const reported = fc.record(
    {
      lat: fc.integer({ min: -900_000_000, max: 900_000_000 }).map((units) => units / 1e7),
      lng: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).map((units) => units / 1e7),
      atMs: fc.nat(1e9).map((after) => FIRST_MS + after),
      accuracyM: fc.nat(65_535).map((decimetres) => decimetres / 10),
    },
    { noNullPrototype: true },
  );

  it('are what was put in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: SEQUENCE_MAX }),
        fc.array(reported, { maxLength: POINTS_MAX - 1 }),
        (sequence, points) => {
          const batch = { sequence, points: [one, ...points] };
          assert.deepEqual(decodePoints(encodePoints(batch)), batch);
        },
      ),
    );
  });

  it('have the layout that is documented', () => {
    const message = encodePoints({ sequence: 258, points: [one, { ...one, atMs: FIRST_MS + 1_000 }] });
    assert.equal(message.length, 16 + 2 * 14);
    assert.deepEqual([...message.subarray(0, 8)], [1, 2, 0, 0, 2, 1, 0, 0]);
    assert.equal(message.readDoubleLE(8), FIRST_MS);
    assert.equal(message.readInt32LE(16), 407_127_281);
    assert.equal(message.readInt32LE(20), -740_060_152);
    assert.equal(message.readUInt32LE(30 + 8), 1_000);
    assert.equal(message.readUInt16LE(30 + 12), 45);
  });

  it('are refused where they are none, or too many', () => {
    assert.equal(
      decodePoints(encodePoints({ sequence: 1, points: many(POINTS_MAX) })).points.length,
      POINTS_MAX,
    );
    const good = encodePoints({ sequence: 1, points: [one] });
    const changed = (at: number, value: number) => {
      const bytes = Buffer.from(good);
      bytes[at] = value;
      return bytes;
    };
    const tooMany = Buffer.alloc(HEAD_BYTES + (POINTS_MAX + 1) * POINT_BYTES);
    tooMany.set([1, POINTS_MAX + 1]);
    const wrong = [
      ...[Buffer.alloc(0), Buffer.alloc(1), good.subarray(0, -1), Buffer.concat([good, Buffer.alloc(1)])],
      ...[changed(0, 2), changed(1, 0), changed(1, 2), changed(2, 1), changed(3, 1), tooMany],
      good.subarray(0, HEAD_BYTES),
    ];
    for (const bytes of wrong) assert.throws(() => decodePoints(bytes), isInvalid, bytes.toString('hex'));
  });

  it('make no harm, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodePoints(Buffer.from(bytes));
        } catch (error) {
          assert.ok(isInvalid(error));
        }
      }),
    );
  });
});

describe('points as JSON', () => {
  const shown = { lat: one.lat, lng: one.lng, time_ms: one.atMs, accuracy_m: one.accuracyM };
  const message = (changes: object = {}) =>
    JSON.stringify({ type: 'positions', sequence: 3, points: [shown], ...changes });

  it('are what was put in, and as many as there may be find room', () => {
    assert.deepEqual(parsePoints(message()), { sequence: 3, points: [one] });
    const long = {
      lat: -40.71272812345678,
      lng: -174.0060152123456,
      time_ms: 1e12 + 1 / 3,
      accuracy_m: 1 / 3,
    };
    const full = message({ points: Array.from({ length: POINTS_MAX }, () => long), sequence: SEQUENCE_MAX });
    assert.equal(parsePoints(full).points.length, POINTS_MAX);
    assert.ok(full.length <= JSON_BYTES_MAX, `${full.length} bytes`);
  });

  it('are refused where they are none, or too many', () => {
    const wrong = [
      ...['', 'null', '1', '[]', '{', '"x"', '{}', message({ type: 'watch' }), message({ sequence: '3' })],
      ...[message({ points: [] }), message({ points: {} }), message({ points: [null] })],
      ...[
        message({ points: [{ ...shown, lat: '40' }] }),
        message({ points: [{ ...shown, lng: undefined }] }),
      ],
      message({ points: Array.from({ length: POINTS_MAX + 1 }, () => shown) }),
    ];
    for (const text of wrong) assert.throws(() => parsePoints(text), isInvalid, text.slice(0, 80));
  });
});
