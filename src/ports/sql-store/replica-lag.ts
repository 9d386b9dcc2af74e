/** How long ago a primary was where a replica is now: from readings of one clock, so that no two clocks need agree. */
import type { Clock } from '../../core/clock.ts';

export interface ReplicaLag {
  /** What the primary answered, and when it was asked. */
  primaryAt(position: number, askedMs: number): void;
  /** 0 if it has all that the primary is known to have. */
  ofReplicaAt(position: number): number;
}

/** At two readings a second some two minutes; whoever is behind by more is behind by at least that. */
const READINGS_MAX = 256;

export function createReplicaLag(clock: Clock): ReplicaLag {
  /** Of each position when it was first seen; the oldest first. */
  const readings: { readonly position: number; readonly ms: number }[] = [];
  return {
    primaryAt(position, askedMs) {
      const newest = readings.at(-1);
      if (newest !== undefined && position === newest.position) return;
      // After a promotion they begin a little before: those of the other primary are of no use.
      if (newest !== undefined && position < newest.position) readings.length = 0;
      readings.push({ position, ms: askedMs });
      if (readings.length > READINGS_MAX) readings.shift();
    },
    ofReplicaAt(position) {
      const missing = readings.find((reading) => reading.position > position);
      return missing === undefined ? 0 : Math.max(0, clock.monotonicMs() - missing.ms);
    },
  };
}
