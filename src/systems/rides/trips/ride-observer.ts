import type { RideStatus } from '../requests/ride.ts';

/** What metrics want to know. Called synchronously, after the commit; must not throw. */
export interface RideObserver {
  /** A ride has become so. `requested`: its driver has given it back. */
  became(status: RideStatus): void;
  /** A wrong PIN. */
  pinRefused(): void;
  /** Riders were told where their drivers are, so many. */
  positionsTold(positions: number): void;
}
