/** What all engines have in common that are started with the processes. */
import type { Place, TopologyReader } from './topology-reader.ts';

/** Started by us, on this machine. */
export interface StartedEngine {
  readonly kind: 'started';
  /** A free one where none is named; the first of them where there are several nodes. */
  readonly port: number | undefined;
  /** How many processors' time it may use at most, such as 0.5. */
  readonly cpu: number | undefined;
}

export const PORT_MAX = 65_535;
export const CPU_MIN = 0.05;
export const CPU_MAX = 128;

export function readCpu(read: TopologyReader, place: Place): number | undefined {
  const must = `a number of processors from ${CPU_MIN} to ${CPU_MAX}`;
  return read.number(place, must, (value) => value >= CPU_MIN && value <= CPU_MAX);
}
