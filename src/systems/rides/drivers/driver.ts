/** A driver: a user who drives, with their vehicle. */
import { invalidField } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { isVisible } from '../../../core/visible-text.ts';
import type { DriverEvent, DriverState, WorkingState } from './driver-states.ts';

/** Their places are bits in the geo-index: new ones go to the end. */
export const RIDE_TYPES = ['economy', 'comfort', 'xl', 'wheelchair'] as const;
export type RideType = (typeof RIDE_TYPES)[number];

export const VEHICLE_TEXT_LENGTH_MAX = 40;
export const PLATE_LENGTH_MAX = 16;
export const SEATS_MAX = 16;

export interface Vehicle {
  readonly make: string;
  readonly model: string;
  readonly colour: string;
  readonly plate: string;
  /** For riders. */
  readonly seats: number;
}

export interface Registration {
  readonly vehicle: Vehicle;
  readonly rideTypes: readonly RideType[];
}

export interface Driver extends Registration {
  /** Of the user. */
  readonly driverId: Id;
  readonly state: DriverState;
  readonly stateEvent: DriverEvent;
  readonly stateChangedAt: Date;
  /** Of `non_contactable` alone: what they were doing. */
  readonly lostState: WorkingState | null;
  readonly version: number;
  readonly rating: number | null;
}

export function typeBits(rideTypes: readonly RideType[]): number {
  return rideTypes.reduce((bits, type) => bits | (1 << RIDE_TYPES.indexOf(type)), 0);
}

const CONTROLS = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** With blanks cut off, and ride types each once, as they are listed. Fails with `invalid`. */
export function checkRegistration({ vehicle, rideTypes }: Registration): Registration {
  const { make, model, colour, plate, seats } = vehicle;
  return {
    vehicle: {
      make: line('vehicle.make', make),
      model: line('vehicle.model', model),
      colour: line('vehicle.colour', colour),
      plate: line('vehicle.plate', plate).toUpperCase(),
      seats,
    },
    rideTypes: RIDE_TYPES.filter((type) => rideTypes.includes(type)),
  };
}

function line(field: string, text: string): string {
  const trimmed = text.trim();
  if (!isVisible(trimmed)) throw invalidField(field, 'must not be empty.');
  if (CONTROLS.test(trimmed)) throw invalidField(field, 'must not have control characters.');
  return trimmed;
}
