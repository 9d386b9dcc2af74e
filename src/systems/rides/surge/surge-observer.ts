/** What metrics want to know. Called synchronously; must not throw. */
import type { RideType } from '../drivers/driver.ts';

export interface SurgeObserver {
  /** `calm`: there was nothing to say. `early`: another process has just said it. `fenced`: another process leads the city. */
  made(outcome: 'written' | 'calm' | 'early' | 'fenced' | 'failed', durationMs: number): void;
  /** Cells of a city by what they ask for, in percent; of all types of rides. */
  cells(city: string, byPercent: ReadonlyMap<number, number>): void;
  /** A price was made for a rider. */
  quoted(rideType: RideType, percent: number): void;
}
