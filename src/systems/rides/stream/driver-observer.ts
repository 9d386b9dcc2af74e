import type { RecorderObserver } from '../positions/position-recorder.ts';
import type { DropReason } from '../positions/track.ts';
import type { StreamEnd } from './stream-messages.ts';

/** What metrics want to know. Called synchronously; must not throw. */
export interface DriverObserver extends RecorderObserver {
  accepted(positions: number): void;
  /** `elsewhere`: in no city. */
  dropped(positions: number, reason: DropReason | 'elsewhere'): void;
  ended(reason: StreamEnd): void;
}
