/**
 * Points in a binary message, little-endian: a head of 16 bytes, and 14 bytes each.
 *
 *     head   u8 kind (1) | u8 points (1 to 100) | u16 zero | u32 sequence of the first | f64 time of the first, ms since 1970
 *     point  i32 latitude, 1e-7 degrees | i32 longitude, 1e-7 degrees | u32 ms since the first | u16 accuracy, decimetres
 */
import { AppError } from '../../../core/errors.ts';
import { POINTS_MAX, type PointBatch, type ReportedPoint, SEQUENCE_MAX } from './reported-point.ts';

export const HEAD_BYTES = 16;
export const POINT_BYTES = 14;
const KIND = 1;
/** Of a degree. */
export const UNITS_PER_DEGREE = 1e7;

/** As degrees are kept. */
export function degreesE7(degrees: number): number {
  return Math.round(degrees * UNITS_PER_DEGREE);
}

/** Fails with `invalid`. What is in it may still be nowhere on earth. */
export function decodePoints(message: Buffer): PointBatch {
  const count = message.length > 1 ? message.readUInt8(1) : 0;
  if (message.length < HEAD_BYTES || message.readUInt8(0) !== KIND || message.readUInt16LE(2) !== 0) {
    throw new AppError('invalid', 'A binary message begins with the kind 1, a count and two zeros.');
  }
  if (count < 1 || count > POINTS_MAX || message.length !== HEAD_BYTES + count * POINT_BYTES) {
    throw new AppError(
      'invalid',
      `A message has 1 to ${POINTS_MAX} points of ${POINT_BYTES} bytes, as many as it says.`,
    );
  }
  const firstMs = message.readDoubleLE(8);
  const points: ReportedPoint[] = [];
  for (let at = HEAD_BYTES; at < message.length; at += POINT_BYTES) {
    points.push({
      lat: message.readInt32LE(at) / UNITS_PER_DEGREE,
      lng: message.readInt32LE(at + 4) / UNITS_PER_DEGREE,
      atMs: firstMs + message.readUInt32LE(at + 8),
      accuracyM: message.readUInt16LE(at + 12) / 10,
    });
  }
  return { sequence: message.readUInt32LE(4), points };
}

/** As an app would, for the bench, the simulator and tests. */
export function encodePoints({ sequence, points }: PointBatch): Buffer {
  const firstMs = points[0]?.atMs ?? 0;
  const message = Buffer.alloc(HEAD_BYTES + points.length * POINT_BYTES);
  message.writeUInt8(KIND, 0);
  message.writeUInt8(points.length, 1);
  message.writeUInt32LE(sequence % (SEQUENCE_MAX + 1), 4);
  message.writeDoubleLE(firstMs, 8);
  for (const [index, { lat, lng, atMs, accuracyM }] of points.entries()) {
    const at = HEAD_BYTES + index * POINT_BYTES;
    message.writeInt32LE(Math.round(lat * UNITS_PER_DEGREE), at);
    message.writeInt32LE(Math.round(lng * UNITS_PER_DEGREE), at + 4);
    message.writeUInt32LE(atMs - firstMs, at + 8);
    message.writeUInt16LE(Math.round(accuracyM * 10), at + 12);
  }
  return message;
}
