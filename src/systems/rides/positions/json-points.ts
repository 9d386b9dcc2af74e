/** Points in a JSON message: `{"type": "positions", "sequence": 17, "points": [{"lat", "lng", "time_ms", "accuracy_m"}, …]}`. */
import { AppError } from '../../../core/errors.ts';
import { POINTS_MAX, type PointBatch, type ReportedPoint } from './reported-point.ts';

/** The largest message that says anything: POINTS_MAX points with all their digits, and blanks. */
export const JSON_BYTES_MAX = 16_384;

/** Fails with `invalid`. What is in it may still be nowhere on earth. */
export function parsePoints(text: string): PointBatch {
  const message = parseObject(text);
  const { type, sequence, points } = message;
  if (type !== 'positions' || typeof sequence !== 'number' || !Array.isArray(points)) {
    throw new AppError('invalid', 'Send {"type": "positions", "sequence": 1, "points": [...]}.');
  }
  if (points.length < 1 || points.length > POINTS_MAX) {
    throw new AppError('invalid', `points must have 1 to ${POINTS_MAX} items.`);
  }
  return { sequence, points: points.map(parsePoint) };
}

function parsePoint(point: unknown): ReportedPoint {
  const { lat, lng, time_ms: atMs, accuracy_m: accuracyM } = isObject(point) ? point : {};
  const isWhole = [lat, lng, atMs, accuracyM].every((part) => typeof part === 'number');
  if (!isWhole) throw new AppError('invalid', 'A point has lat, lng, time_ms and accuracy_m, all numbers.');
  // Each was just looked at.
  return { lat, lng, atMs, accuracyM } as ReportedPoint;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(text);
    if (isObject(message)) return message;
  } catch {
    // Answered below.
  }
  throw new AppError('invalid', 'A text message must be a JSON object.');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
