/**
 * What drivers do, on its way to the geo-index: at once, and again every second for as long as that failed. Otherwise somebody who is
 * available would not be found until they do something else.
 */
import type { Id } from '../../../core/ids.ts';
import { type DriverTraits, GEO_BATCH_MAX, type GeoIndex } from '../../../ports/geo-index/geo-index.ts';
import type { Log } from '../../../telemetry/log.ts';

export interface DriverDescriptions {
  describe(driverId: Id): void;
  /** Those that failed, as they are now: to be called every second. */
  again(): void;
  /** How many failed, and wait. */
  waiting(): number;
}

export interface DriverDescriptionsDeps {
  readonly geoIndex: Pick<GeoIndex, 'describe'>;
  readonly log: Log;
  /** Those who are connected here. */
  readonly traitsOf: (driverId: Id) => DriverTraits | undefined;
}

export function createDriverDescriptions(deps: DriverDescriptionsDeps): DriverDescriptions {
  const { geoIndex, log, traitsOf } = deps;
  /** No more than there are connections: who has left is no longer described. */
  const failed = new Set<Id>();

  async function tell(driverIds: readonly Id[], isAgain: boolean): Promise<void> {
    const traits = driverIds.map(traitsOf).filter((each) => each !== undefined);
    if (traits.length === 0) return;
    try {
      await geoIndex.describe(traits);
    } catch (error) {
      // Said once, not every second.
      if (failed.size === 0 && !isAgain)
        log.warn({ err: error }, 'drivers cannot be described; it is tried again');
      for (const driverId of driverIds) failed.add(driverId);
    }
  }

  return {
    describe: (driverId) => void tell([driverId], false),
    again() {
      const some = [...failed].slice(0, GEO_BATCH_MAX);
      for (const driverId of some) failed.delete(driverId);
      void tell(some, true);
    },
    waiting: () => failed.size,
  };
}
