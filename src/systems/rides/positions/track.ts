/**
 * What is believed of the points that a driver's app reports. Apps send again what they are not sure of, phones guess
 * when they see no satellites, and some drivers would like to be elsewhere; so a point is looked at beside the last one
 * that was believed, and what is dropped is counted by its reason.
 */
import { AppError } from '../../../core/errors.ts';
import { distanceM, isGeoPoint } from '../../../core/geo.ts';
import { ACCURACY_M_MAX, type PointBatch, type ReportedPoint, SEQUENCE_MAX } from './reported-point.ts';

/** A point that is less sure may be in another street. */
export const ACCURACY_M_BELIEVED = 50;
/** Longer ago than that nobody needs to know, as long as it may have been waiting for a connection. */
export const AGE_MS_MAX = 5 * 60_000;
/** So far the clock of a phone may be ahead. */
export const AHEAD_MS_MAX = 10_000;
/** 290 km/h: no car of a driver goes faster. */
export const SPEED_M_PER_S_MAX = 80;
/**
 * A point may have a number so far beyond the highest: apps count what they send off duty, of which nothing is kept. A point a second makes
 * it in eleven days. A number near the greatest there is, believed once, would be the end of a driver's numbers.
 */
export const NUMBERS_AHEAD_MAX = 1_000_000;
/** After so many in a row that fit each other, it was the one before them that was wrong. */
export const SUSPECTS_BELIEVED = 3;

export type DropReason = 'repeated' | 'late' | 'inaccurate' | 'impossible';
export type Verdict = 'accepted' | DropReason;

export interface Track {
  /** The highest number so far; points up to it are known, whatever became of them. */
  readonly sequence: number;
  /** The last that was believed. */
  readonly last: ReportedPoint | undefined;
  judge(sequence: number, point: ReportedPoint, nowMs: number): Verdict;
}

/** Goes on from what is known of the driver, if anything is. */
export function createTrack(
  known: { readonly sequence: number; readonly last: ReportedPoint } | undefined,
): Track {
  let sequence = known?.sequence ?? 0;
  let last = known?.last;
  /** The last of those that were too far away from it, and how many of these fit each other. */
  let suspect: ReportedPoint | undefined;
  let suspects = 0;

  /** Whether so many too far away are so consistent that the driver must be there. */
  function isConfirmed(point: ReportedPoint): boolean {
    suspects = suspect !== undefined && canReach(suspect, point) ? suspects + 1 : 1;
    suspect = point;
    return suspects >= SUSPECTS_BELIEVED;
  }

  return {
    get sequence() {
      return sequence;
    },
    get last() {
      return last;
    },
    judge(number, point, nowMs) {
      if (number <= sequence) return 'repeated';
      sequence = number;
      if (point.accuracyM > ACCURACY_M_BELIEVED) return 'inaccurate';
      if (point.atMs <= nowMs - AGE_MS_MAX || point.atMs <= (last?.atMs ?? 0)) return 'late';
      if (point.atMs > nowMs + AHEAD_MS_MAX) return 'impossible';
      if (last !== undefined && !canReach(last, point) && !isConfirmed(point)) return 'impossible';
      suspect = undefined;
      suspects = 0;
      last = point;
      return 'accepted';
    },
  };
}

function canReach(from: ReportedPoint, to: ReportedPoint): boolean {
  const seconds = Math.max(0, to.atMs - from.atMs) / 1_000;
  return distanceM(from, to) <= from.accuracyM + to.accuracyM + seconds * SPEED_M_PER_S_MAX;
}

/** Fails with `invalid` for what an app that works never sends. `heard`: the highest number so far. */
export function checkBatch({ sequence, points }: PointBatch, heard: number): void {
  if (!Number.isInteger(sequence) || sequence < 1 || sequence + points.length - 1 > SEQUENCE_MAX) {
    throw new AppError(
      'invalid',
      `sequence must be a whole number from 1 to ${SEQUENCE_MAX}, of the first point.`,
    );
  }
  if (sequence > heard + NUMBERS_AHEAD_MAX) {
    throw new AppError(
      'invalid',
      `sequence leaves out too many: the next point has the number ${heard + 1}.`,
    );
  }
  for (const point of points) {
    if (!isGeoPoint(point))
      throw new AppError('invalid', 'lat must be from -90 to 90, lng from -180 to 180.');
    if (!(point.accuracyM >= 0 && point.accuracyM <= ACCURACY_M_MAX)) {
      throw new AppError('invalid', `accuracy_m must be from 0 to ${ACCURACY_M_MAX}.`);
    }
    if (!(point.atMs > 0 && point.atMs <= Number.MAX_SAFE_INTEGER)) {
      throw new AppError('invalid', 'time_ms must be milliseconds since 1970.');
    }
  }
}
