/** Positions on their way to the geo-index: those of some milliseconds together, because each call of it may be a request. */
import {
  type DriverPosition,
  type DriverTraits,
  GEO_BATCH_MAX,
  type GeoIndex,
} from '../../../ports/geo-index/geo-index.ts';
import type { Log } from '../../../telemetry/log.ts';

export const GATHER_MS = 50;
/** Calls under way. While the index is that slow positions are dropped: the next ones are newer. */
export const CALLS_MAX = 4;

export interface PositionGather {
  add(position: DriverPosition): void;
  /** At once. */
  flush(): Promise<void>;
}

export interface PositionGatherDeps {
  readonly geoIndex: Pick<GeoIndex, 'describe' | 'move'>;
  readonly log: Log;
  /** Those who are connected here. */
  readonly traitsOf: (driverId: DriverPosition['driverId']) => DriverTraits | undefined;
}

export function createPositionGather({ geoIndex, log, traitsOf }: PositionGatherDeps): PositionGather {
  let waiting: DriverPosition[] = [];
  let timer: NodeJS.Timeout | undefined;
  let calls = 0;
  let isReported = false;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const positions = waiting;
    waiting = [];
    if (calls >= CALLS_MAX || positions.length === 0) return;
    calls += 1;
    try {
      const left = await geoIndex.move(positions);
      // An index that was restarted knows nobody, and one that was full may have room now.
      if (left > 0) await describeAgain(positions);
      if (isReported) log.info('positions reach the geo-index again');
      isReported = false;
    } catch (error) {
      // The next are on their way, 20 times a second: once is enough to say.
      if (!isReported) log.warn({ err: error }, 'positions do not reach the geo-index');
      isReported = true;
    } finally {
      calls -= 1;
    }
  }

  async function describeAgain(positions: readonly DriverPosition[]): Promise<void> {
    const driverIds = [...new Set(positions.map(({ driverId }) => driverId))];
    const traits = driverIds.map(traitsOf).filter((each) => each !== undefined);
    if ((await geoIndex.describe(traits)) < traits.length) await geoIndex.move(positions);
  }

  return {
    add(position) {
      waiting.push(position);
      if (waiting.length === GEO_BATCH_MAX) void flush();
      else timer ??= setTimeout(() => void flush(), GATHER_MS).unref();
    },
    flush,
  };
}
