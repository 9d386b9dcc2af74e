/** What an event of the topic `rides` means for money. The payload is a contract with the system that appends it. */
import { AppError } from '../../../core/errors.ts';
import { type Id, parseId } from '../../../core/ids.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { AMOUNT_MAX } from '../../../ports/payment-provider/payment-provider.ts';
import type { ChargeCause, Money } from '../payment.ts';

export const RIDES_TOPIC = 'rides';

/** What a rider is to pay for a ride that has ended. */
export interface RideOutcome extends Money {
  readonly rideId: Id;
  readonly riderId: Id;
  /** Undefined: nobody drove. */
  readonly driverId: Id | undefined;
  readonly cause: ChargeCause;
  /** Of the amount; the rest is the platform's. */
  readonly driverAmount: number;
  /** As it was announced, parts and all. */
  readonly fare: Readonly<Record<string, unknown>>;
}

/**
 * `undefined`: nothing is to be paid. Fails with `invalid` for an event that says neither: it becomes a dead letter,
 * which is seen, rather than a ride that nobody pays for.
 */
export function rideOutcomeOf({
  kind,
  payload,
}: Pick<LoggedEvent, 'kind' | 'payload'>): RideOutcome | undefined {
  const cause = CAUSES.get(kind);
  if (cause === undefined) return undefined;
  const fare = payload[cause === 'ride' ? 'fare' : 'fee'];
  if (fare === undefined || fare === null) return undefined;
  if (typeof fare !== 'object' || Array.isArray(fare)) throw unreadable('fare');
  const parts = fare as Readonly<Record<string, unknown>>; // An object of JSON has such keys.
  const amount = wholeNumber(parts['total'], 'fare.total', AMOUNT_MAX);
  if (amount === 0) return undefined;
  const { currency } = parts;
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) throw unreadable('fare.currency');
  const driverId = optionalId(payload['driver_id'], 'driver_id');
  const share = wholeNumber(parts['to_driver'], 'fare.to_driver', amount);
  return {
    ...{ amount, currency, cause, driverId, fare: parts },
    rideId: idOf(payload['ride_id'], 'ride_id'),
    riderId: idOf(payload['rider_id'], 'rider_id'),
    driverAmount: driverId === undefined ? 0 : share,
  };
}

const CAUSES: ReadonlyMap<string, ChargeCause> = new Map([
  ['completed', 'ride'],
  ['cancelled', 'cancellation'],
]);

function wholeNumber(value: unknown, field: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max)
    throw unreadable(field);
  return value;
}

function idOf(value: unknown, field: string): Id {
  if (typeof value !== 'string') throw unreadable(field);
  return parseId(value, field);
}

function optionalId(value: unknown, field: string): Id | undefined {
  return value === null || value === undefined ? undefined : idOf(value, field);
}

function unreadable(field: string): AppError {
  return new AppError('invalid', `The event of a ride has no ${field} that can be charged.`);
}
