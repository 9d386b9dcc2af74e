/** Who may cancel a ride, what becomes of it then, and whether that costs anything (docs/decisions/0029-trips.md). */
import { AppError, invalidField } from '../../../core/errors.ts';
import {
  BEFORE_START,
  DRIVER_REASONS,
  type DriverReason,
  RIDER_REASONS,
  type RiderReason,
  type RideStatus,
} from '../requests/ride.ts';

/** After the acceptance: until then a driver has not gone far for nothing. */
export const FREE_S = 120;
/** How long a driver waits at the pickup for a rider who does not come. */
export const NO_SHOW_S = 300;

/** How it stands with a ride, by the clock of the database. */
export interface Standing {
  readonly status: RideStatus;
  /** Since the acceptance; null: nobody has accepted it. */
  readonly acceptedS: number | null;
  /** Since the arrival; null: the driver is not there. */
  readonly arrivedS: number | null;
  /** The driver cannot be reached, so nobody knows whether they come. */
  readonly driverLost: boolean;
}

/** `released`: another driver is looked for. */
export type Cancelling =
  | { readonly to: 'cancelled'; readonly reason: RiderReason | DriverReason; readonly costs: boolean }
  | { readonly to: 'released'; readonly reason: DriverReason };

/** Fails with `invalid` for a reason that is none of riders, `conflict` when it is too late. */
export function cancelledByRider(
  { status, acceptedS, driverLost }: Standing,
  reason = 'unstated',
): Cancelling {
  const known = RIDER_REASONS.find((each) => each === reason);
  if (known === undefined) throw noReason('a rider', RIDER_REASONS);
  if (status !== 'requested' && !BEFORE_START.has(status)) throw tooLate(status);
  return { to: 'cancelled', reason: known, costs: acceptedS !== null && acceptedS > FREE_S && !driverLost };
}

/** Fails as the other, and with `conflict` for a rider who may still come. */
export function cancelledByDriver({ status, arrivedS }: Standing, reason: string | undefined): Cancelling {
  const known = DRIVER_REASONS.find((each) => each === reason);
  if (known === undefined) throw noReason('a driver', DRIVER_REASONS);
  if (!BEFORE_START.has(status)) throw tooLate(status);
  if (known !== 'rider_no_show') return { to: 'released', reason: known };
  if (status !== 'arrived' || arrivedS === null) {
    throw conflict('The rider has not failed to come: you have not arrived at the pickup.');
  }
  if (arrivedS < NO_SHOW_S) throw stillWaiting(Math.ceil(NO_SHOW_S - arrivedS));
  return { to: 'cancelled', reason: known, costs: true };
}

function noReason(who: string, reasons: readonly string[]): AppError {
  return invalidField('reason', `must be one that ${who} has: ${reasons.join(', ')}.`);
}

function tooLate(status: RideStatus): AppError {
  return conflict(`This ride is ${status}: it cannot be cancelled any more.`);
}

function stillWaiting(seconds: number): AppError {
  const message = `Wait ${NO_SHOW_S / 60} minutes for the rider: ${seconds} s more.`;
  return new AppError('conflict', message, { outcome: 'not_applied', retryAfterS: seconds });
}

function conflict(message: string): AppError {
  return new AppError('conflict', message, { outcome: 'not_applied' });
}
