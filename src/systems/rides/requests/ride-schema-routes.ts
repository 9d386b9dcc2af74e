/** A ride in JSON, as each side of it sees it. */
import { type Static, Type } from 'typebox';
import { type Id, idTimestamp } from '../../../core/ids.ts';
import { reference } from '../../../http/openapi.ts';
import { IdText } from '../../../http/user-schema.ts';
import { VehicleSchema } from '../drivers/drivers-routes.ts';
import { FareSchema } from '../quotes/quotes-routes.ts';
import { Dropoff, Pickup, RideTypeText } from '../quotes/ride-places-schema.ts';
import { BEFORE_START, RIDE_REASONS, RIDE_SIDES, RIDE_STATUSES, type Ride } from './ride.ts';

export const RideParams = Type.Object({ ride_id: IdText });

const Time = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });

const Rating = Type.Union([Type.Number(), Type.Null()], {
  description: 'At the acceptance, from 1 to 5; null: not rated yet.',
});

const Fee = Type.Object({
  currency: Type.String({ description: 'ISO 4217.' }),
  total: Type.Integer({ description: 'In the smallest unit of the currency.' }),
  to_driver: Type.Integer({ description: 'What of it the driver gets.' }),
});

export const RideSchema = Type.Object(
  {
    ride_id: IdText,
    status: Type.Enum([...RIDE_STATUSES], {
      description:
        'requested: a driver is being looked for, for five minutes at most. accepted: one is on the way. arriving: nearly there. arrived: waits at the pickup. started: on the way to the drop-off. completed, cancelled, unmatched: it has ended.',
    }),
    reason: Type.Union([Type.Enum([...RIDE_REASONS]), Type.Null()], {
      description:
        'Why it was cancelled, or why nobody drove. no_driver: none was found in time. not_accepted: those who were found did not take it.',
    }),
    ended_by: Type.Union([Type.Enum([...RIDE_SIDES]), Type.Null()], { description: 'Who has ended it.' }),
    version: Type.Integer({
      description: 'One more with each change: of two answers, the higher is the newer.',
    }),
    driver_id: Type.Union([IdText, Type.Null()], { description: 'Who drives; null: nobody yet.' }),
    vehicle: Type.Union([VehicleSchema, Type.Null()], {
      description: 'Of the driver, for the rider to find.',
    }),
    driver_rating: Rating,
    rider_rating: Rating,
    pin: Type.Union([Type.String(), Type.Null()], {
      description:
        'What the rider says to the driver, who starts the ride with it: four digits, for the rider alone, from the acceptance until the start.',
    }),
    pickup: Pickup,
    dropoff: Dropoff,
    ride_type: RideTypeText,
    city: Type.String({ description: 'Which dispatches it.' }),
    fee: Type.Union([Fee, Type.Null()], {
      description: 'What its cancellation costs; null: nothing, or it was not cancelled.',
    }),
    fare: Type.Union([reference(FareSchema), Type.Null()], {
      description: 'What it costs, from the request on; null: it is older than prices.',
    }),
    requested_at: Type.String({ format: 'date-time' }),
    accepted_at: Time('By the driver who has it.'),
    arrived_at: Time('When the driver was at the pickup.'),
    started_at: Time('When they drove off.'),
    ended_at: Time('Null: it goes on.'),
  },
  { $id: 'Ride', title: 'Ride' },
);

export function presentRide(ride: Ride, viewerId: Id): Static<typeof RideSchema> {
  const { rideId, status, reason, endedBy, version, pickup, dropoff, rideType, city } = ride;
  const showsPin = viewerId === ride.riderId && BEFORE_START.has(status);
  return {
    ...{ ride_id: String(rideId), status, reason, ended_by: endedBy, version },
    driver_id: ride.driverId === null ? null : String(ride.driverId),
    ...{ vehicle: ride.vehicle, driver_rating: ride.driverRating, rider_rating: ride.riderRating },
    pin: showsPin ? ride.pin : null,
    ...{
      pickup,
      dropoff,
      ride_type: rideType,
      city,
      fare: ride.fare,
      fee: ride.fee,
      requested_at: idTimestamp(rideId),
    },
    ...{ accepted_at: timeText(ride.acceptedAt), arrived_at: timeText(ride.arrivedAt) },
    ...{ started_at: timeText(ride.startedAt), ended_at: timeText(ride.endedAt) },
  };
}

function timeText(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
