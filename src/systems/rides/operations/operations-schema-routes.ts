/** The rides of a city in JSON, as the staff sees them. */
import { Type } from 'typebox';
import { assert } from '../../../core/errors.ts';
import { idTimestamp } from '../../../core/ids.ts';
import { IdText } from '../../../http/user-schema.ts';
import { RIDE_TYPES } from '../drivers/driver.ts';
import { stateNumber } from '../drivers/driver-states.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { DriversLine } from './driver-counts-queries.ts';
import { type CityOperations, type SeenDriver, SHOWN_STATES } from './operations.ts';
import type { WaitingRequestRow } from './operations-queries.ts';

const Count = Type.Integer({ minimum: 0 });
const Time = Type.String({ format: 'date-time' });
const RideTypeText = Type.Enum([...RIDE_TYPES]);
const ShownState = Type.Enum([...SHOWN_STATES]);
const orNull = <Schema extends ReturnType<typeof Type.Number>>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const StateSchema = Type.Object({
  state: ShownState,
  drivers: Count,
  stale: Type.Integer({ minimum: 0, description: 'Of these, nothing was heard for 15 seconds.' }),
  ride_types: Type.Array(Type.Object({ ride_type: RideTypeText, drivers: Count }), {
    description: 'Who offers several types counts in each.',
  }),
});

const BatchesSchema = Type.Object(
  {
    last_at: Time,
    last_ms: Count,
    batches: Type.Integer({
      minimum: 0,
      description: 'That the figures are of: the last 100, of ten minutes at most.',
    }),
    failed: Count,
    p50_ms: Count,
    p95_ms: Count,
    max_ms: Count,
  },
  { description: 'What it took to match the requests that were open.' },
);

export const CityOperationsSchema = Type.Object(
  {
    city: Type.String(),
    at: Type.String({ format: 'date-time', description: 'When rides were counted; some seconds ago.' }),
    drivers: Type.Object({
      counted_at: Type.Union([Time, Type.Null()], {
        description: 'The oldest of the counts, ten seconds apart; null: nobody is connected.',
      }),
      on_duty: Count,
      states: Type.Array(StateSchema),
    }),
    rides: Type.Object(
      { accepted: Count, arriving: Count, arrived: Count, started: Count },
      { description: 'Under way.' },
    ),
    queue: Type.Object({
      requests: Type.Integer({ minimum: 0, description: 'For which a driver is being looked for.' }),
      offered: Type.Integer({ minimum: 0, description: 'Of these, a driver is thinking about it.' }),
      oldest_requested_at: Type.Union([Time, Type.Null()]),
    }),
    matching: Type.Object(
      {
        since: Time,
        requests: Count,
        matched: Count,
        unmatched: Type.Integer({ minimum: 0, description: 'Nobody was found in time.' }),
        withdrawn: Type.Integer({ minimum: 0, description: 'Cancelled before anybody had accepted.' }),
        match_rate: orNull(
          Type.Number({ minimum: 0, maximum: 1 }),
          'Matched, of those that are no longer looked for; null: there are none.',
        ),
        wait_p50_s: orNull(Type.Number({ minimum: 0 }), 'From the request to the acceptance.'),
        wait_p95_s: orNull(Type.Number({ minimum: 0 }), 'What 95 of 100 did not exceed.'),
      },
      { description: 'Of the requests of the last hour.' },
    ),
    dispatcher: Type.Union(
      [
        Type.Object({
          process: Type.String({ description: 'The run of a process.' }),
          token: Type.Integer({ description: 'One more with each process that has led the city.' }),
          led_since: Time,
          batches: Type.Union([BatchesSchema, Type.Null()], { description: 'Null: none of late.' }),
        }),
        Type.Null(),
      ],
      { description: 'Which process makes the offers; null: none does now.' },
    ),
  },
  { $id: 'CityOperations', title: 'Operations of a city' },
);

export const SeenDriverSchema = Type.Object(
  {
    driver_id: IdText,
    plate: Type.Union([Type.String(), Type.Null()], { description: 'Null: the driver is gone.' }),
    state: ShownState,
    ride_types: Type.Array(RideTypeText),
    lat: Type.Number(),
    lng: Type.Number(),
    at: Type.String({ format: 'date-time', description: 'When they were there.' }),
  },
  { $id: 'SeenDriver', title: 'Driver on a map' },
);

export const WaitingRequestSchema = Type.Object(
  {
    ride_id: IdText,
    city: Type.String(),
    ride_type: RideTypeText,
    requested_at: Time,
    pickup: Type.Object(
      { lat: Type.Number(), lng: Type.Number() },
      { description: 'To a thousandth of a degree, some 100 m.' },
    ),
    offers: Type.Integer({ minimum: 0, description: 'To how many drivers it was offered so far.' }),
    is_offered: Type.Boolean({ description: 'A driver is thinking about it.' }),
  },
  { $id: 'WaitingRequest', title: 'Request that waits' },
);

export const OPERATIONS_SCHEMAS = [CityOperationsSchema, SeenDriverSchema, WaitingRequestSchema] as const;

/** Some metres are enough to find a car. */
const DRIVER_DIGITS = 5;
/** And some houses to know where many wait. */
const PICKUP_DIGITS = 3;

export function presentCity({ city, figures, drivers, leader }: CityOperations) {
  const { open, recent } = figures;
  const openIn = (status: string) => open.find((row) => row.status === status);
  const waiting = openIn('requested');
  const states = statesOf(drivers.lines);
  return {
    ...{ city, at: new Date(figures.atMs).toISOString() },
    drivers: {
      counted_at: drivers.countedAt?.toISOString() ?? null,
      on_duty: states.reduce((sum, state) => sum + state.drivers, 0),
      states,
    },
    rides: {
      accepted: openIn('accepted')?.rides ?? 0,
      arriving: openIn('arriving')?.rides ?? 0,
      arrived: openIn('arrived')?.rides ?? 0,
      started: openIn('started')?.rides ?? 0,
    },
    queue: {
      requests: waiting?.rides ?? 0,
      offered: waiting?.offered ?? 0,
      oldest_requested_at: waiting === undefined ? null : idTimestamp(waiting.oldest_ride_id),
    },
    matching: { since: new Date(figures.sinceMs).toISOString(), ...presentRecent(recent) },
    dispatcher:
      leader === undefined
        ? null
        : {
            ...{ process: leader.holder, token: leader.token, led_since: leader.led_since.toISOString() },
            batches: leader.batches,
          },
  };
}

function presentRecent(recent: CityOperations['figures']['recent']) {
  const {
    requests,
    matched,
    unmatched,
    withdrawn,
    wait_s: waits,
  } = recent ?? { requests: 0, matched: 0, unmatched: 0, withdrawn: 0, wait_s: null };
  const settled = matched + unmatched + withdrawn;
  return {
    ...{ requests, matched, unmatched, withdrawn, match_rate: settled === 0 ? null : matched / settled },
    ...{ wait_p50_s: tenths(waits?.[0]), wait_p95_s: tenths(waits?.[1]) },
  };
}

function tenths(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 10) / 10;
}

/** In the order in which states are listed. */
function statesOf(lines: readonly DriversLine[]) {
  return SHOWN_STATES.map((state) => {
    const own = lines.filter(([of]) => of === state);
    const sum = (some: readonly DriversLine[]) => some.reduce((total, [, , drivers]) => total + drivers, 0);
    const rideTypes = RIDE_TYPES.map((type, place) => ({
      ...{ ride_type: type, drivers: sum(own.filter(([, types]) => (types & (1 << place)) !== 0)) },
    }));
    return {
      ...{ state, drivers: sum(own), stale: own.reduce((total, [, , , stale]) => total + stale, 0) },
      ride_types: rideTypes.filter(({ drivers }) => drivers > 0),
    };
  }).filter(({ drivers }) => drivers > 0);
}

export function presentSeen({ driverId, plate, state: place, types, lat, lng, atMs }: SeenDriver) {
  const state = SHOWN_STATES.find((one) => stateNumber(one) === place);
  assert(state !== undefined, 'drivers were looked for in these states');
  return {
    ...{ driver_id: String(driverId), plate, state, at: new Date(atMs).toISOString() },
    ride_types: RIDE_TYPES.filter((_, bit) => (types & (1 << bit)) !== 0),
    ...{ lat: rounded(lat, DRIVER_DIGITS), lng: rounded(lng, DRIVER_DIGITS) },
  };
}

export function presentWaiting(row: WaitingRequestRow) {
  return {
    ...{ ride_id: String(row.ride_id), city: row.city, ride_type: row.ride_type },
    requested_at: idTimestamp(row.ride_id),
    pickup: {
      lat: rounded(row.pickup_lat_e7 / UNITS_PER_DEGREE, PICKUP_DIGITS),
      lng: rounded(row.pickup_lng_e7 / UNITS_PER_DEGREE, PICKUP_DIGITS),
    },
    ...{ offers: row.offers, is_offered: row.is_offered },
  };
}

function rounded(degrees: number, digits: number): number {
  return Math.round(degrees * 10 ** digits) / 10 ** digits;
}
