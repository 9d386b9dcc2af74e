/** A ride in JSON, as each side of it sees it. */
import { type Static, Type } from 'typebox';
import { assert } from '../../../core/errors.ts';
import { type Id, idTimestamp } from '../../../core/ids.ts';
import type { GetUsers, User } from '../../../core/user.ts';
import { reference } from '../../../http/openapi.ts';
import { IdText } from '../../../http/user-schema.ts';
import { VehicleSchema } from '../drivers/drivers-routes.ts';
import { FareSchema } from '../quotes/quotes-routes.ts';
import { Dropoff, Pickup, RideTypeText } from '../quotes/ride-places-schema.ts';
import { STARS_MAX, STARS_MIN } from '../ratings/rating-mean.ts';
import { POINT_MS_MAX, type TimedPoint } from '../trips/arrival.ts';
import {
  BEFORE_START,
  isUnderWay,
  RIDE_REASONS,
  RIDE_SIDES,
  RIDE_STATUSES,
  type Ride,
  type RideRating,
} from './ride.ts';

export const RideParams = Type.Object({ ride_id: IdText });

const Time = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });

const Name = Type.Union([Type.String(), Type.Null()], { description: 'Null: they are gone.' });

const Person = {
  user_id: IdText,
  username: Name,
  display_name: Name,
  rating: Type.Union([Type.Number(), Type.Null()], {
    description: 'At the acceptance, from 1 to 5; null: not rated yet.',
  }),
};

const Position = {
  lat: Type.Number(),
  lng: Type.Number(),
  at: Type.String({ format: 'date-time' }),
};

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
      description: 'One more with each step: of two answers, the higher is the newer. A new PIN is no step.',
    }),
    driver_id: Type.Union([IdText, Type.Null()], { description: 'Who drives; null: nobody yet.' }),
    driver: Type.Union(
      [Type.Object({ ...Person, vehicle: Type.Union([VehicleSchema, Type.Null()]) }), Type.Null()],
      {
        description: 'Who drives what, as it was at the acceptance; null: nobody yet.',
      },
    ),
    rider: Type.Object(Person),
    driver_position: Type.Union([Type.Object(Position), Type.Null()], {
      description: 'Where the driver was last, for the rider, from the acceptance to the end.',
    }),
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
    own_rating: Type.Union(
      [
        Type.Object({
          stars: Type.Integer({ minimum: STARS_MIN, maximum: STARS_MAX }),
          comment: Type.Union([Type.String(), Type.Null()]),
        }),
        Type.Null(),
      ],
      { description: 'What you thought of the other side; null: you have not said. They are not shown it.' },
    ),
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

type RideJson = Static<typeof RideSchema>;

/** Rides as a user sees them. */
export interface RideView {
  showRide(ride: Ride, viewerId: Id): Promise<RideJson>;
  /** In their order. */
  showRides(rides: readonly Ride[], viewerId: Id): Promise<RideJson[]>;
}

export interface RideViewDeps {
  readonly getUsers: GetUsers;
  /** Where a driver was last. */
  readonly whereIs: (driverId: Id) => Promise<TimedPoint | undefined>;
}

export function createRideView({ getUsers, whereIs }: RideViewDeps): RideView {
  /** A user has one ride under way at most, as a rider. */
  async function positionOf({ status, driverId, riderId, acceptedAt }: Ride, viewerId: Id) {
    if (viewerId !== riderId || driverId === null || !isUnderWay(status)) return null;
    const last = await whereIs(driverId);
    if (last === undefined || last.atMs < (acceptedAt?.getTime() ?? 0) - POINT_MS_MAX) return null;
    return { lat: last.lat, lng: last.lng, at: new Date(last.atMs).toISOString() };
  }

  async function showRides(rides: readonly Ride[], viewerId: Id): Promise<RideJson[]> {
    const userIds = new Set(rides.flatMap(({ riderId, driverId }) => [riderId, driverId ?? riderId]));
    const users = userIds.size === 0 ? NOBODY : await getUsers([...userIds]);
    return Promise.all(
      rides.map(async (ride) => presentRide(ride, viewerId, users, await positionOf(ride, viewerId))),
    );
  }

  return {
    showRides,

    async showRide(ride, viewerId) {
      const [shown] = await showRides([ride], viewerId);
      assert(shown !== undefined, 'each ride is shown');
      return shown;
    },
  };
}

const NOBODY: ReadonlyMap<Id, User> = new Map();

function presentRide(
  ride: Ride,
  viewerId: Id,
  users: ReadonlyMap<Id, User>,
  position: RideJson['driver_position'],
): RideJson {
  const { rideId, riderId, driverId, status, reason, endedBy, version, vehicle } = ride;
  const { pickup, dropoff, rideType, city, fare, fee } = ride;
  const showsPin = viewerId === riderId && BEFORE_START.has(status);
  return {
    ...{ ride_id: String(rideId), status, reason, ended_by: endedBy, version },
    driver_id: driverId === null ? null : String(driverId),
    driver:
      driverId === null
        ? null
        : { ...presentPerson(driverId, users.get(driverId), ride.driverRating), vehicle },
    rider: presentPerson(riderId, users.get(riderId), ride.riderRating),
    driver_position: position,
    pin: showsPin ? ride.pin : null,
    own_rating: ownRating(ride, viewerId),
    ...{ pickup, dropoff, ride_type: rideType, city, fare, fee, requested_at: idTimestamp(rideId) },
    ...{ accepted_at: timeText(ride.acceptedAt), arrived_at: timeText(ride.arrivedAt) },
    ...{ started_at: timeText(ride.startedAt), ended_at: timeText(ride.endedAt) },
  };
}

function ownRating({ riderId, driverId, ratings }: Ride, viewerId: Id): RideRating | null {
  if (viewerId === riderId) return ratings.rider ?? null;
  return (viewerId === driverId ? ratings.driver : undefined) ?? null;
}

function presentPerson(userId: Id, user: User | undefined, rating: number | null) {
  const [username, display_name] = [user?.username ?? null, user?.displayName ?? null];
  return { user_id: String(userId), username, display_name, rating };
}

function timeText(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
